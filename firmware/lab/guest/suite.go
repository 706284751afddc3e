package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// suite is board/conform as a test program.
const suite = "/lab/conform.test"

// conform runs the conformance suite of pins on the simulated chip.
func conform(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, suite, "-test.v")
	cmd.Dir = "/tmp"
	out, err := cmd.CombinedOutput()
	passed, skipped := strings.Count(string(out), "--- PASS"), strings.Count(string(out), "--- SKIP")
	switch {
	case err != nil:
		note(telling(string(out)))
		return "", fmt.Errorf("the conformance suite: %w", err)
	case skipped > 0:
		note(telling(string(out)))
		return "", fmt.Errorf("the conformance suite skipped %d tests on this kernel", skipped)
	}
	return fmt.Sprintf("%d tests and cases of board/conform passed on gpio-sim and on simulated pins", passed), nil
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
