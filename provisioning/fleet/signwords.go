package fleet

import (
	"fmt"
	"strings"
	"time"

	"studiobox/provisioning/contract"
)

// commandWords is what a command means, for the one who signs it.
func commandWords(c contract.Command) string {
	what := map[contract.Op]string{
		contract.OpPing:     "answer; nothing changes",
		contract.OpBurst:    fmt.Sprintf("send its health every 15 s for %d minutes", c.Arg.Minutes),
		contract.OpIdentify: fmt.Sprintf("show with lamp and display which box it is, for %d minutes", c.Arg.Minutes),
		contract.OpLook:     fmt.Sprintf("set the lights of the look %q; nothing moves", c.Arg.Look),
		contract.OpStop:     "END ITS SHOW",
		contract.OpStart:    "begin a show, if the business allowed that on the box",
		contract.OpRestart:  "restart its program, unless a show is on",
		contract.OpWipe:     "FORGET EVERYTHING that the business and the fleet left on it; this cannot be undone and needs two people",
	}[c.Op]
	class, _ := contract.ClassOf(c.Op)
	return fmt.Sprintf("You sign for box %s: %s.\nOperation %s, class %s, number %s, valid until %s.",
		c.Box, what, c.Op, class, c.ID, time.Unix(c.Exp, 0).UTC().Format("2006-01-02 15:04:05 UTC"))
}

// wantWords is what settings mean, for the one who signs them.
func wantWords(w contract.Want) string {
	var set []string
	for _, s := range []struct {
		is   bool
		text string
	}{
		{w.Health > 0, fmt.Sprintf("health every %d s", w.Health)},
		{w.Floor > 0, fmt.Sprintf("shows at no less than %d kbit/s", w.Floor)},
		{w.Ceiling > 0, fmt.Sprintf("shows at no more than %d kbit/s", w.Ceiling)},
		{w.Release != "", "version " + w.Release},
		{w.Window != "", "updates from " + w.Window},
	} {
		if s.is {
			set = append(set, s.text)
		}
	}
	if len(set) == 0 {
		set = []string{"nothing: the box keeps what it has"}
	}
	return fmt.Sprintf("You sign settings for box %s, revision %d: %s.", w.Box, w.Rev, strings.Join(set, ", "))
}
