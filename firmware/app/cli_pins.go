package app

import (
	"errors"
	"fmt"
	"io"
	"time"

	"studiobox/board"
	"studiobox/board/profile"
)

// pinsView is `studiobox pins`: the map of a board, or the jitter of this
// machine.
type pinsView struct {
	pinsCommand
	Jitter bool          `help:"Measure how late a thread wakes here that means to wake a thousand times a second."`
	For    time.Duration `default:"5s" help:"How long to measure."`
}

// Run prints what was asked for. A map with conflicts is printed before it is
// refused.
func (c *pinsView) Run(env *environment) error {
	if c.Jitter {
		j, err := board.MeasureJitter(env.ctx, c.For)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(env.out, j)
		return err
	}
	err := c.pinsCommand.Run(env)
	var clash *profile.ConflictError
	if errors.As(err, &clash) {
		_, wrong := io.WriteString(env.out, board.PinsTable(clash.Draft))
		return errors.Join(err, wrong)
	}
	return err
}
