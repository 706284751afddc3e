package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"studiobox/uplink/linktest"
	"studiobox/uplink/rivals"
)

// runCommand says which runs to make.
type runCommand struct {
	Lines     []string `placeholder:"GLOB" help:"Which lines; all when not given. --list names them."`
	Rules     []string `placeholder:"NAME" help:"Which rules; all when not given: ${rules}."`
	Transport []string `enum:"tcp,rtsps,udp" default:"tcp" help:"How media travel to the ingest: ${enum}."`
	Parallel  int      `default:"3" help:"How many runs at a time."`
	Out       string   `default:"bench-uplink" help:"Where records, results and page go."`
	Seconds   int      `help:"Longest run; 0 = as long as each line lasts."`
	Seed      uint64   `default:"1" help:"Of losses and of the held-out lines."`
	Cache     string   `help:"Where the clip is kept; the user's cache when not given."`
	List      bool     `help:"Name the lines and end."`
}

// Run makes the runs that were asked for.
func (c *runCommand) Run(ctx context.Context) error {
	all, missing := c.allLines()
	if missing != nil {
		fmt.Fprintln(os.Stderr, missing)
	}
	lines := slices.DeleteFunc(slices.Clone(all), func(l line) bool { return !l.matches(c.Lines) })
	if len(lines) == 0 {
		return fmt.Errorf("no line is named %s; --list names them", strings.Join(c.Lines, ", "))
	}
	if c.List {
		for _, l := range lines {
			fmt.Printf("%-32s %3d s\n", l.name, l.seconds)
		}
		return nil
	}
	if err := linktest.Available(); err != nil {
		return err
	}
	rules, err := c.chosenRules()
	if err != nil {
		return err
	}
	clip, err := c.clip(ctx, all)
	if err != nil {
		return err
	}
	return c.conduct(ctx, c.jobs(lines, rules, clip), all)
}

// allLines are those of the bench; the error tells of traces that are missing.
func (c *runCommand) allLines() ([]line, error) {
	traces, missing := traceLines()
	return slices.Concat(writtenLines(), traces, heldOutLines(c.Seed)), missing
}

// chosenRules are those asked for, all when none is.
func (c *runCommand) chosenRules() ([]string, error) {
	for _, rule := range c.Rules {
		if !slices.Contains(ruleNames(), rule) {
			return nil, fmt.Errorf("rule %q: want one of %s", rule, strings.Join(ruleNames(), ", "))
		}
	}
	if len(c.Rules) == 0 {
		return ruleNames(), nil
	}
	return c.Rules, nil
}

// jobs are the runs in order: all rules of a line beside each other, so that
// they meet the same machine.
func (c *runCommand) jobs(lines []line, rules []string, clip string) []job {
	var jobs []job
	for _, l := range lines {
		for _, way := range c.ways(rules) {
			jobs = append(jobs, job{
				line: l, rule: way.rule, transport: way.transport, seed: c.Seed, seconds: c.secondsOf(l), clip: clip,
				dir: filepath.Join(c.Out, "runs", l.name, way.rule+"-"+way.transport),
			})
		}
	}
	return jobs
}

// way is a rule over a transport.
type way struct{ rule, transport string }

// ways are what is run on each line: every rule over every transport, GCC over
// the only one that it has.
func (c *runCommand) ways(rules []string) []way {
	var ways []way
	for _, transport := range c.Transport {
		for _, rule := range rules {
			w := way{rule, transport}
			if rule == gccRule {
				w.transport = overUDP
			}
			if !slices.Contains(ways, w) {
				ways = append(ways, w)
			}
		}
	}
	return ways
}

func ruleNames() []string { return slices.Concat([]string{ourRule}, rivals.Names(), []string{gccRule}) }

func (c *runCommand) secondsOf(l line) int {
	if c.Seconds > 0 {
		return min(c.Seconds, l.seconds)
	}
	return l.seconds
}

// clip is long enough for every line, so that it is made only once.
func (c *runCommand) clip(ctx context.Context, all []line) (string, error) {
	longest := 0
	for _, l := range all {
		longest = max(longest, c.secondsOf(l))
	}
	dir := c.Cache
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no place for the clip, give --cache: %w", err)
		}
		dir = filepath.Join(user, "studiobox-bench")
	}
	return prepareClip(ctx, dir, longest+clipSpare)
}
