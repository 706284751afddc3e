package swarm

import (
	"math"
	"time"
)

// Plan is what happens to a fleet, as a pure function of the box and the time:
// two runs of the same plan meet the same troubles.
type Plan struct {
	Troubles []Trouble
	// Show is how long a show lasts and Cycle how often a box gives one; zero:
	// none. Each box begins at another time of the cycle.
	Show, Cycle time.Duration
}

// Ail is what a trouble does to a box.
type Ail int

// The ails.
const (
	Outage     Ail = iota + 1 // the line is cut, without a goodbye
	Flapping                  // the line is cut for some seconds, again and again
	Absent                    // the box never speaks
	Twin                      // a second box has the same identity
	Bug                       // the encoder falls over, version by version
	Hot                       // the processor is too hot
	Weak                      // the supply is too weak
	NoCamera                  // the camera is gone
	DeadStream                // a show is on, and nothing arrives at the ingest
	Update                    // a new version is loaded and started
	Undone                    // the same, and it does not start
)

// Trouble is one ail of some boxes. Within each period of Every it begins at
// From and lasts For; a zero Every means once, a zero For to the end.
type Trouble struct {
	Ail              Ail
	Every, From, For time.Duration
	// Of these boxes: the given network and version (empty: all), and of every
	// OneIn by index the Nth (0: all).
	Network, Version string
	OneIn, Nth       int
}

// Peaceful is a plan with shows and no troubles.
func Peaceful() Plan { return Plan{Show: 10 * time.Minute, Cycle: 40 * time.Minute} }

// Lively is the plan of the demo: the first troubles show within half a minute,
// and they come and go.
func Lively() Plan {
	const s, m = time.Second, time.Minute
	p := Peaceful()
	p.Troubles = []Trouble{
		{Ail: Absent, OneIn: 40, Nth: 30},
		{Ail: Outage, Network: "net-b", Every: 12 * m, From: 20 * s, For: 5 * m},
		{Ail: Bug, Version: "1.9.0", Every: 10 * m, From: 10 * s, For: 7 * m, OneIn: 4, Nth: 2},
		{Ail: Hot, OneIn: 200, Nth: 3, Every: 15 * m, From: 5 * s, For: 8 * m},
		{Ail: Weak, OneIn: 200, Nth: 57, Every: 20 * m, From: 15 * s, For: 6 * m},
		{Ail: NoCamera, OneIn: 100, Nth: 44, Every: 9 * m, From: 30 * s, For: 4 * m},
		{Ail: Flapping, OneIn: 100, Nth: 7, Every: 14 * m, From: 0, For: 9 * m},
		{Ail: Twin, OneIn: 200, Nth: 21, Every: 15 * m, From: 25 * s, For: 4 * m},
		{Ail: DeadStream, OneIn: 50, Nth: 12, Every: 8 * m, From: 12 * s, For: 5 * m},
		{Ail: Update, OneIn: 25, Nth: 6, Every: 30 * m, From: 15 * s, For: 5 * m},
		{Ail: Undone, OneIn: 100, Nth: 33, Every: 30 * m, From: 5 * s, For: 3 * m},
	}
	return p
}

// Scene is how it goes in one studio for a while.
type Scene struct {
	OnAir bool
	Ails  []Ail
	// Phase is how far the newest update has come, 0 to 1, with its ail among
	// Ails; Past is an update that ended in this period, else 0.
	Phase float64
	Past  Ail
	// Until is when it next changes, counted from the swarm's start.
	Until time.Duration
}

// Has tells whether the box suffers from the ail now.
func (s Scene) Has(a Ail) bool {
	for _, ail := range s.Ails {
		if ail == a {
			return true
		}
	}
	return false
}

// flap is the rhythm of a bad line: cut for the first third.
const flap = 45 * time.Second

// At is a box's scene at a time after the swarm's start.
func (p Plan) At(b Box, t time.Duration) Scene {
	s := Scene{Until: math.MaxInt64}
	s.OnAir = p.onAir(b, t, &s.Until)
	for _, trouble := range p.Troubles {
		if !trouble.hits(b) {
			continue
		}
		on, into := trouble.now(t, &s.Until)
		switch {
		case !on && into > 0 && (trouble.Ail == Update || trouble.Ail == Undone):
			s.Past = trouble.Ail
		case !on:
		case trouble.Ail == Flapping:
			beat := into % flap
			if beat < flap/3 {
				s.Ails = append(s.Ails, Outage)
				s.Until = min(s.Until, t-beat+flap/3)
			} else {
				s.Until = min(s.Until, t-beat+flap)
			}
		default:
			s.Ails = append(s.Ails, trouble.Ail)
			if trouble.Ail == Update || trouble.Ail == Undone {
				s.Phase = float64(into) / float64(trouble.For)
				s.Until = min(s.Until, t+trouble.For/20) // progress is told
			}
			s.OnAir = s.OnAir || trouble.Ail == DeadStream
		}
	}
	return s
}

// Copies is how many boxes have this identity, now or later.
func (p Plan) Copies(b Box) int {
	for _, trouble := range p.Troubles {
		if trouble.Ail == Twin && trouble.hits(b) {
			return 2
		}
	}
	return 1
}

func (p Plan) onAir(b Box, t time.Duration, until *time.Duration) bool {
	if p.Cycle <= 0 {
		return false
	}
	shift := p.Cycle * time.Duration(b.Index*37%100) / 100 // spread, and neighbours far apart
	at := (t + shift) % p.Cycle
	if at < p.Show {
		*until = min(*until, t-at+p.Show)
		return true
	}
	*until = min(*until, t-at+p.Cycle)
	return false
}

func (tr Trouble) hits(b Box) bool {
	return (tr.Network == "" || tr.Network == b.Network) && (tr.Version == "" || tr.Version == b.Version) &&
		(tr.OneIn == 0 || b.Index%tr.OneIn == tr.Nth)
}

// now tells whether the trouble is on and how long it has been so; when it is
// over in this period, how long that has been so. It notes the next change.
func (tr Trouble) now(t time.Duration, until *time.Duration) (on bool, into time.Duration) {
	at, begin := t, time.Duration(0)
	if tr.Every > 0 {
		at = t % tr.Every
		begin = t - at
		*until = min(*until, begin+tr.Every)
	}
	switch {
	case at < tr.From:
		*until = min(*until, begin+tr.From)
		return false, 0
	case tr.For == 0:
		return true, at - tr.From
	case at < tr.From+tr.For:
		*until = min(*until, begin+tr.From+tr.For)
		return true, at - tr.From
	}
	return false, at - tr.From - tr.For
}
