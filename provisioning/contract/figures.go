package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
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

// figures reads an array with at least as many whole numbers as wanted; later
// versions of the contract may append more. encoding/json has found the text to
// be well-formed.
func figures(text []byte, into ...*int) error {
	if len(text) < 2 || text[0] != '[' {
		return errors.New("no array of figures")
	}
	n := 0
	for part := range bytes.SplitSeq(text[1:len(text)-1], []byte{','}) {
		figure, err := strconv.Atoi(string(bytes.TrimSpace(part)))
		if err != nil {
			return fmt.Errorf("%q is no whole number", part)
		}
		if n < len(into) {
			*into[n] = figure
		}
		n++
	}
	if n < len(into) {
		return fmt.Errorf("%d figures, want %d", n, len(into))
	}
	return nil
}
