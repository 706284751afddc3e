package flicker

import (
	"fmt"
	"slices"
	"testing"
)

func scenes() map[string]Scene {
	board := Source{Name: "board", Hertz: 20000, Tolerance: 1e-4}
	chip := Source{Name: "chip", Hertz: 1526, Tolerance: 0.03}
	all := map[string]Scene{}
	for _, fps := range []float64{24, 25, NTSC, 30, 50, 60, 120} {
		for grid, mains := range map[string][]float64{"east": {50}, "west": {60}, "both": {50, 60}} {
			for lamps, sources := range map[string][]Source{"none": nil, "board": {board}, "chip": {chip}, "two": {board, chip}} {
				all[fmt.Sprintf("%.4g fps, %s, %s", fps, grid, lamps)] = Scene{
					Sources: sources, FPS: fps, Readout: 0.02, Mains: mains, MainsDepth: 0.3,
				}
			}
		}
	}
	return all
}

// TestWhatIsOfferedIsSafeAndNothingNearerIs asks for every shutter of a camera.
func TestWhatIsOfferedIsSafeAndNothingNearerIs(t *testing.T) {
	for name, scene := range scenes() {
		var safe []int
		for _, n := range scene.shutters() {
			if _, ok, err := scene.Check(1 / float64(n)); err != nil {
				t.Fatalf("%s, 1/%d: %v", name, n, err)
			} else if ok {
				safe = append(safe, n)
			}
		}
		for n := int(scene.FPS) + 1; n <= shortest; n += 97 {
			offered, ok := scene.Nearest(1 / float64(n))
			switch {
			case ok != (len(safe) > 0):
				t.Fatalf("%s, 1/%d: offered %t, and %d are safe", name, n, ok, len(safe))
			case ok && !slices.Contains(safe, offered):
				t.Fatalf("%s, 1/%d: 1/%d is offered, and is not safe", name, n, offered)
			}
			for _, other := range safe {
				if between(other, n, offered) {
					t.Fatalf("%s, 1/%d: 1/%d is offered, and 1/%d is nearer", name, n, offered, other)
				}
			}
		}
		calm, ok := scene.Calm()
		at := slices.IndexFunc(safe, func(n int) bool { return n >= 50 })
		if ok != (at >= 0) || ok && calm != safe[at] {
			t.Errorf("%s: calm is 1/%d (%t), safe are %v", name, calm, ok, safe)
		}
	}
}

// between tells whether other lies strictly on the way from n to what is offered.
func between(other, n, offered int) bool {
	return other != offered && (n <= other && other < offered || offered < other && other <= n)
}

func TestEachKindOfLampIsJudgedByItsOwnFigures(t *testing.T) {
	scene := scenes()["25 fps, east, board"]
	if n, ok := scene.Calm(); !ok || n != 50 {
		t.Errorf("at 20 kHz under 50 Hz calm is 1/%d (%t), want 1/50", n, ok)
	}
	scene = scenes()["25 fps, east, two"]
	if worst, ok, err := scene.Check(1.0 / 50); ok || err != nil || worst.Source != "chip" || worst.Percent < 2 {
		t.Errorf("an uncrystalled 1526 Hz at 1/50 s: %+v (%t, %v)", worst, ok, err)
	}
	scene = scenes()["25 fps, both, none"]
	if worst, ok, err := scene.Check(1.0 / 50); ok || err != nil || worst.Source != "" || worst.Hertz != 120 {
		t.Errorf("either grid at 1/50 s: %+v (%t, %v), want the 60 Hz to blame", worst, ok, err)
	}
	if n, ok := scene.Nearest(1.0 / 50); ok {
		t.Errorf("either grid: 1/%d is offered", n)
	}
}

func TestAFrequencyThatIsOfferedIsSafeAndNoNearerOneIs(t *testing.T) {
	for now := 1250; now < 4000; now += 131 {
		scene := Scene{
			Sources: []Source{{Name: "board", Hertz: float64(now), Tolerance: 1e-4}},
			FPS:     25, Readout: 0.02, Mains: []float64{50}, MainsDepth: 0.3,
		}
		const shutter = 1.0 / 50
		offered, ok := scene.NearestPWM("board", shutter)
		if !ok {
			t.Fatalf("%d Hz: nothing is offered", now)
		}
		if scene.Sources[0].Hertz != float64(now) {
			t.Fatalf("%d Hz: the scene was changed to %g", now, scene.Sources[0].Hertz)
		}
		reach := max(offered-now, now-offered)
		for hertz := max(now-reach, int(EyeSafe)); hertz <= now+reach; hertz++ {
			scene.Sources[0].Hertz = float64(hertz)
			_, safe, err := scene.Check(shutter)
			if nearer := max(hertz-now, now-hertz) < reach; err != nil || hertz == offered && !safe || nearer && safe {
				t.Fatalf("%d Hz: %d is offered, and %d is safe: %t (%v)", now, offered, hertz, safe, err)
			}
		}
	}
	if hertz, ok := (Scene{FPS: 25, Mains: []float64{50, 60}, MainsDepth: 0.3}).NearestPWM("board", 1.0/50); ok {
		t.Errorf("%d Hz is offered for lamps that are not there", hertz)
	}
}

func TestAnOscillatorThatStraysIsNotSafeWhereACrystalIs(t *testing.T) {
	for tolerance, want := range map[float64]bool{1e-4: true, 0.03: false} {
		scene := Scene{Sources: []Source{{Hertz: 6588, Tolerance: tolerance}}, FPS: 25, Readout: 0.02, Mains: []float64{50}, MainsDepth: 0.3}
		if _, ok, err := scene.Check(1.0 / 50); ok != want || err != nil {
			t.Errorf("tolerance %g: safe %t (%v)", tolerance, ok, err)
		}
	}
}
