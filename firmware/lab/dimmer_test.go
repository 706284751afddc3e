package main

import (
	"strings"
	"testing"
	"time"
)

// frameOf is a frame with the lamp at a level.
func frameOf(level int) []byte {
	frame := make([]byte, dmxFrame)
	frame[lampSlot], frame[lampSlot+1] = byte(level>>8), byte(level)
	return frame
}

func TestFramesAreToldApartByCounting(t *testing.T) {
	var d dimmer
	now := time.Now()
	for n, level := range []int{100, 100, 300} {
		frame := frameOf(level)
		at := now.Add(time.Duration(n) * 25 * time.Millisecond)
		d.hear(at, frame[:12]) // in two pieces
		d.hear(at.Add(5*time.Millisecond), frame[12:])
	}
	d.hear(now.Add(75*time.Millisecond), frameOf(300)[:9])
	got := d.facts(now, false)
	if got.Frames != 3 || got.Ever != 3 || got.Loose != 9 || got.Wrong != "" || got.Level != 300 || got.Longest != 25*time.Millisecond {
		t.Errorf("got %+v", got)
	}
	if len(got.Changes) != 2 || got.Changes[1] != (change{300, 50 * time.Millisecond, 50 * time.Millisecond}) {
		t.Errorf("changes %+v", got.Changes)
	}
}

func TestAByteThatIsLostOrStraySpoilsTheFramesAfterIt(t *testing.T) {
	var d dimmer
	frame := frameOf(0x1234)
	d.hear(time.Now(), frame[1:])
	d.hear(time.Now(), frame)
	if got := d.facts(time.Now(), false); !strings.Contains(got.Wrong, "frame 0 has 18 in slot 6") {
		t.Errorf("got %+v", got)
	}
}

func TestAClearKeepsAFrameThatIsUnderWayAndDropsOneThatWasCut(t *testing.T) {
	var d dimmer
	now := time.Now()
	d.hear(now, frameOf(7)[:10])
	d.facts(now.Add(cut), true)
	d.hear(now, frameOf(7)[10:])
	if got := d.facts(now, true); got.Frames != 1 || got.Level != 7 {
		t.Errorf("under way: %+v", got)
	}
	d.hear(now, frameOf(7)[:10])
	d.facts(now.Add(cut+time.Millisecond), true)
	d.hear(now, frameOf(8))
	if got := d.facts(now, false); got.Frames != 1 || got.Ever != 2 || got.Level != 8 || got.Wrong != "" {
		t.Errorf("cut: %+v", got)
	}
}
