// Command lab plays stories with the shipped program in virtual machines whose
// kernel has real GPIO lines, and fails with one sentence when one goes wrong.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	// A machine dies with the thread that started it; this one lives as long as
	// the program.
	runtime.LockOSThread()
	os.Exit(program())
}

// program returns the exit code: 0, 1 when something went wrong and was told in
// one sentence, 2 for wrong usage.
func program() int {
	cache, _ := os.UserCacheDir()
	l := newLab()
	flag.StringVar(&l.cache, "cache", filepath.Join(cache, "studiobox-lab"), "where kernels and modules are kept")
	flag.StringVar(&l.only, "only", "", "stories to play, parted by commas; empty = all")
	machines := flag.String("machines", strings.Join(machineNames(), ","), "machines to start, parted by commas")
	flag.Parse()
	if flag.NArg() > 0 || l.cache == "studiobox-lab" {
		fmt.Fprintln(os.Stderr, "lab: give options only, and -cache where there is no home: see -help")
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := l.run(ctx, strings.Split(*machines, ",")); err != nil {
		fmt.Fprintf(os.Stderr, "lab: %v\n", err)
		return 1
	}
	fmt.Printf("lab: green after %v\n", time.Since(l.began).Round(time.Second))
	return 0
}

// lab is one run of all machines.
type lab struct {
	cache, only string
	began       time.Time
	failed      []string       // machine/story
	judged      []string       // stories that ended well or badly, once for each machine
	open        []string       // stories that a machine could not judge
	tries, late map[string]int // of machine/story
}

func newLab() *lab {
	return &lab{began: time.Now(), tries: map[string]int{}, late: map[string]int{}}
}

// run goes from machine to machine; stories that fail do not keep the next ones
// from being played.
func (l *lab) run(ctx context.Context, names []string) error {
	for _, name := range names {
		kind, err := machineNamed(name)
		if err != nil {
			return err
		}
		if err := l.play(ctx, kind); err != nil {
			return fmt.Errorf("machine %s: %w", name, err)
		}
	}
	l.tellLate()
	if len(l.failed) > 0 {
		return fmt.Errorf("%d of %d stories failed: %s", len(l.failed), len(l.judged), strings.Join(l.failed, ", "))
	}
	if len(l.judged) == 0 {
		return fmt.Errorf("no story was played: is %q the name of one?", l.only)
	}
	if missing := l.unjudged(names); len(missing) > 0 {
		return fmt.Errorf("no machine has judged what was asked for: %s", strings.Join(missing, ", "))
	}
	return nil
}

// tellLate prints how often something came late, and why that is no failure yet.
func (l *lab) tellLate() {
	for _, story := range slices.Sorted(maps.Keys(l.late)) {
		fmt.Printf("      %s came late in %d of %d tries\n", story, l.late[story], l.tries[story])
	}
	if len(l.late) > 0 {
		fmt.Println("      (an emulated processor on a busy host is slow: up to 2 of 5 tries of a story may come late)")
	}
}

// unjudged is which stories of those that were asked for, or that a machine left
// open, no machine has judged. A machine that plays alone plays its own story,
// whatever is asked for.
func (l *lab) unjudged(machines []string) (missing []string) {
	asked := slices.Clone(l.open)
	plays := func(name string) bool {
		k, err := machineNamed(name)
		return err == nil && !k.alone
	}
	if l.only != "" && slices.ContainsFunc(machines, plays) {
		asked = append(asked, strings.Split(l.only, ",")...)
	}
	for _, story := range asked {
		if !slices.Contains(l.judged, story) && !slices.Contains(missing, story) {
			missing = append(missing, story)
		}
	}
	return missing
}
