package look

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"studiobox/encoder/greycard"
)

// fixed is a card as a producer locks it.
func fixed() Card {
	return Card{
		At: time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC), Cast: 0.6, Stops: -0.1,
		Colours: Colours{WhiteBalance: 4321, Shutter: 10 * time.Millisecond, Gain: 2.5, Gains: &Gains{Red: 0, Blue: 140}},
		References: []greycard.Reference{
			{Region: greycard.Region{X: 0.03, Y: 0.03, W: 0.08, H: 0.08}, Lab: greycard.Lab{L: 50, A: 1, B: -2}},
		},
	}
}

func TestALockedCardGoesBeforeTheColoursOfItsLookAndOfNoOther(t *testing.T) {
	c, cards := &crew{}, noCards(t)
	d := NewDirector(c.stage(), rings, cards)
	if err := cards.Put("ring", fixed()); err != nil {
		t.Fatal(err)
	}
	if err := d.Set("ring", false); err != nil || c.asked[0] != "camera 4321 10ms" {
		t.Errorf("%q, %v", c.asked, err)
	}
	c.asked = nil
	if err := d.Set("quiet", false); err != nil || c.asked[0] != "camera 0 0s" || c.sees != (Colours{}) {
		t.Errorf("without a card the camera is not automatic again: %q, %v", c.asked, err)
	}
	if got := d.Colours("ring"); got.WhiteBalance != 4321 || d.Colours("quiet") != (Colours{}) || d.Colours("silver") != (Colours{}) {
		t.Errorf("colours %+v", got)
	}
}

func TestACardWithoutALookOfColoursStillLocks(t *testing.T) {
	c, cards := &crew{}, noCards(t)
	if err := cards.Put("quiet", fixed()); err != nil {
		t.Fatal(err)
	}
	if err := NewDirector(c.stage(), rings, cards).Set("quiet", false); err != nil || c.asked[0] != "camera 4321 10ms" {
		t.Errorf("%q, %v", c.asked, err)
	}
}

func TestACardSaysWhatItKnowsAndItsLookTheRest(t *testing.T) {
	gains := &Gains{Red: 100, Blue: 140}
	own := Look{WhiteBalance: 3800, Shutter: Shutter(20 * time.Millisecond), Exposure: -0.5, Lock: true}
	for name, tc := range map[string]struct{ card, want Colours }{
		"of a camera on the box": {Colours{WhiteBalance: 4321, Shutter: 10 * time.Millisecond, Gain: 2.5},
			Colours{WhiteBalance: 4321, Shutter: 10 * time.Millisecond, Gain: 2.5, Lock: true}},
		"over ONVIF": {Colours{Gains: gains}, Colours{Gains: gains, Shutter: 20 * time.Millisecond, Exposure: -0.5, Lock: true}},
	} {
		c, cards := &crew{}, noCards(t)
		if err := cards.Put("own", Card{Colours: tc.card}); err != nil {
			t.Fatal(err)
		}
		if err := NewDirector(c.stage(), map[string]Look{"own": own}, cards).Set("own", false); err != nil || c.sees != tc.want {
			t.Errorf("%s: %v, the camera was told %+v, want %+v", name, err, c.sees, tc.want)
		}
	}
}

func TestCardsOutliveTheProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "grey-cards.json")
	cards, err := OpenCards(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gold", "ring"} {
		if err := cards.Put(name, fixed()); err != nil {
			t.Fatal(err)
		}
	}
	again, err := OpenCards(path)
	if err != nil {
		t.Fatal(err)
	}
	got, there := again.Card("ring")
	want := fixed()
	if !there || !got.At.Equal(want.At) || got.Colours.Gains == nil || *got.Colours.Gains != *want.Colours.Gains ||
		got.Colours.Gain != want.Colours.Gain || got.Colours.Shutter != want.Colours.Shutter || !slices.Equal(got.References, want.References) {
		t.Errorf("read back: %t %+v", there, got)
	}
	if _, there := again.Card("pearl"); there {
		t.Error("a card that nobody locked")
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

func TestCardsThatCannotBeReadOrWrittenAreToldAndTheBoxGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "grey-cards.json")
	var cards *Cards
	for _, text := range []string{`{"gold": {"cast": 3}, "ring": {`, `{"gold": {"cast": 3}, "ring": {"cast": "little"}}`} {
		err := os.WriteFile(path, []byte(text), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if cards, err = OpenCards(path); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", text, err)
		}
		if _, there := cards.Card("gold"); there {
			t.Errorf("%s: half a file has a card", text)
		}
	}
	if err := cards.Put("gold", fixed()); err != nil {
		t.Error(err)
	}
	if again, err := OpenCards(path); err != nil {
		t.Errorf("it is not mended: %v, %+v", err, again)
	}
	lost, err := OpenCards(filepath.Join(t.TempDir(), "gone", "grey-cards.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := lost.Put("gold", fixed()); err == nil {
		t.Error("a card in no folder: no error")
	}
	if _, there := lost.Card("gold"); !there {
		t.Error("the card does not hold")
	}
}
