package look

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"studiobox/encoder/greycard"
)

// Colours is how a camera sees, whole: what is 0 or nil is automatic.
type Colours struct {
	WhiteBalance float64       `json:"kelvin,omitempty"`
	Shutter      time.Duration `json:"shutter_ns,omitempty"`
	Gain         float64       `json:"gain,omitempty"`     // factor, 1 is none
	Exposure     float64       `json:"exposure,omitempty"` // stops that correct an automatic one
	Gains        *Gains        `json:"gains,omitempty"`    // instead of WhiteBalance
	Lock         bool          `json:"lock,omitempty"`     // what is automatic stays as it was found
}

// Gains are those of red and blue, in the camera's own unit.
type Gains struct {
	Red  float64 `json:"red"`
	Blue float64 `json:"blue"`
}

// Card is what a grey card made of a camera under the light of one look.
type Card struct {
	At      time.Time `json:"at"`
	Colours Colours   `json:"colours"`
	// Cast is how far the card still looked from grey, as CIEDE2000, and Stops
	// by how much its brightness was short of 18 %.
	Cast  float64 `json:"cast"`
	Stops float64 `json:"stops"`
	// References are what drift is told by; none = it cannot be told.
	References []greycard.Reference `json:"references,omitempty"`
}

// Cards are the grey cards of a studio by look, kept on disk. They may be used from
// any goroutine.
type Cards struct {
	path string // empty = they are not kept

	mu    sync.Mutex
	cards map[string]Card
}

// OpenCards reads what was kept; an empty path keeps nothing. After an error the
// cards are there all the same, and empty: a look's own colours will do.
func OpenCards(path string) (*Cards, error) {
	c := &Cards{path: path, cards: map[string]Card{}}
	if path == "" {
		return c, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &c.cards)
	}
	if err != nil {
		c.cards = map[string]Card{}
		return c, fmt.Errorf("grey cards: %w; lock the colours of each look again", err)
	}
	return c, nil
}

// Card is that of a look, if one was locked.
func (c *Cards) Card(name string) (Card, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	card, known := c.cards[name]
	return card, known
}

// Put keeps the card of a look. A card that cannot be written holds until the
// program ends.
func (c *Cards) Put(name string, card Card) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cards[name] = card
	if c.path == "" {
		return nil
	}
	if err := c.write(); err != nil {
		return fmt.Errorf("grey cards: %w", err)
	}
	return nil
}

// write replaces the file whole: a power cut leaves the old or the new one. c.mu is
// held.
func (c *Cards) write() (err error) {
	text, err := json.MarshalIndent(c.cards, "", "\t")
	if err != nil {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(c.path), filepath.Base(c.path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(fresh.Name()))
		}
	}()
	_, err = fresh.Write(text)
	if err = errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return err
	}
	return os.Rename(fresh.Name(), c.path)
}
