package button

import (
	"slices"
	"testing"
	"time"
)

// meant feeds events.
func meant(cfg Config, events ...Event) (got []Meaning) {
	g := NewGestures(cfg)
	for _, e := range events {
		if m, ok := g.Event(e); ok {
			got = append(got, m.Meaning)
		}
	}
	return got
}

func TestGesturesAreReadFromEvents(t *testing.T) {
	at := func(k Kind, ms int) Event { return Event{Kind: k, At: time.Duration(ms) * time.Millisecond} }
	closed := Config{NormallyClosed: true}
	for name, c := range map[string]struct {
		cfg    Config
		events []Event
		want   []Meaning
	}{
		"a tap":                        {Config{}, []Event{at(Up, 10), at(Down, 100), at(Up, 150)}, []Meaning{Press}},
		"just too short for long":      {Config{}, []Event{at(Down, 100), at(Up, 1099)}, []Meaning{Press}},
		"long":                         {Config{}, []Event{at(Down, 100), at(Up, 1105)}, []Meaning{LongPress}},
		"long by its own measure":      {Config{Long: 300 * ms}, []Event{at(Down, 100), at(Up, 405)}, []Meaning{LongPress}},
		"long on a normally closed":    {closed, []Event{at(Down, 100), at(Up, 1105)}, []Meaning{LongPress}},
		"a wire that is cut":           {closed, []Event{at(Up, 10), at(Down, 100), at(Cut, 10100)}, nil},
		"cut and mended":               {closed, []Event{at(Down, 100), at(Cut, 10100), at(Recovered, 12000)}, nil},
		"stuck":                        {Config{}, []Event{at(Down, 100), at(Stuck, 10100), at(Recovered, 12000)}, nil},
		"pressed at power-on":          {Config{}, []Event{at(Up, 3000)}, nil},
		"a press after being stuck":    {Config{}, []Event{at(Stuck, 100), at(Recovered, 200), at(Down, 300), at(Up, 400)}, []Meaning{Press}},
		"two holds in a row":           {Config{}, []Event{at(Down, 100), at(Up, 1200), at(Down, 1300), at(Up, 2400)}, []Meaning{LongPress, LongPress}},
		"an up without a down":         {Config{}, []Event{at(Up, 100), at(Up, 200)}, nil},
		"a tap after a long one":       {Config{}, []Event{at(Down, 100), at(Up, 1200), at(Down, 1300), at(Up, 1400)}, []Meaning{LongPress, Press}},
		"a loose wire breaks a press":  {Config{}, []Event{at(Down, 100), at(Cut, 300), at(Recovered, 900)}, nil},
		"a loose wire breaks it twice": {Config{}, []Event{at(Down, 100), at(Cut, 300), at(Recovered, 900), at(Up, 950)}, nil},
	} {
		if got := meant(c.cfg, c.events...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestAGestureTellsHowLongTheButtonWasDown(t *testing.T) {
	g := NewGestures(Config{})
	g.Event(Event{Kind: Down, At: time.Second})
	if m, _ := g.Event(Event{Kind: Up, At: 1250 * ms}); m.Lasted != 250*ms || m.At != 1250*ms {
		t.Errorf("got %+v", m)
	}
}
