// Command guest is the player inside the lab's machine: a finger, a voltmeter
// and a hand on the shipped program, which it takes as it is.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// program is the shipped binary in the host's folder.
const program = "/lab/studiobox"

// board is the profile of the simulated chip.
const board = "lab"

// patience bounds one story. An emulated processor is slow, and a host that is
// busy makes it slower: no figure is judged by this.
const patience = 150 * time.Second

// main plays what it is asked for: "names" checks the names of a Pi's lines,
// anything else is a list of stories, and none means all.
func main() {
	asked := strings.Join(os.Args[1:], ",")
	say("up", "-", "%s", kernel())
	defer say("end", "-", "")
	if asked == "names" {
		tell("names", func(context.Context) (string, error) { return names() })
		return
	}
	c, err := newChip()
	if err != nil {
		say("fail", "machine", "%v", err)
		return
	}
	wanted := func(name string) bool { return asked == "" || slices.Contains(strings.Split(asked, ","), name) }
	if wanted("conform") {
		tell("conform", conform)
	}
	if err := c.reset(); err != nil {
		say("fail", "machine", "%v", err)
		return
	}
	playStories(c, wanted)
}

// playStories plays what is wanted of the box's stories.
func playStories(c *chip, wanted func(string) bool) {
	s, err := newStudio(c)
	if err != nil {
		say("fail", "machine", "%v", err)
		return
	}
	for _, story := range stories() {
		switch {
		case !wanted(story.name):
		case !s.fitted(story.needs):
			say("later", story.name, "board %s has no role %s", board, story.needs)
		case story.play == nil:
			say("later", story.name, "board %s has the role %s, the story is not written", board, story.needs)
		default:
			tell(story.name, func(ctx context.Context) (string, error) { return story.play(ctx, s) })
		}
	}
}

// tell plays one story and says how it ended.
func tell(name string, play func(context.Context) (string, error)) {
	say("begin", name, "")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	figures, err := play(ctx)
	switch {
	case errors.Is(err, errOpen):
		say("open", name, "%v", err)
	case err != nil:
		say("fail", name, "%v", err)
	default:
		say("ok", name, "%s", figures)
	}
}

func kernel() string {
	version, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return fmt.Sprint(err)
	}
	return "Linux " + strings.TrimSpace(string(version))
}
