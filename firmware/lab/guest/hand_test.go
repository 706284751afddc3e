package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// paperLine is a line whose files lie on paper.
func paperLine(t *testing.T, value string) line {
	t.Helper()
	l := line{t.TempDir()}
	l.write(t, value)
	return l
}

func (l line) write(t *testing.T, value string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(l.dir, "value"), []byte(value+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyASteadyLampMeansOnAir(t *testing.T) {
	l := lamp{paperLine(t, "1"), false, 0}
	blinking, stop := context.WithCancel(t.Context())
	turned := 0
	if _, err := l.await(blinking, true, func() {
		turned++
		l.write(t, "0") // goes out as soon as it was seen, and comes back
		if turned == 3 {
			stop()
			return
		}
		time.AfterFunc(10*time.Millisecond, func() { l.write(t, "1") })
	}); err == nil || turned != 3 {
		t.Errorf("a lamp that blinked %d times was taken for on air: %v", turned, err)
	}
}

func TestALampThatShinesOnIsOnAirFromWhenItBegan(t *testing.T) {
	l := lamp{paperLine(t, "0"), true, 0} // active low
	began := time.Now()
	since, err := l.await(t.Context(), true, nil)
	if err != nil || since.Sub(began) > steadyLit {
		t.Errorf("since %v, %v", since.Sub(began), err)
	}
}

func TestAFingerHoldsALineAgainstItsPull(t *testing.T) {
	l := paperLine(t, "1")
	pull := filepath.Join(l.dir, "pull")
	f := contact{l, true}.press()
	if err := os.WriteFile(pull, []byte("pull-up"), 0o644); err != nil { // the box opens its pin
		t.Fatal(err)
	}
	for read(t, pull) != "pull-down" {
		if t.Context().Err() != nil {
			t.Fatal("the finger gave way")
		}
	}
	f.lift()
	f.lift()
	if got := read(t, pull); got != "pull-up" {
		t.Errorf("after the finger: %s", got)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestThePinsTableIsReadByItsHeadings(t *testing.T) {
	wires := wiresOf(`board lab (laboratory)

ROLE            LINE    HEADER  DIRECTION  PULL  ACTIVE                 OUTSIDE          PURPOSE
button.golive   GPIO17  pin 11  in         up    low                    -                hold to go live
button.look1    -       -       in         -     -                      -                look 1 (not fitted)
estop           GPIO16  pin 36  in         up    high, normally closed  -                reads low
lamp.air        GPIO27  pin 13  out        -     high                   pull down: dark  on-air lamp

   button.golive GPIO17 11|12 GPIO18
`)
	want := map[string]wire{"button.golive": {"GPIO17", true}, "estop": {"GPIO16", false}, "lamp.air": {"GPIO27", false}}
	if len(wires) != len(want) {
		t.Errorf("got %v", wires)
	}
	for role, w := range want {
		if wires[role] != w {
			t.Errorf("%s: got %v, want %v", role, wires[role], w)
		}
	}
}
