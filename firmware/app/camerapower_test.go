package app

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"studiobox/drivers/power"
)

func TestACameraThatHangsLosesItsPowerForAMomentAndOneThatWorksNever(t *testing.T) {
	for _, hangs := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			pin := &gpiotest.Pin{N: "power.camera"}
			var good atomic.Bool
			good.Store(!hangs)
			c := &cameraPower{
				supply: power.New(power.Config{Pin: pin}), policy: power.NewPolicy(power.PolicyConfig{}),
				good: good.Load, log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- c.Run(ctx) }()
			off := 0
			for range 100 {
				time.Sleep(time.Second)
				synctest.Wait()
				if pin.Read() == gpio.High { // High takes the power away
					off++
				}
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if want := map[bool]int{true: 5, false: 0}[hangs]; off < want || off > want+1 {
				t.Errorf("hangs %v: without power for %d s of 100, want %d", hangs, off, want)
			}
		})
	}
}
