package choose

import (
	"testing"
	"time"
)

// line steps the policy every 50 ms and changes over at key units, which both
// streams have every two seconds.
type line struct {
	cfg   Config
	state state
	in    input
	// target tells what the controller allows, given what flows.
	target func(now time.Duration, flows int) int
	ups    []time.Duration
	downs  []time.Duration
}

func newLine(target func(time.Duration, int) int) *line {
	l := &line{cfg: Config{}.withDefaults(), target: target}
	l.in.streams = [streams]offer{Main: {kbps: 4000, usable: true}, Sub: {kbps: 600, usable: true}}
	return l
}

func (l *line) run(until time.Duration) {
	for ; l.in.now <= until; l.in.now += 50 * time.Millisecond {
		l.in.line.Kbps = l.target(l.in.now, l.in.streams[l.in.chosen].kbps)
		l.state = decide(l.cfg, l.state, l.in)
		if l.in.now%(2*time.Second) == 0 && l.state.wish != l.in.chosen && l.in.streams[l.state.wish].usable {
			if l.in.chosen = l.state.wish; l.in.chosen == Main {
				l.ups = append(l.ups, l.in.now)
			} else {
				l.downs = append(l.downs, l.in.now)
			}
		}
	}
}

func (l *line) want(t *testing.T, wish Stream, reason Reason) {
	t.Helper()
	if l.state.wish != wish || l.state.reason != reason {
		t.Errorf("at %v and %d kbit/s: %v because of %q, want %v because of %q",
			l.in.now, l.in.line.Kbps, l.state.wish, l.state.reason, wish, reason)
	}
}

func steady(kbps int) func(time.Duration, int) int {
	return func(time.Duration, int) int { return kbps }
}

func TestMainStaysWhileItFillsNoMoreThanItsShare(t *testing.T) {
	l := newLine(steady(4500)) // 4000 is 0.89 of it
	l.run(time.Minute)
	l.want(t, Main, Best)
	if len(l.downs) != 0 {
		t.Errorf("went down at %v", l.downs)
	}
}

func TestATargetWithoutRoomBringsTheSubStream(t *testing.T) {
	l := newLine(steady(4300)) // 4000 is 0.93 of it
	l.run(250 * time.Millisecond)
	l.want(t, Main, Best)
	l.run(400 * time.Millisecond)
	l.want(t, Sub, TooWide)
}

func TestATargetThatDipsForAMomentChangesNothing(t *testing.T) {
	l := newLine(func(now time.Duration, _ int) int {
		if now%time.Second < 250*time.Millisecond {
			return 1000
		}
		return 6000
	})
	l.run(30 * time.Second)
	if len(l.downs) != 0 {
		t.Errorf("went down at %v", l.downs)
	}
}

func TestAWishIsTakenBackWhenTheTargetReturnsBeforeTheKeyUnit(t *testing.T) {
	l := newLine(func(now time.Duration, _ int) int {
		if now > 100*time.Millisecond && now < 1500*time.Millisecond {
			return 1000
		}
		return 6000
	})
	l.run(time.Second)
	l.want(t, Sub, TooWide)
	l.run(10 * time.Second)
	l.want(t, Main, Best)
	if len(l.downs) != 0 {
		t.Errorf("went down at %v although the target was back", l.downs)
	}
}

func TestTheWayUpNeedsRoomForTheWholeDwell(t *testing.T) {
	for _, c := range []struct {
		name   string
		target func(time.Duration, int) int
		up     bool
	}{
		{"room", steady(5400), true},                            // 4000 is 0.74 of it
		{"the share to stay, not to come", steady(5200), false}, // 0.77: between the two shares nothing moves
		{"room with a dip every 4 s", func(now time.Duration, _ int) int {
			if now%(4*time.Second) < 100*time.Millisecond {
				return 3000
			}
			return 6000
		}, false},
	} {
		l := newLine(c.target)
		l.cfg.TryAfter, l.cfg.TryMost = time.Hour, time.Hour // no tries
		l.in.chosen, l.state.wish, l.state.reason, l.state.chosen = Sub, Sub, TooWide, Sub
		l.run(60 * time.Second)
		if up := len(l.ups) > 0; up != c.up {
			t.Errorf("%s: up at %v, want a way up: %t", c.name, l.ups, c.up)
		}
		if c.up && (l.ups[0] < 5*time.Second || l.ups[0] > 8*time.Second) {
			t.Errorf("%s: up at %v, want the key unit after 5 s", c.name, l.ups[0])
		}
	}
}

