package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/encoder/greycard"
	"studiobox/encoder/onvif"
	"studiobox/firmware/config"
	"studiobox/firmware/look"
	"studiobox/firmware/panel"
)

// painter is a camera in front of a card on a backdrop. It is automatic, and wrong,
// until it is told otherwise.
type painter struct {
	mu           sync.Mutex
	warm, bright float64 // of the light, in stops
	exposes      bool    // it has a gain
	dead         bool    // it takes everything and does nothing
	felt         bool    // something green lies where the card should
	edge         bool    // the card lies askew
	refuses      error
	kelvin, gain float64
	undone       []look.Colours
	turns        int
	onTurn       func()
}

func (p *painter) begin(context.Context, look.Colours) ([]greycard.Knob, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuses != nil {
		return nil, p.refuses
	}
	p.kelvin, p.gain = 5000, 1
	knobs := []greycard.Knob{{Setting: greycard.Warmth, Least: 100, Most: 500, At: 200, PerStop: 90}}
	if p.exposes {
		knobs = append(knobs, greycard.Knob{Setting: greycard.Exposure, Least: 0, Most: 6, At: 1, PerStop: 1})
	}
	return knobs, nil
}

func (p *painter) turn(_ context.Context, at []float64) (look.Colours, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turns++
	if !p.dead {
		p.kelvin = 1e6 / at[0]
		if p.exposes {
			p.gain = at[1]
		}
	}
	if p.onTurn != nil {
		p.onTurn()
	}
	return look.Colours{WhiteBalance: p.kelvin, Gain: math.Exp2(p.gain)}, nil
}

func (p *painter) undo(_ context.Context, to look.Colours) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.undone = append(p.undone, to)
	return nil
}

// take draws what the camera sees now.
func (p *painter) take(_ context.Context, after time.Time, _ bool) (greycard.Picture, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if after.After(time.Now()) {
		return greycard.Picture{}, errNoPicture
	}
	tint := p.warm - (1e6/p.kelvin-200)/140 // stops of red over blue
	level := 0.18 * math.Exp2(p.bright+p.gain-1)
	red, blue := level*math.Exp2(tint/2), level*math.Exp2(-tint/2)
	picture := plain(red, level, blue)
	if p.felt {
		picture = plain(0.02, 0.14, 0.02)
	}
	if p.edge {
		for i := range 320 * 90 {
			picture.I420[i] = 40
		}
	}
	return picture, nil
}

// plain is a picture of one colour, in BT.709.
func plain(r, g, b float64) greycard.Picture {
	const width, height = 320, 180
	bend := func(l float64) float64 { return 1.099*math.Pow(min(max(l, 0.018), 1), 0.45) - 0.099 }
	luma := 0.2126*bend(r) + 0.7152*bend(g) + 0.0722*bend(b)
	p := greycard.Picture{Width: width, Height: height, I420: make([]byte, width*height*3/2)}
	for i := range p.I420 {
		switch {
		case i < width*height:
			p.I420[i] = byte(math.Round(16 + 219*luma))
		case i < width*height*5/4:
			p.I420[i] = byte(math.Round(128 + 224*(bend(b)-luma)/1.8556))
		default:
			p.I420[i] = byte(math.Round(128 + 224*(bend(r)-luma)/1.5748))
		}
	}
	return p
}

// desk is a grey card at work with its camera, in virtual time.
type desk struct {
	*greyCard
	*painter
	t        *testing.T
	studio   *studio
	cards    *look.Cards
	mu       sync.Mutex
	told     bool
	detail   string
	lastCard string
}

