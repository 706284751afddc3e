package turntable

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio/gpiotest"

	"studiobox/drivers/turntable/motion"
)

// brittle is a drive that panics a while after its start.
type brittle struct{ after time.Duration }

func (b *brittle) Run(ctx context.Context, wish Wish) error {
	wish(time.Now())
	sleep(ctx, b.after)
	if ctx.Err() != nil {
		return nil
	}
	panic("nil map")
}

func (b *brittle) Stats() Stats { return Stats{} }
func (b *brittle) Halt() error  { return nil }

// runs is Run, and what it panicked with.
func runs(ctx context.Context, table *Turntable) (panicked any, err error) {
	defer func() { panicked = recover() }()
	return nil, table.Run(ctx)
}

func TestAPanicInsideTheTableTakesThePowerAndReachesWhoeverRunsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enable := &gpiotest.Pin{N: "enable"}
		table, err := New(Config{Drive: &brittle{after: 2 * time.Second}, Enable: Output{Pin: enable, ActiveHigh: true}})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		time.AfterFunc(100*ms, func() { _ = table.Move(motion.Move{Kind: motion.Spin, Speed: 60}) })
		for at := 200 * ms; at < 2*time.Second; at += 100 * ms {
			time.AfterFunc(at, table.Renew)
		}
		time.AfterFunc(1900*ms, func() {
			if !enable.Read() {
				t.Error("it never had power")
			}
		})
		panicked, err := runs(t.Context(), table)
		from, is := panicked.(*crash)
		if err != nil || !is || from.Error() != "nil map" || !strings.Contains(string(from.Stack()), "brittle") {
			t.Fatalf("%v, panic %v", err, panicked)
		}
		if took := time.Since(began); enable.Read() || took > 2100*ms {
			t.Errorf("power %v after %v", enable.Read(), took)
		}
		if err := table.Halt(); err != nil {
			t.Error(err)
		}
	})
}

func TestAPanicInATickLeavesTheTableToBeHalted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enable := &gpiotest.Pin{N: "enable"}
		broken := time.Now().Add(time.Second)
		home := &sense{level: func() bool {
			if time.Now().After(broken) {
				panic("no such register")
			}
			return false
		}}
		drive := &brittle{after: time.Hour}
		table, err := New(Config{Drive: drive, Enable: Output{Pin: enable, ActiveHigh: true}, Home: Input{Pin: home}})
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(800*ms, func() { _ = table.Move(motion.Move{Kind: motion.Spin, Speed: 60}) })
		if panicked, err := runs(t.Context(), table); panicked != "no such register" || err != nil {
			t.Errorf("%v, panic %v", err, panicked)
		}
		if enable.Read() {
			t.Error("the motor has power")
		}
		halted := make(chan error, 1)
		go func() { halted <- table.Halt() }()
		select {
		case err := <-halted:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Error("the table cannot be halted any more")
		}
	})
}

func TestAPanicInThePulseThreadIsOneOfTheDrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewStepDir(StepDirConfig{Step: &gpiotest.Pin{}, Dir: &gpiotest.Pin{}, Gear: testGear})
		d.rush, d.calm = func() bool { return false }, func() {}
		defer func() {
			if from, is := recover().(*crash); !is || from.Error() != "no plan" {
				t.Errorf("panic %v", from)
			}
		}()
		err := d.Run(t.Context(), func(time.Time) motion.Point { panic("no plan") })
		t.Error(errors.Join(errors.New("it returned"), err))
	})
}