// appLimited is a controller that promises no more than 1.8 times what flows,
// on a line of a width: over it the target falls below the width.
func appLimited(width func(time.Duration) int) func(time.Duration, int) int {
	target := 1500.0
	return func(now time.Duration, flows int) int {
		w := float64(width(now))
		switch {
		case float64(flows) > w:
			target = min(target, 0.9*w)
		case target < 1.8*float64(flows):
			target *= 1.03 // 1.8 a second, in steps of 50 ms
		}
		target = min(target, 1.8*float64(flows), 6000)
		return int(target)
	}
}

func TestAWideLineIsFoundAlthoughTheTargetPromisesNothing(t *testing.T) {
	l := newLine(appLimited(func(now time.Duration) int {
		if now < 20*time.Second {
			return 1000
		}
		return 8000
	}))
	l.run(3 * time.Minute)
	if l.in.chosen != Main {
		t.Fatalf("still on the sub stream; ups %v, downs %v", l.ups, l.downs)
	}
	if last := l.ups[len(l.ups)-1]; last > 50*time.Second {
		t.Errorf("the line was wide from 20 s on, main came at %v", last)
	}
	if l.state.trying {
		t.Error("the try has never been counted as a success")
	}
}

func TestTriesOnANarrowLineGrowRare(t *testing.T) {
	l := newLine(appLimited(func(time.Duration) int { return 1200 }))
	l.run(30 * time.Minute)
	if len(l.ups) < 4 || len(l.ups) > 12 {
		t.Errorf("%d tries in half an hour: %v", len(l.ups), l.ups)
	}
	for i, up := range l.ups {
		down := l.downs[i+1] // the first one was the way down from the start
		if took := down - up; took > 4*time.Second {
			t.Errorf("the try at %v was given up after %v, want the key unit after 2 s", up, took)
		}
		if i > 1 && i < 5 && up-l.ups[i-1] < 3*(l.ups[i-1]-l.ups[i-2])/2 {
			t.Errorf("tries at %v do not grow rare", l.ups)
		}
	}
}

func TestATryOnALineThatIsFullIsGivenUpAtOnce(t *testing.T) {
	l := newLine(steady(1000))
	l.in.chosen, l.state.wish, l.state.reason, l.state.chosen = Sub, Sub, TooWide, Sub
	l.run(9 * time.Second)
	l.want(t, Main, Try)
	l.in.line.Full = true
	l.run(9*time.Second + 200*time.Millisecond)
	l.want(t, Sub, TryFailed)
}

func TestAStreamThatIsNotThereIsNotChosen(t *testing.T) {
	l := newLine(steady(1000))
	l.in.streams[Sub].usable = false
	l.run(5 * time.Second)
	l.want(t, Main, OnlyOne)
	l = newLine(steady(0))
	l.in.streams[Main].usable = false
	l.run(3 * time.Second)
	if l.in.chosen != Sub {
		t.Error("main gives nothing and is still on")
	}
	l.in.streams[Main].usable = true
	l.run(6 * time.Second)
	l.want(t, Main, Best)
}

func TestATranscoderIsPreferred(t *testing.T) {
	l := newLine(steady(1000))
	l.run(3 * time.Second)
	l.in.line.Shaped = true
	l.run(6 * time.Second)
	l.want(t, Main, Shaped)
	if l.in.chosen != Main {
		t.Error("the transcoder does not get the main stream")
	}
	l.in.line.Shaped = false
	l.run(10 * time.Second)
	l.want(t, Sub, TooWide)
}

func TestASubStreamThatIsNoSmallerIsOfNoUse(t *testing.T) {
	l := newLine(steady(1000))
	l.in.streams[Sub].kbps = 4000
	l.run(10 * time.Second)
	l.want(t, Main, Best)
}

func TestMainIsLetGoWhileTheWayUpIsOutOfReachAndFetchedInTime(t *testing.T) {
	narrow := true
	l := newLine(func(time.Duration, int) int {
		if narrow {
			return 700 // no room for a try either
		}
		return 5600
	})
	l.run(11 * time.Second)
	if !l.state.wanted {
		t.Error("main was let go at once")
	}
	l.run(20 * time.Second)
	if l.state.wanted {
		t.Error("main is still pulled on a line that cannot carry it")
	}
	l.in.streams[Main].usable = false
	narrow = false
	l.run(21 * time.Second)
	if !l.state.wanted {
		t.Error("main is not fetched although the way up is near")
	}
	l.run(30 * time.Second)
	if l.in.chosen != Sub {
		t.Error("changed to a stream that gives nothing")
	}
	l.in.streams[Main].usable = true
	l.run(33 * time.Second)
	if l.in.chosen != Main {
		t.Error("main is there, the target has room, and the sub stream is still on")
	}
}
