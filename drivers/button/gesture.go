package button

import "time"

// Meaning names what a finger meant.
type Meaning uint8

// The meanings.
const (
	// Press is short; it is told when the button is let go.
	Press Meaning = iota + 1
	// LongPress lasted for Config.Long or longer; it too is told when the button
	// is let go, so that neither a stuck button nor a cut line makes one.
	LongPress
	// Hold is told once, while the button is still down, when Config.Long is
	// reached; LongPress follows. A normally closed line never tells it: there a
	// cut wire looks like a finger until somebody lets go.
	Hold
)

// String is the meaning's name in logs.
func (m Meaning) String() string {
	switch m {
	case Press:
		return "press"
	case LongPress:
		return "long_press"
	case Hold:
		return "hold"
	}
	return "none"
}

// Gesture is one thing that a finger meant.
type Gesture struct {
	Meaning Meaning
	At      time.Duration // since Config.Epoch
	Lasted  time.Duration // how long the button has been down
}

// Gestures reads meanings out of the events of one line. It is pure.
type Gestures struct {
	cfg  Config
	down bool
	from time.Duration
	told bool // Hold was told
}

// NewGestures returns a reader that has seen nothing yet.
func NewGestures(cfg Config) Gestures { return Gestures{cfg: cfg.withDefaults()} }

// Event takes what the decoder reports. Only a press that began and ended as a
// press means anything: Stuck and Cut void it, and what Recovered ends is none.
func (g *Gestures) Event(e Event) (Gesture, bool) {
	was := g.down
	g.down, g.told = e.Kind == Down, false
	if g.down {
		g.from = e.At
		return Gesture{}, false
	}
	if !was || e.Kind != Up {
		return Gesture{}, false
	}
	meant := Gesture{Meaning: Press, At: e.At, Lasted: e.At - g.from}
	if meant.Lasted >= g.cfg.Long {
		meant.Meaning = LongPress
	}
	return meant, true
}

// Tick tells a Hold that is due.
func (g *Gestures) Tick(now time.Duration) (Gesture, bool) {
	if !g.down || g.told || g.cfg.NormallyClosed || now-g.from < g.cfg.Long {
		return Gesture{}, false
	}
	g.told = true
	return Gesture{Meaning: Hold, At: now, Lasted: now - g.from}, true
}
