package onvif

import (
	"fmt"
	"math"
	"time"
)

// dial is shutter or gain, in the camera's unit: µs and dB (ONVIF schema,
// Exposure20 and ExposureOptions20).
type dial struct {
	name  string // as people say it
	part  string // of the schema; with Min and Max in front, the automatic's limits
	show  func(float64) string
	asked bool
	value float64 // that is asked for

	fixes  bool // it can be fixed, within
	fixed  span
	limits bool // the automatic can be limited, to what is within both
	floor  span
	top    span

	told     bool // it is now at
	now      float64
	narrowed bool // the automatic has no room left
	room     span // between the automatic's limits; 0 to 0 = it does not say
}

func shutterDial(shutter time.Duration) dial {
	return dial{
		name: "shutter", part: "ExposureTime", asked: shutter > 0, value: float64(shutter) / float64(time.Microsecond),
		show: func(us float64) string { return (time.Duration(us) * time.Microsecond).String() },
	}
}

// gainDial takes a factor: 20 dB are ten times the signal.
func gainDial(factor float64) dial {
	return dial{
		name: "gain", part: "Gain", asked: factor > 0, value: 20 * math.Log10(max(factor, 1)),
		show: func(db float64) string { return fmt.Sprintf("%.1f", math.Pow(10, db/20)) },
	}
}

func (d *dial) read(options, now *element) {
	var floors, tops bool
	d.fixed, d.fixes = readSpan(options.find(d.part))
	d.floor, floors = readSpan(options.find("Min" + d.part))
	d.top, tops = readSpan(options.find("Max" + d.part))
	d.limits = floors && tops && max(d.floor.least, d.top.least) < min(d.floor.most, d.top.most)
	d.now, d.told = now.float(d.part)
	least, one := now.float("Min" + d.part)
	most, other := now.float("Max" + d.part)
	d.narrowed = one && other && least >= most
	if one && other && least < most {
		d.room = span{least, most}
	}
}

// remember returns the limits that the business has set in the camera. Those that
// leave no room are ours, and what was before them is not known after a restart.
func (d *dial) remember(before span) span {
	if d.room != (span{}) {
		return d.room
	}
	if before == (span{}) && d.limits {
		before = span{d.floor.least, d.top.most}
	}
	d.room = before
	return before
}

// fix sets the dial by hand.
func (d *dial) fix(lacks *[]string) *element {
	return leaf(schemaNS, d.part, decimal(d.within(d.fixed, lacks)))
}

// limit leaves the automatic no room, or gives it back its own.
func (d *dial) limit(lacks *[]string) []*element {
	to := d.room
	switch {
	case d.asked:
		value := d.within(span{max(d.floor.least, d.top.least), min(d.floor.most, d.top.most)}, lacks)
		to = span{value, value}
	case !d.narrowed || !d.limits:
		return nil
	}
	return []*element{leaf(schemaNS, "Min"+d.part, decimal(to.least)), leaf(schemaNS, "Max"+d.part, decimal(to.most))}
}

// within is the value, moved into what the camera takes.
func (d *dial) within(has span, lacks *[]string) float64 {
	near := min(max(d.value, has.least), has.most)
	if near != d.value {
		*lacks = append(*lacks, fmt.Sprintf("%s: the camera takes %s to %s, and is at %s", d.name, d.show(has.least), d.show(has.most), d.show(near)))
	}
	return near
}
