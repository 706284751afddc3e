package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// suite is board/conform as a test program.
const suite = "/lab/conform.test"

// conform runs the conformance suite of pins on the simulated chip.
func conform(ctx context.Context) (string, error) {
	passed, err := runSuite(exec.CommandContext(ctx, suite, "-test.v"))
	if err != nil {
		return "", fmt.Errorf("the conformance suite: %w", err)
	}
	return fmt.Sprintf("%d tests and cases of board/conform passed on gpio-sim and on simulated pins", passed), nil
}

// runSuite runs a test program of which no test may be skipped.
func runSuite(cmd *exec.Cmd) (passed int, err error) {
	cmd.Dir = "/tmp"
	out, err := cmd.CombinedOutput()
	passed, skipped := strings.Count(string(out), "--- PASS"), strings.Count(string(out), "--- SKIP")
	switch {
	case err != nil && overdue.Match(out):
		err = fmt.Errorf("%w: %w", errLate, err)
	case err != nil:
	case skipped > 0:
		err = fmt.Errorf("skipped %d tests on this kernel", skipped)
	case passed == 0:
		err = errors.New("has no such test")
	}
	if err != nil {
		note(telling(string(out)))
	}
	return passed, err
}

// jitter runs the measurement of this machine's timing, which has threads of its
// own. Its figures say nothing here; that it ends well does.
func jitter(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, program, "pins", "--jitter", "--for", "2s").CombinedOutput()
	text := strings.TrimSpace(string(out))
	if err == nil && !strings.Contains(text, "late by p50") {
		err = errors.New("no figures")
	}
	if err != nil {
		return "", fmt.Errorf("studiobox pins --jitter: %w: %s", err, text)
	}
	return "ends well; on this emulated processor " + text, nil
}

// overdue is what tests say of something that did not come in time.
var overdue = regexp.MustCompile(`(waited|within) \d+s`)

// telling leaves out what says of a test only that it went well.
func telling(out string) string {
	var kept strings.Builder
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "=== ") && !strings.Contains(line, "--- PASS") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}
