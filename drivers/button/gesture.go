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
)

// String is the meaning's name in logs.
func (m Meaning) String() string {
	switch m {
	case Press:
		return "press"
	case LongPress:
		return "long_press"
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
}

// NewGestures returns a reader that has seen nothing yet.
func NewGestures(cfg Config) Gestures { return Gestures{cfg: cfg.withDefaults()} }

// Event takes what the decoder reports. Only a press that began and ended as a
// press means anything: Stuck and Cut void it, and what Recovered ends is none.
func (g *Gestures) Event(e Event) (Gesture, bool) {
	was := g.down
	g.down = e.Kind == Down
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
