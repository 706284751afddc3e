package flicker

import (
	"cmp"
	"math"
	"slices"
)

// Source is one kind of lamp that is dimmed by switching.
type Source struct {
	Name      string  // for people, such as the setting of its frequency
	Hertz     float64 // of the PWM
	Tolerance float64 // relative, see Setup
}

// Scene is a set as one camera sees it. Cameras offer shutters of 1/n second,
// and so does a scene.
type Scene struct {
	Sources    []Source
	FPS        float64
	Readout    float64 // s, as in Setup; a longer one than 1/FPS counts as that
	Mains      []float64
	MainsDepth float64
}

// shortest is the shortest shutter that is offered, 1/shortest s.
const shortest = 1000

// Blame is what is wrong most, and of which lamps; Source is empty for the mains.
type Blame struct {
	Reason
	Source string
}

// Check judges a shutter in seconds. ok is false with the one thing that is wrong
// most. Its error names a figure that makes no sense.
func (s Scene) Check(shutter float64) (worst Blame, ok bool, err error) {
	ok = true
	for _, source := range s.sources() {
		verdict, err := Check(s.setup(shutter, source))
		if err != nil {
			return Blame{}, false, err
		}
		for _, reason := range verdict.Reasons {
			if ok || reason.Percent > worst.Percent {
				worst = Blame{reason, source.Name}
			}
			ok = false
		}
	}
	if worst.Code == MainsBanding || worst.Code == MainsBeat {
		worst.Source = ""
	}
	return worst, ok, nil
}

// Nearest returns the n of the safe shutter of 1/n s that changes least; false:
// none of those down to 1/1000 s is safe.
func (s Scene) Nearest(shutter float64) (n int, ok bool) {
	ns := s.shutters()
	slices.SortStableFunc(ns, func(a, b int) int {
		return cmp.Compare(math.Abs(math.Log(shutter*float64(a))), math.Abs(math.Log(shutter*float64(b))))
	})
	return s.first(ns)
}

// fastest is the highest PWM frequency that is offered, in Hz.
const fastest = 50_000

// NearestPWM returns the whole frequency, in Hz, that changes the named source's
// least and makes a shutter in seconds safe; false: none from EyeSafe to 50 kHz
// does.
func (s Scene) NearestPWM(name string, shutter float64) (hertz int, ok bool) {
	i := slices.IndexFunc(s.Sources, func(source Source) bool { return source.Name == name })
	if i < 0 {
		return 0, false
	}
	near, ok, err := Nearest(s.setup(shutter, s.Sources[i]), Limits{PWMMin: EyeSafe, PWMMax: fastest})
	if !ok || err != nil {
		return 0, false
	}
	s.Sources = slices.Clone(s.Sources)
	// It lies at the edge of what is safe: only one of its neighbours may be.
	for _, whole := range []float64{math.Round(near.PWM), math.Ceil(near.PWM), math.Floor(near.PWM)} {
		s.Sources[i].Hertz = whole
		if _, safe, err := s.Check(shutter); safe && err == nil {
			return int(whole), true
		}
	}
	return 0, false
}

// Calm returns the n of the longest safe shutter of 1/n s that is not longer than
// the usual 1/50 s; false as in Nearest.
func (s Scene) Calm() (n int, ok bool) {
	const usual = 50
	return s.first(slices.DeleteFunc(s.shutters(), func(n int) bool { return n < usual }))
}

// shutters are the n of all shutters that the frame rate allows, longest first.
func (s Scene) shutters() (ns []int) {
	for n := int(math.Ceil(s.FPS)); n <= shortest; n++ {
		ns = append(ns, n)
	}
	return ns
}

func (s Scene) first(ns []int) (n int, ok bool) {
	i := slices.IndexFunc(ns, func(n int) bool {
		_, ok, err := s.Check(1 / float64(n))
		return ok && err == nil
	})
	if i < 0 {
		return 0, false
	}
	return ns[i], true
}

// sources are the lamps; one that is not switched stands for none, since the
// mains are judged with each.
func (s Scene) sources() []Source {
	if len(s.Sources) == 0 {
		return []Source{{}}
	}
	return s.Sources
}

func (s Scene) setup(shutter float64, source Source) Setup {
	return Setup{
		PWM: source.Hertz, Tolerance: source.Tolerance, Shutter: shutter, FPS: s.FPS,
		Readout: min(s.Readout, 1/s.FPS), Mains: s.Mains, MainsDepth: s.MainsDepth,
	}
}
