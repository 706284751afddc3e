package contract

import (
	"encoding/json"
	"fmt"
)

// Cam is one camera: [frames a second, packets lost since start].
type Cam struct{ FPS, Lost int }

// Enc is the encoder: [picture height, kbit/s, restarts since start].
type Enc struct{ Height, Kbps, Restarts int }

// Up is the way to the ingest: [acknowledged kbit/s, loss in percent, age of the
// send queue in ms, reconnects since start].
type Up struct{ Kbps, LossPercent, QueueMs, Reconnects int }

// MarshalJSON writes the array of figures.
func (c Cam) MarshalJSON() ([]byte, error) { return json.Marshal([]int{c.FPS, c.Lost}) }

// MarshalJSON writes the array of figures.
func (e Enc) MarshalJSON() ([]byte, error) {
	return json.Marshal([]int{e.Height, e.Kbps, e.Restarts})
}

// MarshalJSON writes the array of figures.
func (u Up) MarshalJSON() ([]byte, error) {
	return json.Marshal([]int{u.Kbps, u.LossPercent, u.QueueMs, u.Reconnects})
}

// UnmarshalJSON reads the array of figures.
func (c *Cam) UnmarshalJSON(text []byte) error { return figures(text, &c.FPS, &c.Lost) }

// UnmarshalJSON reads the array of figures.
func (e *Enc) UnmarshalJSON(text []byte) error {
	return figures(text, &e.Height, &e.Kbps, &e.Restarts)
}

// UnmarshalJSON reads the array of figures.
func (u *Up) UnmarshalJSON(text []byte) error {
	return figures(text, &u.Kbps, &u.LossPercent, &u.QueueMs, &u.Reconnects)
}

// figures reads an array with at least as many numbers as wanted; later
// versions of the contract may append more.
func figures(text []byte, into ...*int) error {
	var got []int
	if err := json.Unmarshal(text, &got); err != nil {
		return err
	}
	if len(got) < len(into) {
		return fmt.Errorf("%d figures, want %d", len(got), len(into))
	}
	for i, p := range into {
		*p = got[i]
	}
	return nil
}