// onDesk plays a story with the look gold, unless it is none.
func onDesk(t *testing.T, p *painter, name string, story func(d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "grey-cards.json")
		cards, err := look.OpenCards(path)
		if err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		s, err := newStudio(studioParts{cards: cards}, config.Default(), log)
		if err != nil {
			t.Fatal(err)
		}
		if name != "" {
			if err := s.SetLook(name); err != nil {
				t.Fatal(err)
			}
		}
		d := &desk{t: t, painter: p, studio: s, cards: cards, lastCard: path}
		d.greyCard = &greyCard{
			camera: p, settles: time.Second, take: p.take, director: s.director, cards: cards, log: log,
			asked: make(chan struct{}, 1), report: func(drifted bool, detail string) {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.told, d.detail = drifted, detail
			},
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.Run(ctx) }()
		story(d)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// press presses the button and waits for the end.
func (d *desk) press() panel.CardState {
	d.t.Helper()
	if !d.LockColours() {
		d.t.Fatal("it is busy")
	}
	if d.GreyCard().Phase != panel.CardMeasuring || d.LockColours() {
		d.t.Error("it takes a second press while it measures")
	}
	for range 240 {
		if state := d.GreyCard(); state.Phase != panel.CardMeasuring {
			return state
		}
		time.Sleep(time.Second)
	}
	d.t.Fatal("it measures without end")
	return panel.CardState{}
}

func (d *desk) drifted() (bool, string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.told, d.detail
}

func TestAPressLocksTheColoursForItsLookAndKeepsThem(t *testing.T) {
	for _, light := range []struct {
		warm, bright float64
		exposes      bool
	}{{0.9, 0, false}, {-0.4, 0, false}, {0.5, 0.8, true}, {0.3, -2, true}, {0, -4, true}} {
		onDesk(t, &painter{warm: light.warm, bright: light.bright, exposes: light.exposes, kelvin: 5000, gain: 1}, "gold", func(d *desk) {
			state := d.press()
			if state.Phase != panel.CardLocked || state.Cast > 1 || light.exposes && math.Abs(state.Stops) > 0.1 || !state.Watched {
				t.Errorf("light %+v: %+v", light, state)
			}
			kept, err := look.OpenCards(d.lastCard)
			if err != nil {
				t.Fatal(err)
			}
			card, there := kept.Card("gold")
			if want := 1e6 / (200 + 140*light.warm); !there || math.Abs(1e6/card.Colours.WhiteBalance-1e6/want) > 10 {
				t.Errorf("light %+v: kept %+v, want %.0f K", light, card.Colours, want)
			}
			if _, there := kept.Card("gem"); there || len(d.undone) > 0 {
				t.Errorf("another look has a card, or it was undone: %v", d.undone)
			}
		})
	}
}

func TestALockThatFailsSaysWhyAndPutsTheColoursBack(t *testing.T) {
	for why, tc := range map[string]struct {
		painter *painter
		look    string
	}{
		"no_look":      {&painter{}, ""},
		"colour":       {&painter{felt: true}, "gold"},
		"uneven":       {&painter{edge: true}, "gold"},
		"bright":       {&painter{bright: 5}, "gold"},
		"dark":         {&painter{bright: -5}, "gold"},
		"tinted":       {&painter{warm: 0.8, dead: true}, "gold"},
		"not_settable": {&painter{refuses: fmt.Errorf("ONVIF: %w", onvif.ErrUnsupported)}, "gold"},
		"refused":      {&painter{refuses: errors.New("it does not like it")}, "gold"},
	} {
		tc.painter.kelvin, tc.painter.gain = 5000, 1
		onDesk(t, tc.painter, tc.look, func(d *desk) {
			if state := d.press(); state.Phase != panel.CardFailed || state.Why != why {
				t.Errorf("%s: %+v", why, state)
			}
			if _, there := d.cards.Card(tc.look); there || len(d.undone) != 1 {
				t.Errorf("%s: a card is kept (%t), undone %v", why, there, d.undone)
			}
		})
	}
}

func TestALookThatChangesWhileTheCardIsMeasuredGetsItsOwnColours(t *testing.T) {
	p := &painter{warm: 0.5, kelvin: 5000, gain: 1}
	onDesk(t, p, "gold", func(d *desk) {
		p.onTurn = func() {
			if d.studio.director.Present() == "gold" {
				_ = d.studio.SetLook("gem")
			}
		}
		d.press()
		for _, name := range []string{"gold", "gem"} {
			if _, there := d.cards.Card(name); there {
				t.Errorf("%s has a card that was measured in two lights", name)
			}
		}
		if len(d.undone) != 1 || d.undone[0] != d.director.Colours("gem") {
			t.Errorf("put back: %+v", d.undone)
		}
	})
}

func TestDriftIsToldWithItsFigureAndEndsWithTheLook(t *testing.T) {
	p := &painter{warm: 0.5, kelvin: 5000, gain: 1}
	onDesk(t, p, "gold", func(d *desk) {
		d.press()
		time.Sleep(10 * time.Minute)
		if told, detail := d.drifted(); told || d.GreyCard().Drift > 0.5 {
			t.Errorf("nothing changed: %t, %s, %+v", told, detail, d.GreyCard())
		}
		p.mu.Lock()
		p.warm += 0.4 // the sun comes in
		p.mu.Unlock()
		time.Sleep(90 * time.Second)
		if told, detail := d.drifted(); told {
			t.Errorf("told without patience: %s", detail)
		}
		time.Sleep(3 * time.Minute)
		state := d.GreyCard()
		if told, detail := d.drifted(); !told || state.Drift < 3 || !state.Drifted || detail != fmt.Sprintf("ΔE %.1f", state.Drift) {
			t.Errorf("told %t, %q, page %+v", told, detail, state)
		}
		if err := d.studio.SetLook("gem"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if told, _ := d.drifted(); told || d.GreyCard().Phase != panel.CardNone {
			t.Errorf("of another look: told %t, %+v", told, d.GreyCard())
		}
	})
}

func TestALookThatIsLockedTwiceIsWatchedByItsNewCard(t *testing.T) {
	p := &painter{warm: 0.5, kelvin: 5000, gain: 1}
	onDesk(t, p, "gold", func(d *desk) {
		d.press()
		p.mu.Lock()
		p.warm, p.bright = p.warm-0.8, 0.7
		p.mu.Unlock()
		time.Sleep(5 * time.Minute)
		if told, _ := d.drifted(); !told {
			t.Fatal("no drift")
		}
		if state := d.press(); state.Phase != panel.CardLocked || state.Cast > 1 {
			t.Errorf("%+v", state)
		}
		time.Sleep(5 * time.Minute)
		if told, detail := d.drifted(); told || d.GreyCard().Drift > 0.5 {
			t.Errorf("told %t, %s", told, detail)
		}
	})
}
