package board

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"

	"studiobox/board/profile"
)

const ms = time.Millisecond

func input(t *testing.T, f *faulty) *line {
	t.Helper()
	l := newLine(f, profile.Wire{Pin: f.name, Use: profile.Use{Role: profile.ButtonGoLive}}, faultyKernel{f})
	if err := l.In(gpio.PullUp, gpio.BothEdges); err != nil {
		t.Fatal(err)
	}
	return l
}

// waiting starts a wait and returns where its answer and its length arrive.
func waiting(l *line, timeout time.Duration) (<-chan bool, func() time.Duration) {
	answer, began := make(chan bool, 1), time.Now()
	var took time.Duration
	go func() {
		seen := l.WaitForEdge(timeout)
		took = time.Since(began)
		answer <- seen
	}()
	return answer, func() time.Duration { return took }
}

func TestAWaitWithoutEndWaitsForTheEdge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFaulty("GPIO17")
		answer, took := waiting(input(t, f), -1)
		time.Sleep(time.Minute)
		f.queue <- struct{}{}
		if !<-answer || took() < time.Minute {
			t.Errorf("ended after %v", took())
		}
		if len(f.waits) > 1300 {
			t.Errorf("%d waits in a minute: that is a busy loop", len(f.waits))
		}
	})
}

func TestAWaitOfNoTimeOnlyAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFaulty("GPIO17")
		l := input(t, f)
		answer, took := waiting(l, 0)
		time.Sleep(time.Second)
		synctest.Wait()
		select {
		case seen := <-answer:
			if seen || took() > 5*ms {
				t.Errorf("%v after %v", seen, took())
			}
		default:
			f.queue <- struct{}{}
			t.Error("waits for ever")
		}
	})
}

func TestAWaitEndsWithItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFaulty("GPIO17")
		answer, took := waiting(input(t, f), 230*ms)
		if <-answer || took() < 230*ms || took() > 232*ms {
			t.Errorf("ended after %v", took())
		}
	})
}

func TestHaltEndsAWaitAlsoWhenItComesBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFaulty("GPIO17")
		l := input(t, f)
		for _, before := range []bool{false, true} {
			answer, took := (<-chan bool)(nil), (func() time.Duration)(nil)
			if before {
				_ = l.Halt()
				answer, took = waiting(l, -1)
			} else {
				answer, took = waiting(l, -1)
				time.Sleep(ms)
				_ = l.Halt()
			}
			time.Sleep(time.Second)
			synctest.Wait()
			select {
			case seen := <-answer:
				if seen || took() > slice+ms {
					t.Errorf("halt before %v: %v after %v", before, seen, took())
				}
			default:
				t.Errorf("halt before %v: still waiting", before)
				f.queue <- struct{}{}
				<-answer
			}
		}
	})
}

func TestInForgetsOldEdgesAndEndsAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFaulty("GPIO17")
		l := input(t, f)
		for range cap(f.queue) - 1 {
			f.queue <- struct{}{}
		}
		f.late(20 * ms) // under way in the kernel
		if err := l.In(gpio.PullUp, gpio.BothEdges); err != nil {
			t.Fatal(err)
		}
		answer, _ := waiting(l, 100*ms)
		if <-answer {
			t.Error("an edge from before In was reported")
		}
		answer, took := waiting(l, -1)
		time.Sleep(ms)
		time.AfterFunc(time.Second, func() { f.queue <- struct{}{} }) // ends a wait that In does not
		if err := l.In(gpio.PullUp, gpio.BothEdges); err != nil {
			t.Fatal(err)
		}
		if <-answer || took() > 2*slice {
			t.Errorf("the wait outlived In by %v", took())
		}
	})
}

func TestReadingAnOutputLeavesItAnOutput(t *testing.T) {
	f := newFaulty("GPIO27")
	l := newLine(f, profile.Wire{Pin: "GPIO27", Use: profile.Use{Role: profile.LampAir, Output: true}}, faultyKernel{f})
	for _, level := range []gpio.Level{gpio.Low, gpio.High, gpio.Low} {
		if err := l.Out(level); err != nil {
			t.Fatal(err)
		}
		if got := l.Read(); got != level {
			t.Errorf("reads %v after Out(%v)", got, level)
		}
		if got := l.Function(); got != "OUT" {
			t.Errorf("function %q", got)
		}
	}
	if f.turned != 0 || !f.output {
		t.Error("a look turned the lamp's line into an input")
	}
}

