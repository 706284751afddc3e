package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"studiobox/drivers/button"
	"studiobox/drivers/light"
	"studiobox/drivers/light/flicker"
	"studiobox/drivers/turntable"
	"studiobox/drivers/turntable/motion"
	"studiobox/firmware/config"
	"studiobox/firmware/guard"
	"studiobox/firmware/health"
	"studiobox/firmware/look"
	"studiobox/firmware/panel"
	"studiobox/firmware/run"
)

// studio is what moves and shines around the ring.
type studio struct {
	parts    studioParts
	director *look.Director
	log      *slog.Logger
	fault    atomic.Pointer[string] // code of what stopped the table; nil = nothing did
	fed      time.Time              // of the conductor
	failing  failingParts
}

// studioParts are the drivers; nil and empty = not fitted.
type studioParts struct {
	table *turntable.Turntable
	// feeder is the guard's, which powers the table's motor and lights the lamp.
	feeder      *guard.Feeder
	lamps       map[string]*light.Lamp
	spans       map[string]look.Span // of lamps that mix colours
	dimmed      []flicker.Source     // how the lamps are switched, as far as that is known
	zoom, focus lensAxis
	buttons     []lookLine
	// onButton hears what befalls a look's button; it can be nil.
	onButton func(name string, kind button.Kind)
	camera   look.Camera // nil = its colours cannot be set from here
	eye      look.Eye    // what of its picture looks can set
	cards    *look.Cards // of the camera's colours; nil = none are kept
	watchdog watchdog
	// guard runs the guard's process; nil = the board has none.
	guard func(context.Context) error
	// sight is what notices that the table is blocked; nil = nobody needs to know.
	sight *sight
	// others run beside, as buses do.
	others []run.Part
}

// watchdog restarts a machine on which nobody feeds it.
type watchdog interface {
	Feed() error
	Close() error
}

// lensAxis is a lens's zoom or focus.
type lensAxis interface {
	To(fraction float64) error
	Renew()
	Halt() error
}

// newStudio reads the looks, and refuses those that cannot be what they say.
func newStudio(parts studioParts, settings *config.Config, log *slog.Logger) (*studio, error) {
	s := &studio{parts: parts, log: log}
	looks, err := look.Load(settings.Studio.Looks, s.fitted())
	if err != nil {
		return nil, err
	}
	scene, err := sceneOf(settings, parts.dimmed)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(looks)) {
		if err := checkShutter(name, looks[name], scene); err != nil {
			return nil, err
		}
	}
	if s.parts.cards == nil {
		s.parts.cards, _ = look.OpenCards("") // memory cannot fail
	}
	parts.sight.tell(looks, settings.Turntable.Speed, log)
	s.director = look.NewDirector(s.stage(), looks, s.parts.cards)
	if parts.table != nil {
		parts.table.OnFault = s.onFault
	}
	return s, s.bind(parts.buttons)
}

func (s *studio) fitted() look.Fitted {
	f := look.Fitted{
		Lamps: map[string]look.Span{}, Table: s.parts.table != nil,
		Zoom: s.parts.zoom != nil, Focus: s.parts.focus != nil, Eye: s.parts.eye,
	}
	for name := range s.parts.lamps {
		f.Lamps[name] = s.parts.spans[name]
	}
	return f
}

func (s *studio) stage() look.Stage {
	stage := look.Stage{Lamps: map[string]look.Lamp{}, Camera: s.parts.camera}
	for name, lamp := range s.parts.lamps {
		stage.Lamps[name] = lampOfLook{lamp}
	}
	if s.parts.table != nil {
		stage.Turntable = s
	}
	if s.parts.zoom != nil {
		stage.Zoom = s.parts.zoom
	}
	if s.parts.focus != nil {
		stage.Focus = s.parts.focus
	}
	return stage
}

// lampOfLook is a lamp as a look sees it.
type lampOfLook struct{ lamp *light.Lamp }

func (l lampOfLook) Set(level, kelvin float64, fade time.Duration) error {
	return l.lamp.Set(light.Look{Level: level, Kelvin: kelvin, Fade: fade})
}

