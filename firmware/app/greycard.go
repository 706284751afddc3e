package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"studiobox/encoder/greycard"
	"studiobox/encoder/onvif"
	"studiobox/firmware/look"
	"studiobox/firmware/panel"
)

const (
	// lockWithin is how long the lock on a card may take in all, and pictureWithin
	// how long one picture: cameras make a key picture every ten seconds or less.
	lockWithin    = 2 * time.Minute
	pictureWithin = 15 * time.Second
	// driftEvery is how often drift is looked for. A look costs a decoder's start.
	driftEvery = time.Minute
	// lookSettles is how long after a change of looks colours are not judged.
	lookSettles = 5 * time.Second
	// mostCastLeft is how much a locked card may differ from grey, as CIEDE2000.
	mostCastLeft = 3.0
)

// What keeps colours from being locked, beside what the card itself does.
var (
	errNoLook      = errors.New("grey card: set a look first: its light is what the colours are locked for")
	errLookChanged = errors.New("grey card: the look was changed meanwhile: try again")
	errTinted      = errors.New("grey card: the camera could not be turned to neutral")
)

// turnable is a camera whose colours can be turned by hand.
type turnable interface {
	// begin ends what is automatic, and tells what can be turned from there.
	begin(ctx context.Context, from look.Colours) ([]greycard.Knob, error)
	// turn sets all knobs and returns the colours that they amount to.
	turn(ctx context.Context, at []float64) (look.Colours, error)
	// undo goes back to colours; to none: to the automatic.
	undo(ctx context.Context, to look.Colours) error
}

// greyCard locks the camera's colours on a grey card, look by look, and tells when
// they drift from there. Its func fields and parts are set before Run.
type greyCard struct {
	camera   turnable
	settles  time.Duration // from a turn to a picture that shows it
	lacks    func() string // what the camera cannot do; can be nil
	take     func(ctx context.Context, after time.Time, haste bool) (greycard.Picture, error)
	director *look.Director
	cards    *look.Cards
	report   func(drifted bool, detail string)
	log      *slog.Logger
	asked    chan struct{} // capacity 1

	mu     sync.Mutex
	busy   bool
	failed map[string]string // by look, why the last lock failed
	drift  greycard.Drift    // of the present look

	// Of Run alone.
	watch  *greycard.Watch
	look   string // that watch is for
	locked time.Time
	since  time.Time // when the look was first seen
}

// LockColours implements panel.GreyCard; it is false while a lock is under way.
func (g *greyCard) LockColours() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy {
		return false
	}
	g.busy = true
	g.asked <- struct{}{} // there is room: only who is not busy asks
	return true
}

// GreyCard implements panel.GreyCard.
func (g *greyCard) GreyCard() panel.CardState {
	name := g.director.Present()
	card, locked := g.cards.Card(name)
	g.mu.Lock()
	defer g.mu.Unlock()
	state := panel.CardState{Phase: panel.CardNone, Drift: -1}
	switch {
	case g.busy:
		state.Phase = panel.CardMeasuring
	case g.failed[name] != "":
		state.Phase, state.Why = panel.CardFailed, g.failed[name]
	case locked:
		state.Phase, state.Cast, state.Stops = panel.CardLocked, tenths(card.Cast), tenths(card.Stops)
		state.Drift, state.Drifted = tenths(g.drift.DeltaE), g.drift.Drifted
		state.Watched = len(card.References) > 0
	}
	return state
}

func tenths(v float64) float64 { return math.Round(10*v) / 10 }

// Run locks when it is asked to, and looks for drift, until ctx ends.
func (g *greyCard) Run(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	looked := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-g.asked:
			g.lock(ctx)
		case now := <-ticker.C:
			if g.follow(now) && now.Sub(looked) >= driftEvery && now.Sub(g.since) >= lookSettles {
				looked = now
				g.lookForDrift(ctx, now)
			}
		}
	}
}

