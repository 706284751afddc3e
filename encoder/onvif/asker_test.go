package onvif

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// encoder is a camera's encoder that is not there.
type encoder struct {
	mu      sync.Mutex
	kbps    int
	grid    int // rates are rounded up to a multiple; 0 = any
	stuck   bool
	err     error
	asked   []int
	at      []time.Time
	keys    []time.Time
	offered Encoding
}

func (e *encoder) Encoding(context.Context) (Encoding, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Encoding{Token: "enc", Kbps: e.kbps, MinKbps: e.offered.MinKbps, MaxKbps: e.offered.MaxKbps}, e.err
}

func (e *encoder) SetKbps(_ context.Context, kbps int) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return 0, e.err
	}
	e.asked, e.at = append(e.asked, kbps), append(e.at, time.Now())
	if e.grid > 0 {
		kbps = (kbps + e.grid - 1) / e.grid * e.grid
	}
	if !e.stuck {
		e.kbps = kbps
	}
	return e.kbps, nil
}

func (e *encoder) ForceKey(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.keys = append(e.keys, time.Now())
	return e.err
}

// log is what was asked of the encoder.
type log struct {
	kbps  int
	asked []int
	at    []time.Time
	keys  []time.Time
}

func (e *encoder) log() log {
	e.mu.Lock()
	defer e.mu.Unlock()
	return log{e.kbps, slices.Clone(e.asked), slices.Clone(e.at), slices.Clone(e.keys)}
}

// fail makes every request fail, nil none.
func (e *encoder) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

// book is a ledger in memory.
type book struct {
	mu     sync.Mutex
	change *Change
	err    error
}

func (b *book) Load() (Change, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.change == nil {
		return Change{}, false
	}
	return *b.change, true
}

func (b *book) Keep(c Change) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.change = &c
	}
	return b.err
}

func (b *book) Forget() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.change = nil
	return nil
}

// show lets an asker run; the returned func ends it and gives Run's error.
func show(t *testing.T, camera *encoder, b *book, onRate ...func(int)) (*RateAsker, func() error) {
	a := NewRateAsker(b, testLog(t))
	if len(onRate) > 0 {
		a.OnRate = onRate[0]
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, camera) }()
	return a, func() error { cancel(); return <-done }
}

func TestTheCameraIsAskedSeldomAndTheOriginalComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		camera, b := &encoder{kbps: 4000}, &book{}
		var told []int // read after the end
		a, end := show(t, camera, b, func(kbps int) { told = append(told, kbps) })
		for i := range 300 { // a target that moves all the time, for 30 s
			a.SetTarget(1000 + 1500*(i%7)/3)
			time.Sleep(100 * time.Millisecond)
		}
		if n := len(camera.log().asked); n < 2 || n > 6 {
			t.Errorf("asked %d times in 30 s: %v", n, camera.log().asked)
		}
		for i := 1; i < len(camera.log().at); i++ {
			if gap := camera.log().at[i].Sub(camera.log().at[i-1]); gap < 5*time.Second {
				t.Errorf("asked twice within %v", gap)
			}
		}
		if kept, ok := b.Load(); !ok || kept.Original != 4000 {
			t.Errorf("the ledger has %+v, %t", kept, ok)
		}
		must(t, end())
		if _, kept := b.Load(); camera.log().kbps != 4000 || kept || told[len(told)-1] != 4000 {
			t.Errorf("the camera is left at %d, the ledger %t, told %v", camera.log().kbps, kept, told)
		}
	})
}

func TestWhatIsNearEnoughIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		camera := &encoder{kbps: 4000}
		a, end := show(t, camera, &book{})
		a.SetTarget(4600) // 0.7 of it is 20 % below
		time.Sleep(time.Minute)
		a.SetTarget(20_000) // more than the customer has set is never asked for
		time.Sleep(time.Minute)
		must(t, end())
		if len(camera.log().asked) != 0 {
			t.Errorf("asked for %v", camera.log().asked)
		}
	})
}

