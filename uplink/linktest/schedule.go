package linktest

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

// ParseSchedule reads a written schedule: lines of "seconds kbit/s", empty
// lines and those that begin with # aside.
func ParseSchedule(r io.Reader) ([]Step, error) {
	var steps []Step
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		var seconds float64
		var kbps int
		if _, err := fmt.Sscanf(text, "%g %d", &seconds, &kbps); err != nil {
			return nil, fmt.Errorf("schedule: line %d: want \"seconds kbit/s\", have %q", number, text)
		}
		steps = append(steps, Step{At: time.Duration(seconds * float64(time.Second)), Kbps: kbps})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	return steps, nil
}