// lock is one press on the button.
func (g *greyCard) lock(ctx context.Context) {
	name := g.director.Present()
	inTime, cancel := context.WithTimeout(ctx, lockWithin)
	card, err := g.balance(inTime, name)
	cancel()
	if err == nil && g.director.Present() != name {
		err = errLookChanged
	}
	if err == nil {
		if failure := g.cards.Put(name, card); failure != nil {
			g.log.Error("the locked colours hold, but not over a restart", "error", failure)
		}
		g.log.Info("colours locked on a grey card", "look", name, "cast", tenths(card.Cast), "stops", tenths(card.Stops))
	} else {
		g.log.Warn("colours were not locked", "look", name, "error", err)
		if failure := g.camera.undo(ctx, g.director.Colours(g.director.Present())); failure != nil {
			g.log.Warn("the camera's colours were not put back", "error", failure)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy, g.failed = false, map[string]string{}
	if err != nil {
		g.failed[name] = cardCode(err)
	}
}

// balance turns the camera until the card in the picture is neutral.
func (g *greyCard) balance(ctx context.Context, name string) (look.Card, error) {
	if name == "" {
		return look.Card{}, errNoLook
	}
	knobs, err := g.camera.begin(ctx, g.director.Colours(name))
	if err != nil {
		return look.Card{}, err
	}
	exposes := slices.ContainsFunc(knobs, func(k greycard.Knob) bool { return k.Setting == greycard.Exposure })
	balancer := greycard.NewBalancer(knobs)
	var colours look.Colours
	for more := true; more; {
		_, patch, err := g.measure(ctx)
		if err != nil {
			return look.Card{}, err
		}
		failure := patch.Check()
		turns := exposes && (errors.Is(failure, greycard.ErrBright) || errors.Is(failure, greycard.ErrDark))
		if failure != nil && !turns {
			return look.Card{}, failure
		}
		var at []float64
		at, more = balancer.Step(patch.Off())
		if colours, err = g.camera.turn(ctx, at); err != nil {
			return look.Card{}, err
		}
	}
	return g.judge(ctx, colours)
}

// judge measures what has become of it, and what drift is to be told by.
func (g *greyCard) judge(ctx context.Context, colours look.Colours) (look.Card, error) {
	picture, patch, err := g.measure(ctx)
	if err != nil {
		return look.Card{}, err
	}
	if err := patch.Check(); err != nil {
		return look.Card{}, err
	}
	card := look.Card{At: time.Now(), Colours: colours, Cast: patch.Cast(), Stops: patch.Off().Exposure}
	if card.Cast > mostCastLeft {
		why := ""
		if g.lacks != nil {
			why = g.lacks()
		}
		return look.Card{}, fmt.Errorf("%w: it still differs by %.1f; %s", errTinted, card.Cast, why)
	}
	card.References, err = greycard.References(picture)
	return card, err
}

// measure takes a picture that shows the last turn.
func (g *greyCard) measure(ctx context.Context) (greycard.Picture, greycard.Patch, error) {
	ctx, cancel := context.WithTimeout(ctx, g.settles+pictureWithin)
	defer cancel()
	select {
	case <-time.After(g.settles):
	case <-ctx.Done():
		return greycard.Picture{}, greycard.Patch{}, errNoPicture
	}
	picture, err := g.take(ctx, time.Now(), true)
	if err != nil {
		return greycard.Picture{}, greycard.Patch{}, err
	}
	patch, err := greycard.Measure(picture, greycard.Centre())
	return picture, patch, err
}

// follow takes up the present look's card, and reports whether there is drift to be
// looked for.
func (g *greyCard) follow(now time.Time) bool {
	name := g.director.Present()
	card, locked := g.cards.Card(name)
	if name != g.look || !card.At.Equal(g.locked) {
		g.look, g.locked, g.since = name, card.At, now
		g.watch = greycard.NewWatch(card.References)
		g.tell(greycard.Drift{DeltaE: -1})
	}
	return locked && len(card.References) > 0
}

// lookForDrift compares the picture with what it was when the card was locked.
func (g *greyCard) lookForDrift(ctx context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, pictureWithin)
	defer cancel()
	picture, err := g.take(ctx, now, false)
	if err != nil {
		g.log.Debug("drift was not looked for", "error", err)
		return
	}
	drift, err := g.watch.Look(picture)
	if err != nil {
		g.log.Debug("drift was not looked for", "error", err)
		return
	}
	g.tell(drift)
}

func (g *greyCard) tell(d greycard.Drift) {
	g.mu.Lock()
	g.drift = d
	g.mu.Unlock()
	g.report(d.Drifted, fmt.Sprintf("ΔE %.1f", d.DeltaE))
}

// cardCode is why a lock failed, as the page knows it.
func cardCode(err error) string {
	for _, known := range []struct {
		err  error
		code string
	}{
		{greycard.ErrUneven, "uneven"}, {greycard.ErrBright, "bright"}, {greycard.ErrDark, "dark"}, {greycard.ErrColour, "colour"},
		{errNoLook, "no_look"}, {errLookChanged, "look_changed"}, {errTinted, "tinted"}, {errNoPicture, "no_picture"},
		{onvif.ErrUnsupported, "not_settable"},
	} {
		if errors.Is(err, known.err) {
			return known.code
		}
	}
	return "refused"
}
