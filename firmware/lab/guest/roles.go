package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// wire is one row of `studiobox pins`.
type wire struct {
	line      string
	activeLow bool
}

// gap parts the columns of a table.
var gap = regexp.MustCompile(`\s{2,}`)

// roles asks the shipped program which line plays which role, so that the
// player presses what the box reads.
func roles(board string) (map[string]wire, error) {
	out, err := exec.Command(program, "pins", "--board", board).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("studiobox pins --board %s: %w: %s", board, err, strings.TrimSpace(string(out)))
	}
	wires := wiresOf(string(out))
	if len(wires) == 0 {
		return nil, fmt.Errorf("studiobox pins --board %s printed no table of roles and lines: %s", board, strings.TrimSpace(string(out)))
	}
	return wires, nil
}

// wiresOf reads the table by its headings.
func wiresOf(table string) map[string]wire {
	wires := map[string]wire{}
	lineAt, activeAt := -1, -1
	for row := range strings.Lines(table) {
		cells := gap.Split(strings.TrimSpace(row), -1)
		if cells[0] == "ROLE" {
			lineAt, activeAt = slices.Index(cells, "LINE"), slices.Index(cells, "ACTIVE")
			continue
		}
		if lineAt < 0 || activeAt < 0 || len(cells) <= max(lineAt, activeAt) || !strings.HasPrefix(cells[lineAt], "GPIO") {
			continue
		}
		wires[cells[0]] = wire{cells[lineAt], strings.HasPrefix(cells[activeAt], "low")}
	}
	return wires
}
