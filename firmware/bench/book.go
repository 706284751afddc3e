package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"

	"studiobox/firmware/bench/chart"
	"studiobox/firmware/bench/score"
)

const (
	bookFile  = "results.json"
	scoreFile = "score.json"
)

// entry is one run in results.json.
type entry struct {
	score.Result
	Error string `json:"error,omitempty"` // why there is nothing to show, or less than planned
}

func (e entry) sameRun(as entry) bool {
	return e.Line == as.Line && e.Rule == as.Rule && e.Transport == as.Transport
}

// book keeps the results of this and earlier calls with the same --out.
type book struct {
	dir string

	mu      sync.Mutex
	entries []entry
}

func openBook(dir string) (*book, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	b := &book{dir: dir}
	text, err := os.ReadFile(filepath.Join(dir, bookFile))
	if errors.Is(err, os.ErrNotExist) {
		return b, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &b.entries)
	}
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	return b, nil
}

// enter scores a run and puts it in, in place of an earlier one of its kind.
// Beside runs at work it takes only what they leave of the processors.
func (b *book) enter(ctx context.Context, j job, beside bool) error {
	within := idly
	if !beside {
		within = func(fn func() error) error { return fn() }
	}
	made, err := scored(ctx, j, within)
	made.Line, made.Rule, made.Transport = j.line.name, j.rule, j.transport
	b.mu.Lock()
	defer b.mu.Unlock()
	if at := slices.IndexFunc(b.entries, made.sameRun); at >= 0 {
		b.entries[at] = made
	} else {
		b.entries = append(b.entries, made)
	}
	return errors.Join(err, writeJSON(filepath.Join(b.dir, bookFile), b.entries))
}

// scored has a run scored in a process of its own, and puts the run's own
// error beside it.
func scored(ctx context.Context, j job, within func(func() error) error) (entry, error) {
	var ran told
	if text, err := os.ReadFile(filepath.Join(j.dir, score.RunFile)); err != nil {
		return entry{Error: err.Error()}, nil // told when it failed
	} else if err := json.Unmarshal(text, &ran); err != nil {
		return entry{Error: err.Error()}, fmt.Errorf("score %s: %w", j, err)
	}
	made := entry{Result: score.Result{Run: ran.Run}, Error: ran.Error}
	if ran.T0Ns == 0 {
		return made, nil // it never began
	}
	err := within(func() error {
		cmd := exec.CommandContext(ctx, "/proc/self/exe", "score", "--dir", j.dir, "--clip", j.clip)
		cmd.Stderr = os.Stderr
		leash, err := cmd.StdinPipe()
		if err != nil {
			return err
		}
		defer leash.Close()
		return cmd.Run()
	})
	var text []byte
	if err == nil {
		text, err = os.ReadFile(filepath.Join(j.dir, scoreFile))
	}
	if err == nil {
		err = json.Unmarshal(text, &made.Result)
	}
	if err != nil {
		err = fmt.Errorf("score %s: %w", j, err)
		if made.Error == "" {
			made.Error = err.Error()
		}
	}
	return made, err
}

// show prints the table and writes the page, lines in the given order; runs
// with nothing to show are told below the table.
func (b *book) show(w io.Writer, lines []line) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.SortStableFunc(b.entries, func(one, other entry) int {
		return cmp.Compare(place(lines, one.Line), place(lines, other.Line))
	})
	var results []score.Result
	for _, e := range b.entries {
		results = append(results, e.Result)
	}
	if err := chart.Table(w, results); err != nil {
		return err
	}
	for _, e := range b.entries {
		if e.Error != "" {
			fmt.Fprintf(w, "FAILED: %s %s %s: %s\n", e.Line, e.Rule, e.Transport, e.Error)
		}
	}
	return chart.Write(b.dir, results)
}

// place is a line's place in the list; lines of other benches come last.
func place(lines []line, name string) int {
	if at := slices.IndexFunc(lines, func(l line) bool { return l.name == name }); at >= 0 {
		return at
	}
	return len(lines)
}

// scoreCommand scores one run, in a process of its own.
type scoreCommand struct {
	Dir  string `required:"" help:"The run's record."`
	Clip string `required:"" help:"What the camera played."`
}

// Run leaves the score beside the record.
func (c *scoreCommand) Run() error {
	clip, err := score.OpenClip(c.Clip)
	if err != nil {
		return err
	}
	defer clip.Close()
	result, err := score.Score(c.Dir, clip)
	if err != nil {
		return err
	}
	return writeJSON(filepath.Join(c.Dir, scoreFile), result)
}
