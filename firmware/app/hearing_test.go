package app

import (
	"context"
	"testing"
	"testing/synctest"

	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

// deafMeter reads the number of channels of its format.
type deafMeter struct {
	format unit.Format
	alive  *int
	heard  *int
}

func (m deafMeter) Put(*unit.Unit) { *m.heard++ }

func (m deafMeter) LUFS() (float64, bool) { return float64(m.format.Channels), true }

func (m deafMeter) Run(ctx context.Context) error {
	*m.alive++
	<-ctx.Done()
	*m.alive--
	return ctx.Err()
}

func TestEachFormatOfSoundGetsItsOwnMeterAndOnlyOneLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made, alive, heard := 0, 0, 0
		h := newHearing(gst.Worker{}, newLogger("error"))
		h.make = func(f unit.Format) loudnessMeter {
			made++
			return deafMeter{f, &alive, &heard}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()

		h.Put(&unit.Unit{Track: unit.Audio}) // before any format: nobody hears it
		if _, ok := h.LUFS(); ok {
			t.Error("a reading without sound")
		}
		stereo := unit.Format{Codec: unit.AAC, SampleRate: 48000, Channels: 2, Config: []byte{1}}
		for range 3 { // every camera session says its format again
			same := stereo
			h.use(&same)
			synctest.Wait()
		}
		if got, ok := h.LUFS(); made != 1 || alive != 1 || !ok || got != 2 {
			t.Errorf("%d meters made, %d alive, reading %v %t; want one of stereo", made, alive, got, ok)
		}
		h.Put(&unit.Unit{Track: unit.Audio})
		h.Put(&unit.Unit{Track: unit.Video})
		mono := stereo
		mono.Channels, mono.Config = 1, []byte{2}
		h.use(&mono)
		synctest.Wait()
		if got, _ := h.LUFS(); made != 2 || alive != 1 || got != 1 || heard != 1 {
			t.Errorf("%d meters made, %d alive, reading %v, %d frames heard; want a second one of mono", made, alive, got, heard)
		}
		h.use(nil)
		synctest.Wait()
		if _, ok := h.LUFS(); ok || alive != 0 {
			t.Errorf("a reading after the sound has gone; %d meters alive", alive)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
