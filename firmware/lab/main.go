// Command lab plays stories with the shipped program in virtual machines whose
// kernel has real GPIO lines, and fails with one sentence when one goes wrong.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
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
	l := lab{began: time.Now()}
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
	failed      []string // machine/story
	played      int
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
	if len(l.failed) > 0 {
		return fmt.Errorf("%d of %d stories failed: %s", len(l.failed), l.played, strings.Join(l.failed, ", "))
	}
	if l.played == 0 {
		return fmt.Errorf("no story was played: is %q the name of one?", l.only)
	}
	return nil
}
