package look

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"studiobox/drivers/turntable/motion"
)

func noCards(t *testing.T) *Cards {
	t.Helper()
	cards, err := OpenCards("")
	if err != nil {
		t.Fatal(err)
	}
	return cards
}

// everything is a studio with all parts.
var everything = Fitted{
	Lamps: map[string]Span{"key": {2700, 6500}, "fill": {3000, 6000}, "rim": {}, "under": {}},
	Table: true, Zoom: true, Focus: true, Eye: Eye{Exposes: true, OnBox: true, FPS: 30, Calm: 10 * time.Millisecond},
}

func TestTheBuiltInLooksFitAWholeStudioAsTheyAre(t *testing.T) {
	looks, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(looks)); !slices.Equal(got, []string{"fabric", "gem", "gold", "pearl", "platinum"}) {
		t.Fatalf("looks %v", got)
	}
	for name, l := range looks {
		if err := everything.Check(name, l); err != nil {
			t.Error(err)
		}
		fitted := everything.Fit(l)
		if !maps.Equal(fitted.Lights, l.Lights) || fitted.Kelvin != l.Kelvin || fitted.Table != l.Table {
			t.Errorf("%s is changed: %+v", name, fitted)
		}
		if time.Duration(fitted.Shutter) != 10*time.Millisecond || fitted.WhiteBalance == 0 || !fitted.Lock {
			t.Errorf("%s leaves the picture to the camera: %+v", name, fitted)
		}
		if move, moves := l.Table.Move(); moves && move.Check() != nil {
			t.Errorf("%s: %v", name, move.Check())
		}
	}
}

func TestABuiltInLookFitsEveryStudio(t *testing.T) {
	looks, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for number, studio := range []Fitted{
		{},
		{Table: true},
		{Lamps: map[string]Span{"key": {}}},
		{Lamps: map[string]Span{"key": {2700, 4000}, "fill": {3000, 5000}}, Zoom: true},
	} {
		for name, l := range looks {
			if err := studio.Check(name, studio.Fit(l)); err != nil {
				t.Errorf("studio %d: %v", number, err)
			}
		}
	}
}

func TestALookThatAsksForWhatIsNotThereIsRefusedWithTheMend(t *testing.T) {
	half, beyond := 50.0, 101.0
	poor := Fitted{Lamps: map[string]Span{"key": {}}}
	remote := Fitted{Eye: Eye{Exposes: true}}
	for _, tc := range []struct {
		studio Fitted
		name   string
		look   Look
		says   string
	}{
		{everything, "Gold Ring", Look{}, "letters a-z"},
		{poor, "mine", Look{Lights: map[string]float64{"rim": 50}}, "wire light.rim"},
		{Fitted{}, "mine", Look{Lights: map[string]float64{"key": 50}}, "there is none"},
		{everything, "mine", Look{Lights: map[string]float64{"key": 101}}, "0 to 100"},
		{poor, "mine", Look{Kelvin: 3000}, "none has two colours"},
		{everything, "mine", Look{Kelvin: 2900}, "3000 to 6000 K"}, // not every lamp does
		{poor, "mine", Look{Table: Slow}, "no turntable"},
		{poor, "mine", Look{Zoom: &half}, "lens.zoom"},
		{poor, "mine", Look{Focus: &half}, "lens.focus"},
		{everything, "mine", Look{Zoom: &beyond}, "percent"},
		{everything, "mine", Look{WhiteBalance: 500}, "2000 to 10000"},
		{everything, "mine", Look{Gain: 65}, "1 to 64"},
		{everything, "mine", Look{Gain: -2}, "1 to 64"},
		{everything, "mine", Look{Exposure: 5}, "-4 to 4"},
		{everything, "mine", Look{Exposure: 1, Gain: 2, Shutter: Calm}, "corrects nothing"},
		{everything, "mine", Look{Shutter: Shutter(time.Second / 20)}, "33.333ms"}, // of 30 pictures a second
		{poor, "mine", Look{WhiteBalance: 5000}, "camera on the box"},
		{poor, "mine", Look{Shutter: Shutter(10 * time.Millisecond)}, "camera on the box"},
		{poor, "mine", Look{Shutter: Calm}, "camera on the box"},
		{poor, "mine", Look{Gain: 2}, "camera.onvif"},
		{poor, "mine", Look{Exposure: 1}, "camera.onvif"},
		{poor, "mine", Look{Lock: true}, "camera.onvif"},
		{remote, "mine", Look{WhiteBalance: 5000}, "grey card"},
		{remote, "mine", Look{Exposure: 1}, "unknown to ONVIF"},
		{remote, "mine", Look{Shutter: Calm}, "studio.prefecture"},
	} {
		err := tc.studio.Check(tc.name, tc.look)
		if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v, want one line with %q", tc.look, err, tc.says)
		}
	}
	if err := poor.Check("mine", Look{Table: Still, Lights: map[string]float64{"key": 0}}); err != nil {
		t.Error(err)
	}
	if err := remote.Check("mine", Look{Shutter: Shutter(10 * time.Millisecond), Gain: 2, Lock: true}); err != nil {
		t.Error(err)
	}
}

