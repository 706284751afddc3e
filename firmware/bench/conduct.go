package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

// conduct makes the runs, some at a time, then scores them and shows the results.
// A run that fails is told and ends no other.
func (c *runCommand) conduct(ctx context.Context, jobs []job, order []line) error {
	p := newProgress(jobs, c.Parallel)
	p.start()
	book, err := openBook(c.Out)
	if err != nil {
		return err
	}
	queue := make(chan job)
	var workers, scorers sync.WaitGroup
	toScore := make(chan job, len(jobs))
	for range runtime.NumCPU() {
		scorers.Go(func() {
			for j := range toScore {
				if ctx.Err() != nil {
					continue
				}
				p.failed(book.enter(ctx, j, p.atWork()))
			}
		})
	}
	for range max(1, c.Parallel) {
		workers.Go(func() {
			for j := range queue {
				p.begin(j)
				told, err := j.perform(ctx)
				p.end(j, told, err)
				if ctx.Err() == nil { // a run that was broken off replaces none
					toScore <- j
				}
			}
		})
	}
	hand(ctx, queue, jobs)
	workers.Wait()
	close(toScore)
	p.scoring(len(toScore))
	scorers.Wait()
	return errors.Join(context.Cause(ctx), book.show(os.Stdout, order))
}

// hand gives the jobs out until ctx ends.
func hand(ctx context.Context, queue chan<- job, jobs []job) {
	defer close(queue)
	for _, j := range jobs {
		select {
		case queue <- j:
		case <-ctx.Done():
			return
		}
	}
}

// progress tells on standard error how far the runs are.
type progress struct {
	mu       sync.Mutex
	total    int
	ended    int
	left     time.Duration // of runs not begun, one after the other
	parallel int
}

func newProgress(jobs []job, parallel int) *progress {
	p := &progress{total: len(jobs), parallel: max(1, min(parallel, len(jobs)))}
	for _, j := range jobs {
		p.left += j.lasts()
	}
	return p
}

func (p *progress) start() {
	p.tell("%d runs, %d at a time, about %v", p.total, p.parallel, p.remaining())
}

// atWork tells whether runs are still to be made.
func (p *progress) atWork() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended < p.total
}

func (p *progress) begin(j job) { p.tell("begins: %s (%d s)", j, j.seconds) }

func (p *progress) end(j job, told told, err error) {
	p.mu.Lock()
	p.ended++
	p.left -= j.lasts()
	p.mu.Unlock()
	switch {
	case err != nil:
		p.failed(err)
	case told.CameraLate.spoils() || told.LineLate.spoils():
		p.tell("WARNING: %s: this machine was too busy: camera late by %.1f ms, line by %.1f ms at p99; use a lower --parallel",
			j, told.CameraLate.P99Ms, told.LineLate.P99Ms)
	}
	p.tell("%d of %d made: %s, about %v left", p.ended, p.total, j, p.remaining())
}

func (p *progress) failed(err error) {
	if err != nil {
		p.tell("FAILED: %v", err)
	}
}

func (p *progress) scoring(waiting int) {
	if waiting > 0 {
		p.tell("scoring the last %d runs", waiting)
	}
}

func (p *progress) remaining() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return (p.left / time.Duration(p.parallel)).Round(time.Second)
}

func (p *progress) tell(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}
