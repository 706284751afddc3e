package turntable

import (
	"math"
	"time"

	"periph.io/x/conn/v3/gpio"

	"studiobox/drivers/turntable/motion"
)

// stepper is one life of a StepDir's thread.
type stepper struct {
	drive    *StepDir
	position int64 // steps
	dir      gpio.Level
}

func (s *stepper) begin(p motion.Point) {
	s.position = int64(math.Round(s.drive.cfg.Gear.steps(p.Angle)))
	s.dir = gpio.Low
}

// step makes one step towards the wish. It is false after a Halt.
func (s *stepper) step(p motion.Point, lag float64) (bool, error) {
	d := s.drive
	forward := gpio.Level(lag > 0)
	if forward != s.dir {
		if err := d.cfg.Dir.Out(forward); err != nil {
			return false, err
		}
		s.dir = forward
		d.pause(d.cfg.Setup)
	}
	if going, err := s.raise(p, math.Abs(lag)); !going {
		return false, err
	}
	d.pause(d.cfg.Pulse)
	if err := d.cfg.Step.Out(gpio.Low); err != nil {
		return false, err
	}
	if forward {
		s.position++
	} else {
		s.position--
	}
	if math.Abs(lag) > 1+due { // the next one is due already
		d.pause(time.Duration(float64(time.Second) / d.cfg.MaxRate))
	}
	return true, nil
}

// raise begins the pulse, unless the drive was halted, and counts it.
func (s *stepper) raise(p motion.Point, lag float64) (bool, error) {
	d := s.drive
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.halted {
		return false, nil
	}
	if err := d.cfg.Step.Out(gpio.High); err != nil {
		return false, err
	}
	d.stats.Asked = d.stats.Done + 1 + int64(lag-due)
	d.stats.Done++
	if lag > 1+due {
		d.stats.Missed++
	}
	if speed := math.Abs(d.cfg.Gear.steps(p.Speed)); speed > 0 {
		d.late.add(time.Duration(min((lag-due)/speed, 1) * float64(time.Second)))
	}
	return true, nil
}
