package linktest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// opportunity is the number of bytes behind one line of a trace.
const opportunity = 1500

// Trace is a recording of a line in mahimahi's format: each line of the file
// is the millisecond of an opportunity to deliver 1,500 bytes.
type Trace struct {
	stamps []uint32 // ms, never falling
	period time.Duration
}

// LoadTrace reads a trace from a file.
func LoadTrace(path string) (*Trace, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	defer file.Close()
	trace, err := ParseTrace(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return trace, nil
}

// ParseTrace reads a trace; its last stamp is the period of the loop.
func ParseTrace(r io.Reader) (*Trace, error) {
	trace := &Trace{}
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		stamp, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("trace: line %d: %q is not a millisecond", number, text)
		}
		trace.stamps = append(trace.stamps, uint32(stamp))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	if !slices.IsSorted(trace.stamps) {
		return nil, fmt.Errorf("trace: the milliseconds must not fall")
	}
	if len(trace.stamps) == 0 || trace.stamps[len(trace.stamps)-1] == 0 {
		return nil, fmt.Errorf("trace: no delivery opportunity after 0 ms")
	}
	trace.period = time.Duration(trace.stamps[len(trace.stamps)-1]) * time.Millisecond
	return trace, nil
}

// Kbps is the trace's mean rate.
func (t *Trace) Kbps() int {
	return int(float64(len(t.stamps)*opportunity*8) / float64(t.period/time.Millisecond))
}

// Period is the time after which the trace begins anew.
func (t *Trace) Period() time.Duration { return t.period }

// count is the number of opportunities in (0, at]. A stamp of zero belongs to
// the end of the loop before.
func (t *Trace) count(at time.Duration) int {
	loops, rest := int(at/t.period), uint32(at%t.period/time.Millisecond)
	n := sort.Search(len(t.stamps), func(i int) bool { return t.stamps[i] > rest })
	return loops*len(t.stamps) + n
}

// at is the time of the n-th opportunity, counted from 0.
func (t *Trace) at(n int) time.Duration {
	loops, i := n/len(t.stamps), n%len(t.stamps)
	return time.Duration(loops)*t.period + time.Duration(t.stamps[i])*time.Millisecond
}
