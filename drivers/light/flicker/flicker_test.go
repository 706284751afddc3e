package flicker

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func codes(v Verdict) []string {
	var out []string
	for _, r := range v.Reasons {
		out = append(out, r.Code)
	}
	return out
}

func TestKnownSetupsAreJudgedRight(t *testing.T) {
	tokyo, osaka, nagano := []float64{50}, []float64{60}, []float64{50, 60}
	for _, c := range []struct {
		name  string
		setup Setup
		want  []string
	}{
		{"1/100 s under 50 Hz", Setup{Shutter: 0.01, FPS: 30, Readout: 0.016, Mains: tokyo, MainsDepth: 1}, nil},
		{"1/60 s under 50 Hz", Setup{Shutter: 1.0 / 60, FPS: NTSC, Readout: 0.016, Mains: tokyo, MainsDepth: 0.3}, []string{MainsBanding, MainsBeat}},
		{"1/60 s under 60 Hz", Setup{Shutter: 1.0 / 60, FPS: NTSC, Readout: 0.016, Mains: osaka, MainsDepth: 1}, nil},
		{"1/100 s where both are", Setup{Shutter: 0.01, FPS: 30, Readout: 0.016, Mains: nagano, MainsDepth: 0.3}, []string{MainsBanding, MainsBeat}},
		{"mains but no lamps on it", Setup{Shutter: 1.0 / 60, FPS: 30, Readout: 0.016, Mains: tokyo}, nil},
		{"global shutter has no bands", Setup{Shutter: 1.0 / 60, FPS: 30, Mains: tokyo, MainsDepth: 0.3}, []string{MainsBeat}},
		{"20 kHz", Setup{PWM: 20000, Shutter: 0.01, FPS: 30, Readout: 0.016, Tolerance: 0.01}, nil},
		{"20 kHz and a fast shutter", Setup{PWM: 20000, Shutter: 0.001, FPS: 30, Readout: 0.016, Tolerance: 0.01}, []string{PWMBanding, PWMBeat}},
		{"PCA9685 at its fastest, not measured", Setup{PWM: 1526, Shutter: 0.01, FPS: 30, Readout: 0.016, Tolerance: 0.03}, []string{PWMBanding, PWMBeat}},
		{"400 Hz in step", Setup{PWM: 400, Shutter: 0.01, FPS: 30, Readout: 0.016}, []string{PWMStrain}},
	} {
		v, err := Check(c.setup)
		if err != nil || !slices.Equal(codes(v), c.want) || v.Safe != (len(c.want) == 0) {
			t.Errorf("%s: %+v, %v, want %v", c.name, v, err, c.want)
		}
	}
}

func TestReasonsCarryTheirFigures(t *testing.T) {
	v, err := Check(Setup{Shutter: 1.0 / 60, FPS: NTSC, Readout: 0.02, Mains: []float64{50}, MainsDepth: 0.5})
	if err != nil || len(v.Reasons) != 2 {
		t.Fatalf("%+v, %v", v, err)
	}
	// 100 Hz * 1/60 s = 5/3 periods, with 0.4 % of drift up to 0.340 off whole:
	// 2 * 0.5 * sin(0.340 pi) / (1.660 pi) = 16.8 %; aliased to 100 - 3*29.97 =
	// 10.09 Hz; 100 Hz * 0.02 s = 2 bands.
	bands, beat := v.Reasons[0], v.Reasons[1]
	if math.Abs(beat.Percent-16.80) > 0.02 || beat.Hertz != 100 || math.Abs(beat.Seen-10.09) > 0.01 {
		t.Errorf("beat %+v", beat)
	}
	if bands.Percent != beat.Percent || math.Abs(bands.Seen-2) > 1e-9 {
		t.Errorf("bands %+v", bands)
	}
	if v.Banding != bands.Percent || v.Beat != beat.Percent {
		t.Errorf("verdict %+v", v)
	}
}

func TestTheGridToBlameIsTheOneThatFlickers(t *testing.T) {
	for shutter, want := range map[float64]float64{0.01: 120, 1.0 / 120: 100} {
		v, _ := Check(Setup{Shutter: shutter, FPS: 30, Readout: 0.03, Mains: []float64{50, 60}, MainsDepth: 0.3})
		if len(v.Reasons) != 2 || v.Reasons[1].Hertz != want {
			t.Errorf("%g s: %+v, want the light of %g Hz", shutter, v.Reasons, want)
		}
	}
}