func TestACameraThatDoesNotFollowIsNotPestered(t *testing.T) {
	for name, camera := range map[string]*encoder{
		"a camera with a grid":            {kbps: 4000, grid: 2048},
		"a camera that changes nothing":   {kbps: 4000, stuck: true},
		"a camera with a high least rate": {kbps: 4000, offered: Encoding{MinKbps: 3900, MaxKbps: 8000}},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, end := show(t, camera, &book{})
			a.SetTarget(1000)
			time.Sleep(10 * time.Minute)
			asked := len(camera.log().asked)
			must(t, end())
			if asked > 1 {
				t.Errorf("%s was asked %d times in ten minutes: %v", name, asked, camera.log().asked)
			}
			if camera.grid == 0 && camera.log().kbps != 4000 {
				t.Errorf("%s is left at %d", name, camera.log().kbps)
			}
		})
	}
}

func TestNoTargetGivesTheOriginalBackWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		camera, b := &encoder{kbps: 4000}, &book{}
		a, end := show(t, camera, b)
		a.SetTarget(1000)
		time.Sleep(20 * time.Second)
		a.SetTarget(0)
		time.Sleep(2 * time.Second)
		if _, kept := b.Load(); camera.log().kbps != 4000 || kept {
			t.Errorf("after the show the camera has %d, the ledger %t", camera.log().kbps, kept)
		}
		must(t, end())
	})
}

func TestARateThatSomebodyElseHasSetStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		camera, b := &encoder{kbps: 4000}, &book{}
		a, end := show(t, camera, b)
		a.SetTarget(1000)
		time.Sleep(10 * time.Second)
		camera.mu.Lock()
		camera.kbps = 3000
		camera.mu.Unlock()
		must(t, end())
		if _, kept := b.Load(); camera.log().kbps != 3000 || kept {
			t.Errorf("the camera has %d, the ledger %t", camera.log().kbps, kept)
		}
	})
}

func TestAChangeFromBeforeAPowerCutIsUndone(t *testing.T) {
	for _, set := range []int{750, 0} { // confirmed, or the power went in between
		synctest.Test(t, func(t *testing.T) {
			camera, b := &encoder{kbps: 750}, &book{change: &Change{Token: "enc", Original: 4000, Set: set}}
			_, end := show(t, camera, b)
			time.Sleep(2 * time.Second)
			if _, kept := b.Load(); camera.log().kbps != 4000 || kept {
				t.Errorf("the camera has %d, the ledger %t", camera.log().kbps, kept)
			}
			must(t, end())
		})
	}
}

func TestNothingIsChangedThatCouldNotBeUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		camera := &encoder{kbps: 4000}
		a, end := show(t, camera, &book{err: errors.New("disk full")})
		a.SetTarget(1000)
		time.Sleep(10 * time.Second)
		wantText(t, end(), "not changed", "disk full")
		if camera.log().kbps != 4000 {
			t.Errorf("the camera has %d", camera.log().kbps)
		}
	})
}

func TestAFailureIsReturnedAndItsChangeUndoneByTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		camera, b := &encoder{kbps: 4000}, &book{}
		a, end := show(t, camera, b)
		a.SetTarget(1000)
		time.Sleep(7 * time.Second)
		camera.fail(ErrUnreachable)
		a.SetTarget(400)
		time.Sleep(10 * time.Second)
		if err := end(); !errors.Is(err, ErrUnreachable) {
			t.Errorf("Run returned %v", err)
		}
		camera.fail(nil)
		_, end = show(t, camera, b)
		time.Sleep(2 * time.Second)
		must(t, end())
		if camera.log().kbps != 4000 {
			t.Errorf("the camera is left at %d", camera.log().kbps)
		}
	})
}

func TestKeysAreAskedForOnceASecondAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		camera, k := &encoder{}, NewKeyAsker()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.Run(ctx, camera) }()
		k.Ask()
		synctest.Wait()
		if len(camera.log().keys) != 1 {
			t.Fatalf("%d requests at once after the first wish", len(camera.log().keys))
		}
		for range 100 { // for 4 s
			k.Ask()
			time.Sleep(40 * time.Millisecond)
		}
		time.Sleep(3 * time.Second)
		for i := 1; i < len(camera.log().keys); i++ {
			if gap := camera.log().keys[i].Sub(camera.log().keys[i-1]); gap < time.Second {
				t.Errorf("two requests within %v", gap)
			}
		}
		if n := len(camera.log().keys); n < 4 || n > 5 {
			t.Errorf("%d requests for 4 s of wishes", n)
		}
		cancel()
		must(t, <-done)
		camera.fail(ErrUnsupported)
		k.Ask()
		if err := k.Run(t.Context(), camera); !errors.Is(err, ErrUnsupported) {
			t.Errorf("Run returned %v", err)
		}
	})
}
