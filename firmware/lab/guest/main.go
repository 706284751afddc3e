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

// board is the profile of the simulated chip, and of the lights beside it.
const board = "/lab/board.toml"

// patience bounds one story. An emulated processor is slow, and a host that is
// busy makes it slower: no figure is judged by this.
const patience = 200 * time.Second

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
	_ = os.WriteFile("/proc/sys/debug/exception-trace", []byte("1"), 0o644) // the kernel tells of crashes, where it can
	c, err := newChip()
	if err != nil {
		say("fail", "machine", "%v", err)
		return
	}
	wanted := func(name string) bool { return asked == "" || slices.Contains(strings.Split(asked, ","), name) }
	if wanted("conform") {
		tell("conform", conform)
	}
	if wanted("jitter") {
		tell("jitter", jitter)
	}
	if err := errors.Join(c.reset(), wireLight()); err != nil {
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
		default:
			tell(story.name, func(ctx context.Context) (string, error) { return story.play(ctx, s) })
		}
	}
}

// tries is how often a story is played whose only fault is that something came
// late: a host that stands still for a moment adds to every time.
const tries = 5

// errLate is something that happened as it must, and too late.
var errLate = errors.New("too late")

// tell plays one story and says how it ended.
func tell(name string, play func(context.Context) (string, error)) {
	var late []string
	for {
		say("begin", name, "")
		figures, err := within(play)
		switch {
		case errors.Is(err, errLate) && len(late) < tries-1:
			late = append(late, err.Error())
			continue
		case errors.Is(err, errOpen):
			say("open", name, "%v", err)
		case err != nil:
			say("fail", name, "%v%s", err, alas(late))
		default:
			say("ok", name, "%s%s", figures, alas(late))
		}
		return
	}
}

// alas tells of the tries before.
func alas(late []string) string {
	if len(late) == 0 {
		return ""
	}
	return " (before that: " + strings.Join(late, "; ") + ")"
}

// within plays a story for as long as one may take.
func within(play func(context.Context) (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return play(ctx)
}

func kernel() string {
	version, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return fmt.Sprint(err)
	}
	return "Linux " + strings.TrimSpace(string(version))
}
