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
	Board  string        `default:"rpi4" help:"Board profile: a name or a file."`
	Jitter bool          `help:"Measure how late a thread wakes here that means to wake a thousand times a second."`
	For    time.Duration `default:"5s" help:"How long to measure."`
}

// Run prints what was asked for. A map with conflicts is printed before it is
// refused.
func (c *pinsCommand) Run(env *environment) error {
	if c.Jitter {
		j, err := board.MeasureJitter(env.ctx, c.For)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(env.out, j)
		return err
	}
	p, err := profile.Load(c.Board)
	var clash *profile.ConflictError
	if errors.As(err, &clash) {
		p = clash.Draft
	} else if err != nil {
		return err
	}
	_, wrong := io.WriteString(env.out, board.PinsTable(p))
	return errors.Join(err, wrong)
}
