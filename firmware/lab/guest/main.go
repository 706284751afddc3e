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

// A story is played once. One of which something came late is played again, since
// a host that stands still for a moment adds to every time: of its tries, at most
// so many may come late.
const (
	tries       = 5
	lateAllowed = 2
)

// errLate is something that happened as it must, and too late.
var errLate = errors.New("too late")

// tell plays one story and says how it ended.
func tell(name string, play func(context.Context) (string, error)) {
	word, text := judge(name, play)
	say(word, name, "%s", text)
}

// judge plays one story, as often as it takes, and returns the word for its end.
func judge(name string, play func(context.Context) (string, error)) (word, text string) {
	var late []string
	for good := 0; ; {
		say("begin", name, "")
		figures, err := within(play)
		switch {
		case errors.Is(err, errLate):
			say("late", name, "%v", err)
			if late = append(late, err.Error()); len(late) > lateAllowed {
				return "fail", fmt.Sprintf("%d of %d tries came late, %d of %d allowed%s", len(late), len(late)+good, lateAllowed, tries, alas(late))
			}
		case errors.Is(err, errOpen):
			return "open", err.Error() + alas(late)
		case err != nil:
			return "fail", err.Error() + alas(late)
		default:
			if good++; len(late) == 0 || good >= tries-lateAllowed {
				return "ok", figures + alas(late)
			}
		}
	}
}

// alas tells of the tries that came late.
func alas(late []string) string {
	if len(late) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d came late: %s)", len(late), strings.Join(late, "; "))
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
