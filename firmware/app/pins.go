package app

import (
	"errors"
	"fmt"
	"io"
	"time"

	"studiobox/board"
	"studiobox/board/profile"
)

// pinsCommand shows the map of a board, or the jitter of this machine.
type pinsCommand struct {
	Board  string        `help:"Board profile: a name or a file; without one this machine's, or rpi4."`
	Jitter bool          `help:"Measure how late a thread wakes here that means to wake a thousand times a second."`
	For    time.Duration `default:"5s" help:"How long to measure."`
}

// longestMeasure bounds what is kept of each wake.
const longestMeasure = time.Hour

// profile is the one that was asked for, or this machine's.
func (c *pinsCommand) profile() (profile.Profile, error) {
	if c.Board != "" {
		return profile.Load(c.Board)
	}
	if p, known := profile.Detect(board.NewProbe("/", "/").Read().Model); known {
		return p, nil
	}
	return profile.Load("rpi4")
}

// Run prints what was asked for. A map with conflicts is printed before it is
// refused.
func (c *pinsCommand) Run(env *environment) error {
	if c.Jitter {
		if c.For > longestMeasure {
			return fmt.Errorf("--for=%v: at most %v", c.For, longestMeasure)
		}
		j, err := board.MeasureJitter(env.ctx, c.For)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(env.out, j)
		return err
	}
	p, err := c.profile()
	var clash *profile.ConflictError
	if errors.As(err, &clash) {
		p = clash.Draft
	} else if err != nil {
		return err
	}
	_, wrong := io.WriteString(env.out, board.PinsTable(p))
	return errors.Join(err, wrong)
}