func TestLightsAddUp(t *testing.T) {
	s := Setup{PWM: 20000, Tolerance: 0.01, Shutter: 0.008, FPS: 30, Readout: 0.016, Mains: []float64{60}, MainsDepth: 0.07}
	alone, together := s, s
	alone.MainsDepth = 0
	if v, _ := Check(alone); !v.Safe {
		t.Errorf("PWM alone: %+v", v)
	}
	if s.PWM = 0; !must(Check(s)).Safe {
		t.Errorf("mains alone: %+v", must(Check(s)))
	}
	if v := must(Check(together)); v.Safe {
		t.Errorf("together: %+v", v)
	}
}

func must(v Verdict, _ error) Verdict { return v }

func TestFiguresThatMakeNoSenseAreNamed(t *testing.T) {
	good := Setup{PWM: 20000, Shutter: 0.01, FPS: 30}
	for want, spoil := range map[string]func(*Setup){
		"frame rate":    func(s *Setup) { s.FPS = 0 },
		"shutter":       func(s *Setup) { s.Shutter = 0.04 },
		"shutter of 0":  func(s *Setup) { s.Shutter = 0 },
		"PWM":           func(s *Setup) { s.PWM = math.NaN() },
		"readout":       func(s *Setup) { s.Readout = -1 },
		"lowest duty":   func(s *Setup) { s.MinDuty = 1.5 },
		"tolerance":     func(s *Setup) { s.Tolerance = -0.1 },
		"mains depth":   func(s *Setup) { s.MainsDepth = 2 },
		"mains of 55":   func(s *Setup) { s.Mains = []float64{55} },
		"no mains freq": func(s *Setup) { s.MainsDepth = 0.3 },
	} {
		s := good
		spoil(&s)
		if _, err := Check(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
		if _, _, err := Nearest(s, Limits{}); err == nil {
			t.Errorf("%s: Nearest takes it", want)
		}
	}
}

func TestBandingNeverExceedsTheBeat(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for range 20000 {
		s := randomSetup(rng)
		v, err := Check(s)
		if err != nil {
			t.Fatal(err)
		}
		if v.Banding > v.Beat+1e-9 || v.Safe != s.safe() {
			t.Fatalf("%+v: %+v, safe %v", s, v, s.safe())
		}
	}
}

func randomSetup(rng *rand.Rand) Setup {
	s := Setup{
		FPS:       []float64{25, NTSC, 30, 50, 60}[rng.IntN(5)],
		MinDuty:   0.01 + 0.5*rng.Float64(),
		Tolerance: []float64{0, 1e-4, 1e-3, 0.03}[rng.IntN(4)],
		Mains:     [][]float64{{50}, {60}, {50, 60}}[rng.IntN(3)],
	}
	s.Shutter = (0.05 + 0.95*rng.Float64()) / s.FPS
	s.Readout = rng.Float64() / s.FPS
	if rng.IntN(4) > 0 {
		s.PWM = 100 * math.Exp(rng.Float64()*math.Log(300)) // 100 Hz to 30 kHz
	}
	if rng.IntN(3) == 0 {
		s.MainsDepth = rng.Float64()
	}
	return s
}

func TestThereAre47PrefecturesAndFourAreMixed(t *testing.T) {
	count := map[int]int{}
	names := map[string]bool{}
	for code := 1; code <= 47; code++ {
		p, err := LookUp(code)
		if err != nil || p.Code != code {
			t.Fatalf("%d: %+v, %v", code, p, err)
		}
		names[p.Name] = true
		count[len(p.Mains)]++
		if len(p.Mains) == 2 && !slices.Contains([]string{"Gunma", "Niigata", "Nagano", "Shizuoka"}, p.Name) {
			t.Errorf("%s is mixed", p.Name)
		}
	}
	if len(names) != 47 || count[2] != 4 || count[1] != 43 {
		t.Errorf("%d names, %v", len(names), count)
	}
	for code, want := range map[int]string{1: "Hokkaido", 10: "Gunma", 13: "Tokyo", 15: "Niigata", 19: "Yamanashi", 20: "Nagano", 22: "Shizuoka", 27: "Osaka", 40: "Fukuoka", 47: "Okinawa"} {
		if p, _ := LookUp(code); p.Name != want {
			t.Errorf("%d is %s, want %s", code, p.Name, want)
		}
	}
	for code, want := range map[int]float64{1: 50, 7: 50, 13: 50, 14: 50, 19: 50, 16: 60, 21: 60, 23: 60, 27: 60, 47: 60} {
		if p, _ := LookUp(code); !slices.Equal(p.Mains, []float64{want}) {
			t.Errorf("%s has %v Hz", p.Name, p.Mains)
		}
	}
	for _, code := range []int{0, 48, -1} {
		if _, err := LookUp(code); err == nil {
			t.Errorf("code %d exists", code)
		}
	}
}
