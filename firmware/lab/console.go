package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// How long a machine may be silent: until its player is up, and between two of
// its words, which is one story at most.
const (
	bootWithin  = 4 * time.Minute
	storyWithin = 4 * time.Minute
)

// hear starts qemu and follows the player's words until it says that it is done
// or is silent for too long. Then it ends qemu, by its number.
func (l *lab) hear(ctx context.Context, k kind, args []string, logPath string) error {
	log, err := os.Create(logPath)
	if err != nil {
		return err
	}
	defer log.Close()
	qemu := exec.Command(k.qemu, args...)
	qemu.Stderr = log
	qemu.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a lab that dies leaves no machine behind
	console, err := qemu.StdoutPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := qemu.Start(); err != nil {
		return fmt.Errorf("%w: make lab installs it", err)
	}
	lines := make(chan string)
	over := make(chan struct{})
	go read(console, log, lines, over)
	err = l.follow(ctx, k, lines)
	close(over)
	_ = qemu.Process.Kill() // it may have ended
	_ = qemu.Wait()
	if err != nil {
		return fmt.Errorf("%w (its console: %s)", err, logPath)
	}
	fmt.Printf("      %-8s done in %v\n", k.name, time.Since(began).Round(100*time.Millisecond))
	return nil
}

// read passes the console on, line by line, and keeps it in the log.
func read(console io.Reader, log io.Writer, lines chan<- string, over <-chan struct{}) {
	defer close(lines)
	scan := bufio.NewScanner(io.TeeReader(console, log))
	for scan.Scan() {
		select {
		case lines <- strings.TrimRight(scan.Text(), "\r"):
		case <-over:
			return
		}
	}
}

// follow returns once the player has said "end".
func (l *lab) follow(ctx context.Context, k kind, lines <-chan string) error {
	began := time.Now()
	silence := time.NewTimer(bootWithin)
	defer silence.Stop()
	during := "starting"
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-silence.C:
			return fmt.Errorf("silent for too long while %s", during)
		case text, ok := <-lines:
			if !ok {
				return fmt.Errorf("ended while %s", during)
			}
			w, ok := parse(text)
			if !ok {
				continue
			}
			silence.Reset(storyWithin)
			if w.word == "end" {
				return nil
			}
			if w.word == "begin" {
				during = "playing " + w.story
			}
			l.print(k, w, time.Since(began))
		}
	}
}

// said is one of the player's words; guest/say.go says them.
type said struct{ word, story, text string }

func parse(text string) (said, bool) {
	// The kernel's own words can stand before ours in a line.
	_, text, ok := strings.Cut(text, "@lab ")
	if !ok {
		return said{}, false
	}
	fields := strings.SplitN(text, " ", 3)
	if len(fields) < 2 {
		return said{}, false
	}
	fields = append(fields, "")
	return said{fields[0], fields[1], strings.TrimSpace(fields[2])}, true
}

func (l *lab) print(k kind, w said, up time.Duration) {
	switch w.word {
	case "begin":
		l.tries[k.name+"/"+w.story]++
	case "up":
		fmt.Printf("      %-8s %s, player up after %v\n", k.name, w.text, up.Round(100*time.Millisecond))
	case "note":
		fmt.Printf("      %-8s | %s\n", k.name, w.text)
	case "fail":
		l.judged = append(l.judged, w.story)
		l.failed = append(l.failed, k.name+"/"+w.story)
		fmt.Printf("FAIL  %-8s %s: %s\n", k.name, w.story, w.text)
	case "ok":
		l.judged = append(l.judged, w.story)
		fmt.Printf("ok    %-8s %s: %s\n", k.name, w.story, w.text)
	case "late":
		l.late[k.name+"/"+w.story]++
		fmt.Printf("late  %-8s %s: %s\n", k.name, w.story, w.text)
	case "open", "later":
		l.open = append(l.open, w.story)
		fmt.Printf("%-6s%-8s %s: %s\n", w.word, k.name, w.story, w.text)
	}
}
