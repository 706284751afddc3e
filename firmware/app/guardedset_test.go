package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"studiobox/board/sim"
	"studiobox/drivers/indicator"
	"studiobox/drivers/turntable"
	"studiobox/firmware/config"
	"studiobox/firmware/guard"
	"studiobox/firmware/run"
)

// sentry is a guard at work in this process, in virtual time.
type sentry struct {
	mu    sync.Mutex
	feed  *io.PipeWriter
	back  io.Writer
	lines guard.Lines
}

// enable is a motor's line that notes when, and at which speed of the table, it
// was last taken off.
type enable struct {
	gpiotest.Pin
	speed func() float64
	mu    sync.Mutex
	off   time.Time
	at    float64
}

func (e *enable) Out(l gpio.Level) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.Read() == gpio.High && l == gpio.Low {
		e.off, e.at = time.Now(), e.speed()
	}
	return e.Pin.Out(l)
}

func (e *enable) wentOff() (when time.Time, speed float64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.off, e.at
}

func (s *sentry) Write(words []byte) (int, error) {
	s.mu.Lock()
	feed := s.feed
	s.mu.Unlock()
	if feed == nil {
		return 0, errNoGuard
	}
	return feed.Write(words)
}

func (s *sentry) open(feed *io.PipeWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feed = feed
}

// run is what guardProcess.Run is, without a process.
func (s *sentry) run(ctx context.Context) error {
	reader, writer := io.Pipe()
	s.open(writer)
	defer s.open(nil)
	defer reader.Close()
	defer context.AfterFunc(ctx, func() { writer.Close() })()
	return guard.Watch(context.WithoutCancel(ctx), reader, echoes{s.back}, s.lines)
}

// echoes have room on their way back, as the kernel's pipe gives it.
type echoes struct{ to io.Writer }

func (e echoes) Write(said []byte) (int, error) {
	go e.to.Write(bytes.Clone(said))
	return len(said), nil
}

// guardedSet is a set whose motor and lamp are powered through a guard.
type guardedSet struct {
	*set
	power   *enable
	deadman *gpiotest.Pin
	air     *gpiotest.Pin
	lamps   *indicator.Indicator
	log     *bytes.Buffer
	end     context.CancelFunc
	ended   chan error
}

// onGuardedSet plays a story; the story ends the set.
func onGuardedSet(t *testing.T, others []run.Part, story func(g *guardedSet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		twin := sim.New(nil)
		parts, err := simulatedStudio(twin)
		if err != nil {
			t.Fatal(err)
		}
		g := &guardedSet{power: &enable{}, deadman: &gpiotest.Pin{}, air: &gpiotest.Pin{}, log: &bytes.Buffer{}, ended: make(chan error, 1)}
		watch := &sentry{lines: guard.Lines{
			Deadman: guard.Line{Pin: g.deadman}, Enable: guard.Line{Pin: g.power}, Air: guard.Line{Pin: g.air},
		}}
		parts.feeder = guard.NewFeeder(watch)
		watch.back = parts.feeder
		if parts.table, err = turntable.New(turntable.Config{
			Drive: twinMotor{twin.Turntable}, Enable: turntable.Output{Pin: parts.feeder.EnableLine(), ActiveHigh: true},
		}); err != nil {
			t.Fatal(err)
		}
		parts.guard, parts.others = watch.run, others
		s, err := newStudio(parts, config.Default(), slog.New(slog.NewTextHandler(g.log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		g.set = &set{s, t, twin}
		g.power.speed = g.speed
		g.lamps = indicator.New(indicator.Config{Air: indicator.Light{Pin: parts.feeder.AirLine()}})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		g.end = cancel
		go func() { g.ended <- s.Run(ctx) }()
		synctest.Wait()
		story(g)
	})
}

// turns has the table turn at full speed.
func (g *guardedSet) turns() {
	g.t.Helper()
	g.passes(time.Second)
	g.SetTurntable(60)
	g.passes(3 * time.Second)
	if g.speed() < 55 || g.power.Read() == gpio.Low {
		g.t.Fatalf("%.1f degrees/s, power %v", g.speed(), g.power.Read())
	}
}
