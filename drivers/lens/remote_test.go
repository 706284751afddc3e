package lens

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Every way to move a ring is an Axis.
var _ = []Axis{&Servo{}, &Stepper{}, &Remote{}}

// far is a camera that takes its time to answer and notes what it heard.
type far struct {
	takes time.Duration
	fail  error
	heard []string
}

func (f *far) answer(ctx context.Context, what string) error {
	f.heard = append(f.heard, what)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(f.takes):
		return f.fail
	}
}

func (f *far) MoveTo(ctx context.Context, place float64) error {
	return f.answer(ctx, fmt.Sprintf("to %g", place))
}
func (f *far) Stop(ctx context.Context) error { return f.answer(ctx, "stop") }

func (f *far) expect(t *testing.T, heard ...string) {
	t.Helper()
	if !slices.Equal(f.heard, heard) {
		t.Errorf("the camera heard %q, want %q", f.heard, heard)
	}
}

func TestACameraIsToldTheNewestPlaceOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		camera := &far{takes: time.Second}
		r := NewRemote("zoom", camera)
		run(t, r, func() {
			to(t, r, 0.1, 100*ms)
			to(t, r, 0.2, 100*ms)
			to(t, r, 0.3, 5*time.Second)
		})
		camera.expect(t, "to 0.1", "to 0.3")
	})
}

func TestHaltEndsTheRequestAndStopsTheCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		camera := &far{takes: 2 * time.Second}
		r := NewRemote("zoom", camera)
		run(t, r, func() {
			to(t, r, 0.5, 100*ms)
			_ = r.To(0.6)
			begin := time.Now()
			if err := r.Halt(); err == nil || !strings.Contains(err.Error(), "lens zoom in the camera did not stop") {
				t.Errorf("the camera did not answer and Halt says %v", err)
			}
			if took := time.Since(begin); took > time.Second {
				t.Errorf("Halt took %v", took)
			}
			camera.takes = 0
			if err := errors.Join(r.Halt(), r.Halt()); err != nil { // tried again, until it has stopped
				t.Error(err)
			}
			if r.To(1) == nil {
				t.Error("it takes a place after Halt")
			}
			pass(10 * time.Second)
		})
		camera.expect(t, "to 0.5", "stop", "stop")
	})
}

func TestHaltAsksNothingOfACameraThatWasLeftAlone(t *testing.T) {
	camera := &far{}
	if err := NewRemote("zoom", camera).Halt(); err != nil {
		t.Error(err)
	}
	camera.expect(t)
}

func TestACameraThatRefusesOrHangsIsNamed(t *testing.T) {
	for _, camera := range []*far{{fail: errors.New("no such profile")}, {takes: time.Hour}} {
		synctest.Test(t, func(t *testing.T) {
			r := NewRemote("focus", camera)
			_ = r.To(0.5)
			begin := time.Now()
			if err := r.Run(t.Context()); err == nil || time.Since(begin) > moveWithin || !strings.HasPrefix(err.Error(), "lens focus in the camera: ") {
				t.Errorf("got %v after %v", err, time.Since(begin))
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := r.Run(ctx); err != nil {
				t.Error("the refused motion is repeated:", err)
			}
		})
	}
}
