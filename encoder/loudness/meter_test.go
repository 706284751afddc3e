package loudness

import (
	"math"
	"testing"
)

// tone is a sine of so many Hz and dBFS (peak), on the channels named.
func tone(hz, dBFS, seconds float64, channels int, on ...int) []float32 {
	amplitude := math.Pow(10, dBFS/20)
	samples := make([]float32, int(seconds*Rate)*channels)
	for i := range len(samples) / channels {
		for _, c := range on {
			samples[i*channels+c] = float32(amplitude * math.Sin(2*math.Pi*hz*float64(i)/Rate))
		}
	}
	return samples
}

func measured(t *testing.T, channels int, samples ...[]float32) float64 {
	t.Helper()
	m := New(channels)
	for _, s := range samples {
		m.Add(s)
	}
	loudness, ok := m.LUFS()
	if !ok {
		t.Fatal("nothing was measured")
	}
	return loudness
}

// The first two are test cases 1 and 2 of EBU Tech 3341, the third is the
// calibration of BS.1770-5, Annex 1.
func TestKnownTonesMeasureAsTheStandardsSay(t *testing.T) {
	for name, c := range map[string]struct {
		got, want float64
	}{
		"1 kHz at -23 dBFS, both channels":    {measured(t, 2, tone(1000, -23, 4, 2, 0, 1)), -23.0},
		"1 kHz at -33 dBFS, both channels":    {measured(t, 2, tone(1000, -33, 4, 2, 0, 1)), -33.0},
		"997 Hz at full scale, left alone":    {measured(t, 2, tone(997, 0, 4, 2, 0)), -3.01},
		"997 Hz at full scale, one channel":   {measured(t, 1, tone(997, 0, 4, 1, 0)), -3.01},
		"loud first, 3.2 s of -40 dBFS since": {measured(t, 2, tone(1000, -3, 5, 2, 0, 1), tone(1000, -40, 3.2, 2, 0, 1)), -40.0},
		"nothing at all":                      {measured(t, 2, make([]float32, 2*Rate)), Silence},
		"half loud, half silent: 3 dB less":   {measured(t, 2, tone(1000, -20, 1.5, 2, 0, 1), make([]float32, 3*Rate)), -23.0},
		"20 Hz is nearly no sound to an ear":  {measured(t, 2, tone(20, -20, 4, 2, 0, 1)), -34.0},
		"10 kHz counts 4 dB more than 997 Hz": {measured(t, 2, tone(10000, -23, 4, 2, 0, 1)), -19.7},
	} {
		if math.Abs(c.got-c.want) > 0.15 {
			t.Errorf("%s: %.2f LUFS, want %.2f", name, c.got, c.want)
		}
	}
}

func TestNothingIsToldBeforeThereIsSound(t *testing.T) {
	m := New(2)
	m.Add(tone(1000, -20, 0.09, 2, 0, 1))
	if loudness, ok := m.LUFS(); ok {
		t.Errorf("told %.1f LUFS of less than a block", loudness)
	}
}

func TestWhatABrokenDecoderMakesIsForgotten(t *testing.T) {
	broken := []float32{float32(math.NaN()), float32(math.Inf(1)), 1e30, -1e30}
	got := measured(t, 2, broken, tone(1000, -23, 4, 2, 0, 1))
	if math.Abs(got+23) > 0.1 {
		t.Errorf("%.2f LUFS after four broken samples, want -23", got)
	}
}

func BenchmarkAMinuteOfStereo(b *testing.B) {
	second := tone(1000, -23, 1, 2, 0, 1)
	m := New(2)
	for b.Loop() {
		for range 60 {
			m.Add(second)
		}
	}
	b.ReportMetric(60/(b.Elapsed().Seconds()/float64(b.N)), "x-real-time")
}