// keepAlive tells table, guard and watchdog that the conductor is alive: it is
// called by the conductor, many times a second, and by nobody else. Without it
// the motor comes to rest and loses its power, and the machine restarts.
func (s *studio) keepAlive(now time.Time) {
	if s.parts.table != nil {
		s.parts.table.Renew()
	}
	for _, axis := range []lensAxis{s.parts.zoom, s.parts.focus} {
		if axis != nil {
			axis.Renew()
		}
	}
	if now.Sub(s.fed) < guard.Every {
		return
	}
	s.fed = now
	if s.parts.watchdog != nil {
		s.asked(s.parts.watchdog.Feed())
	}
	s.feed()
}

// feed tells the guard that somebody answers for the motor.
func (s *studio) feed() {
	if s.parts.feeder == nil {
		return
	}
	if err := s.parts.feeder.Feed(); err != nil && s.parts.table != nil {
		s.parts.table.LosePower(err)
	}
}

// Move is asked of by a person at the box or on its page. What stopped the
// table before is acknowledged by asking again.
func (s *studio) Move(move motion.Move) error {
	if s.parts.table == nil {
		return errors.New("there is no turntable")
	}
	if s.fault.Swap(nil) != nil {
		if err := s.parts.table.Clear(); err != nil {
			s.fault.Store(new(turntable.EStop))
			return err
		}
	}
	return s.parts.table.Move(move)
}

// Stop brings the table to rest.
func (s *studio) Stop() {
	if s.parts.table != nil {
		s.parts.table.Stop("asked")
	}
}

func (s *studio) onFault(f turntable.Fault) {
	s.fault.Store(&f.Code)
	s.log.Error("the turntable stopped by itself", "code", f.Code, "error", f.Err)
}

// SetTurntable, TurnBy and SetLight are the page's hands.
func (s *studio) SetTurntable(degPerS float64) error {
	if degPerS == 0 {
		s.Stop()
		return nil
	}
	return s.asPage(s.Move(motion.Move{Kind: motion.Spin, Speed: degPerS}))
}

// TurnBy turns the table by an angle in degrees.
func (s *studio) TurnBy(deg float64) error {
	return s.asPage(s.Move(motion.Move{Kind: motion.Nudge, Angle: deg}))
}

// asPage is a refusal as the page tells it.
func (s *studio) asPage(err error) error {
	if errors.Is(err, turntable.ErrPressed) {
		return fmt.Errorf("%w: %w", panel.ErrEStop, err)
	}
	return err
}

// SetLight sets all lamps to a level of lightness from 0 to 1.
func (s *studio) SetLight(level float64) {
	for _, lamp := range s.parts.lamps {
		s.asked(lamp.Set(light.Look{Level: 100 * level, Fade: look.Fade}))
	}
}

func (s *studio) asked(err error) {
	if err != nil {
		s.log.Warn("the studio refuses", "error", err)
	}
}

// SetLook is asked of by a person at the box or on its page.
func (s *studio) SetLook(name string) error { return s.director.Set(name, true) }

// part is the studio as page and MQTT show it.
func (s *studio) part() health.StudioPart {
	part := health.StudioPart{
		Turntable: s.parts.table != nil, Light: len(s.parts.lamps) > 0,
		Looks: s.director.Names(), Look: s.director.Present(),
	}
	if s.parts.table != nil {
		state := s.parts.table.State()
		part.AngleDeg, part.SpeedDegS, part.TableFault = state.Angle, state.Speed, state.Fault
		part.Table = tablePart(state)
	}
	for _, name := range slices.Sorted(maps.Keys(s.parts.lamps)) {
		part.LightLevel = max(part.LightLevel, s.parts.lamps[name].Stats().Level/100)
	}
	return part
}

// halt is for every way out: the motor first, the lights hold their look.
func (s *studio) halt() error {
	var errs []error
	if s.parts.table != nil {
		errs = append(errs, s.parts.table.Halt())
	}
	errs = append(errs, s.haltLens())
	for _, lamp := range s.parts.lamps {
		errs = append(errs, lamp.Halt())
	}
	if s.parts.watchdog != nil {
		errs = append(errs, s.parts.watchdog.Close())
	}
	return errors.Join(errs...)
}

// haltLens stops zoom and focus together: one inside a camera that does not answer
// takes a second.
func (s *studio) haltLens() error {
	var axes sync.WaitGroup
	var errs [2]error
	for i, axis := range []lensAxis{s.parts.zoom, s.parts.focus} {
		if axis != nil {
			axes.Go(func() { errs[i] = axis.Halt() })
		}
	}
	axes.Wait()
	return errors.Join(errs[:]...)
}