func TestMovesAndShuttersAreReadStrictly(t *testing.T) {
	for text, good := range map[string]bool{
		`table = "slow"`: true, `table = "still"`: true, `table = ""`: true, `table = "fast"`: false,
		`shutter = "1/100"`: true, `shutter = "1/20"`: true, `shutter = "1/19"`: false,
		`shutter = "calm"`: true, `shutter = "quiet"`: false, `shutter = "1/10001"`: false, `shutter = "100"`: false, `shutter = "1/x"`: false,
	} {
		var l Look
		if _, err := toml.Decode(text, &l); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
	var l Look
	if _, err := toml.Decode(`shutter = "1/125"`, &l); err != nil || time.Duration(l.Shutter) != 8*time.Millisecond {
		t.Errorf("1/125 is %v, %v", time.Duration(l.Shutter), err)
	}
}

// crew writes down what every part was asked.
type crew struct {
	asked []string
	fails bool
	sees  Colours // what the camera was told last
}

type hand struct {
	crew *crew
	name string
}

func (h hand) did(what string, values ...any) error {
	h.crew.asked = append(h.crew.asked, h.name+" "+fmt.Sprintf(what, values...))
	if h.crew.fails {
		return errors.New(h.name + " fails")
	}
	return nil
}

func (h hand) Set(level, kelvin float64, fade time.Duration) error {
	return h.did("%v %v %v", level, kelvin, fade)
}
func (h hand) Move(m motion.Move) error  { return h.did("%s", m.Kind) }
func (h hand) Stop()                     { _ = h.did("stop") }
func (h hand) To(fraction float64) error { return h.did("%v", fraction) }
func (h hand) Lock(c Colours) error {
	h.crew.sees = c
	return h.did("%v %v", c.WhiteBalance, c.Shutter)
}
func (c *crew) stage() Stage {
	return Stage{
		Lamps:     map[string]Lamp{"key": hand{c, "key"}, "rim": hand{c, "rim"}},
		Turntable: hand{c, "table"}, Zoom: hand{c, "zoom"}, Focus: hand{c, "focus"}, Camera: hand{c, "camera"},
	}
}

var forty = 40.0

var rings = map[string]Look{
	"ring":  {Lights: map[string]float64{"key": 70}, Kelvin: 3400, Table: Slow, Zoom: &forty, WhiteBalance: 3400},
	"quiet": {Table: Still},
}

func TestALookSetsAllPartsTogether(t *testing.T) {
	c := &crew{}
	d := NewDirector(c.stage(), rings, noCards(t))
	if err := d.Set("ring", true); err != nil {
		t.Fatal(err)
	}
	want := []string{"camera 3400 0s", "key 70 3400 800ms", "rim 0 3400 800ms", "zoom 0.4", "table spin"}
	if !slices.Equal(c.asked, want) || d.Present() != "ring" {
		t.Errorf("%s: %q, want %q", d.Present(), c.asked, want)
	}
	c.asked = nil
	if err := d.Set("quiet", true); err != nil || c.asked[len(c.asked)-1] != "table stop" {
		t.Errorf("%v: %q", err, c.asked)
	}
}

func TestNothingMovesForAWishFromAfar(t *testing.T) {
	for name := range rings {
		c := &crew{}
		if err := NewDirector(c.stage(), rings, noCards(t)).Set(name, false); err != nil {
			t.Fatal(err)
		}
		for _, asked := range c.asked {
			if strings.HasPrefix(asked, "table") || strings.HasPrefix(asked, "zoom") || strings.HasPrefix(asked, "focus") {
				t.Errorf("%s: %s", name, asked)
			}
		}
		if len(c.asked) == 0 {
			t.Errorf("%s set nothing at all", name)
		}
	}
}

func TestAPartThatFailsKeepsNoOtherFromItsPlace(t *testing.T) {
	c := &crew{fails: true}
	d := NewDirector(c.stage(), rings, noCards(t))
	err := d.Set("ring", true)
	if present := d.Present(); present != "" {
		t.Errorf("a look that failed shows as present: %q", present)
	}
	for _, part := range []string{"camera", "key", "rim", "zoom", "table", `"ring"`} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not name %s", err, part)
		}
	}
}

func TestAnUnknownLookSetsNothing(t *testing.T) {
	c := &crew{}
	d := NewDirector(c.stage(), rings, noCards(t))
	if d.Set("silver", true) == nil || len(c.asked) > 0 || d.Present() != "" {
		t.Errorf("%q, present %q", c.asked, d.Present())
	}
	if names := d.Names(); !slices.Equal(names, []string{"quiet", "ring"}) {
		t.Errorf("names %v", names)
	}
}

func TestAStudioWithNothingTakesEveryLook(t *testing.T) {
	d := NewDirector(Stage{}, rings, noCards(t))
	for name := range rings {
		if err := d.Set(name, true); err != nil {
			t.Error(err)
		}
	}
}