func TestTheFirstOutputHasNoGlitch(t *testing.T) {
	for _, first := range []gpio.Level{gpio.High, gpio.Low} {
		f := newFaulty("GPIO6")
		l := newLine(f, profile.Wire{Pin: "GPIO6", Use: profile.Use{Role: profile.TurntableEnable, Output: true}}, faultyKernel{f})
		for _, level := range []gpio.Level{first, !first, first} {
			if err := l.Out(level); err != nil {
				t.Fatal(err)
			}
		}
		if want := []gpio.Level{first, !first, first}; !slices.Equal(f.shown, want) {
			t.Errorf("the line showed %v, want %v", f.shown, want)
		}
	}
}

func TestALineTurnsFromInputToOutputAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFaulty("GPIO17")
		l := input(t, f)
		answer, took := waiting(l, -1)
		time.Sleep(ms)
		time.AfterFunc(time.Second, func() { f.queue <- struct{}{} }) // ends a wait that Out does not
		if err := l.Out(gpio.High); err != nil {                      // the kernel gives a line to one holder
			t.Fatal(err)
		}
		if <-answer || took() > 2*slice {
			t.Errorf("the wait outlived Out by %v", took())
		}
		if err := l.In(gpio.PullUp, gpio.BothEdges); err != nil || l.Function() != "IN" {
			t.Errorf("%s: %v", l.Function(), err)
		}
		if err := l.close(); err != nil || f.holder != "" {
			t.Errorf("closed, %q holds the line: %v", f.holder, err)
		}
		if l.WaitForEdge(-1) {
			t.Error("a closed line saw an edge")
		}
	})
}

func TestAnEdgeAfterInBelongsToTheNextWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFaulty("GPIO17")
		l := input(t, f)
		began := l.changes.Load()
		if err := l.In(gpio.PullUp, gpio.BothEdges); err != nil {
			t.Fatal(err)
		}
		f.queue <- struct{}{}
		if l.waitOnce(began, slice) {
			t.Error("a wait from before In took the edge")
		}
		if !l.WaitForEdge(0) {
			t.Error("the edge is lost")
		}
	})
}

func TestAPinRefusesPWMInWords(t *testing.T) {
	l := newLine(newFaulty("GPIO12"), profile.Wire{Pin: "GPIO12", Use: profile.Use{Role: profile.Buzzer, Output: true}}, nil)
	if err := l.PWM(gpio.DutyHalf, physic.KiloHertz); err == nil || !strings.Contains(err.Error(), "role buzzer on GPIO12") {
		t.Errorf("got %v", err)
	}
}

func TestALineIsNamedByRoleAndPin(t *testing.T) {
	f := newFaulty("gpiochip10-GPIO17") // as periph renames a second GPIO17
	l := newLine(f, profile.Wire{Pin: "GPIO17", Use: profile.Use{Role: profile.ButtonGoLive}}, faultyKernel{f})
	if l.String() != "button.golive(GPIO17)" || l.Name() != "GPIO17" {
		t.Errorf("%s, %s", l, l.Name())
	}
}

func TestALineWhoseChipIsGoneStartsNothing(t *testing.T) {
	for _, c := range []struct {
		role      profile.Role
		activeLow bool
		want      gpio.Level
	}{
		{profile.ButtonGoLive, true, gpio.High}, {profile.ButtonGoLive, false, gpio.Low},
		{profile.EStop, false, gpio.High}, {profile.EStop, true, gpio.Low},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFaulty("GPIO17")
			l := newLine(f, profile.Wire{Pin: f.name, ActiveLow: c.activeLow, Use: profile.Use{Role: c.role}}, faultyKernel{f})
			if err := l.In(gpio.PullUp, gpio.NoEdge); err != nil {
				t.Fatal(err)
			}
			if got := l.Read(); got != gpio.Low {
				t.Errorf("%s reads %s while its chip is there", c.role, got)
			}
			f.lose()
			time.Sleep(believed)
			if got := l.Read(); got != c.want {
				t.Errorf("%s, active low %t, reads %s after its chip went, want %s", c.role, c.activeLow, got, c.want)
			}
		})
	}
}
