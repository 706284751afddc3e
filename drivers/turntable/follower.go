package turntable

import (
	"fmt"
	"math"
	"time"

	"studiobox/drivers/turntable/tmc2209"
)

// follower is one life of a Velocity drive.
type follower struct {
	drive    *Velocity
	chip     *tmc2209.Chip
	position float64 // microsteps, from MSCNT
	place    int     // MSCNT at last
	rate     float64 // microsteps/s asked for
	wished   float64 // microsteps
	last     time.Time
	ticks    int
	loaded   int // looks in a row with a stalling load
	fast     int // looks in a row at a speed where the load says something
	load     int
	warm     bool

	edges    int64   // of INDEX at last
	unmarked float64 // microsteps since the last of them
}

func (f *follower) begin(wish Wish) error {
	place, err := f.chip.Place()
	if err != nil {
		return Fault{Code: DriveLost, Err: err}
	}
	f.last = time.Now()
	f.position = f.drive.cfg.Gear.steps(wish(f.last).Angle)
	f.place, f.wished, f.load = place, f.position, -1
	return nil
}

// statusEvery is how many ticks lie between two looks at temperature and
// restarts.
const statusEvery = 4

// tick reads where the motor is and sets its speed.
func (f *follower) tick(now time.Time, wish Wish) error {
	if err := f.locate(now); err != nil {
		return err
	}
	p := wish(now)
	gear := f.drive.cfg.Gear
	wished := gear.steps(p.Angle)
	gap := wished - f.position
	if math.Abs(gap) > math.Abs(gear.steps(lost)) {
		return Fault{Code: Drifted, Err: fmt.Errorf("the motor is %.1f degrees behind its plan", gap*360/float64(gear))}
	}
	const pull = 4 // per second
	f.rate = gear.steps(p.Speed) + gap*pull
	if !p.Moving() && math.Abs(gap) < tmc2209.Microsteps/16 {
		f.rate = 0 // near enough; a motor at rest shall not creep
	}
	if err := f.drive.command(f.rate); err != nil {
		return err
	}
	asked := math.Abs(wished - f.wished)
	f.wished = wished
	err := f.listen()
	f.drive.report(asked, 0, f.load, f.warm)
	return err
}

// locate brings the position up to date. MSCNT tells it modulo four full
// steps; the speed asked for tells which four.
func (f *follower) locate(now time.Time) error {
	place, err := f.chip.Place()
	if err != nil {
		return Fault{Code: DriveLost, Err: err}
	}
	expected := f.rate * now.Sub(f.last).Seconds()
	moved := float64(place - f.place)
	moved += tmc2209.Cycle * math.Round((expected-moved)/tmc2209.Cycle)
	f.position += moved
	f.place, f.last = place, now
	f.drive.report(0, math.Abs(moved), f.load, f.warm)
	return f.checkIndex(math.Abs(moved))
}

// checkIndex compares with the INDEX output: where MSCNT moves on for eight of
// its turns and no edge comes, one of the two is not true.
func (f *follower) checkIndex(moved float64) error {
	if f.drive.cfg.Index == nil {
		return nil
	}
	f.unmarked += moved
	if edges := f.drive.indexEdges(); edges != f.edges {
		f.edges, f.unmarked = edges, 0
	}
	if f.unmarked > 8*tmc2209.Cycle {
		return Fault{Code: Drifted, Err: fmt.Errorf("no edge on %s though the motor steps: check the wire of INDEX", f.drive.cfg.Index.Name())}
	}
	return nil
}

// listen looks for a stall, and now and then at the chip's health.
func (f *follower) listen() error {
	if f.ticks++; f.ticks%statusEvery == 0 {
		if err := f.checkHealth(); err != nil {
			return err
		}
	}
	if f.drive.cfg.Motor.Stall == 0 {
		return nil
	}
	return f.feel()
}

func (f *follower) checkHealth() error {
	status, err := f.chip.Status()
	if err != nil {
		return Fault{Code: DriveLost, Err: err}
	}
	if f.warm = status.Warm; sick(status) != "" {
		return Fault{Code: sick(status), Err: fmt.Errorf("the chip says %+v", status)}
	}
	return nil
}

// feel is StallGuard: a stall is two looks in a row with an overload, at a
// speed that has lasted, since the load says nothing before.
func (f *follower) feel() error {
	if math.Abs(f.rate) < f.drive.cfg.Motor.StallAbove {
		f.fast, f.loaded, f.load = 0, 0, -1
		return nil
	}
	load, err := f.chip.Load()
	if err != nil {
		return Fault{Code: DriveLost, Err: err}
	}
	f.load = load
	if f.fast++; f.fast <= 3 || load > 2*f.drive.cfg.Motor.Stall {
		f.loaded = 0
		return nil
	}
	if f.loaded++; f.loaded >= 2 {
		// A chip that restarted or is off feels no load either.
		if err := f.checkHealth(); err != nil {
			return err
		}
		return Fault{Code: Stalled, Err: fmt.Errorf("load is %d, at most %d means a stall", load, 2*f.drive.cfg.Motor.Stall)}
	}
	return nil
}

// sick is the code for what ends a motion, or empty.
func sick(s tmc2209.Status) string {
	switch {
	case s.Short:
		return Shorted
	case s.Hot:
		return TooHot
	case s.Restarted, s.Undervoltage:
		return DriveReset
	}
	return ""
}
