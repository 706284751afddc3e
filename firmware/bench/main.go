// Command bench measures rate rules against each other: camera, box, line and
// ingest are real, and what counts is what the ingest received.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"studiobox/encoder/gst"
)

// workerArgument is how the box's picture path re-executes this program around
// GStreamer.
const workerArgument = "gst-worker"

// cli is the command line; the hidden commands are the bench's own children.
type cli struct {
	Run    runCommand    `cmd:"" default:"withargs" help:"Make the runs, score them, and write table, plots and page."`
	Camera cameraCommand `cmd:"" hidden:""`
	Box    boxCommand    `cmd:"" hidden:""`
	Score  scoreCommand  `cmd:"" hidden:""`
}

func main() { os.Exit(program(os.Args[1:])) }

// program runs one command and returns the exit code: 0, 1 for an error that
// was told, 2 for wrong usage.
func program(args []string) int {
	if len(args) > 0 && args[0] == workerArgument {
		return gst.WorkerMain()
	}
	var c cli
	parser, err := kong.New(&c, kong.Name("bench"), kong.UsageOnError(),
		kong.Description("Measures the uplink's rate rules on emulated lines, by what the ingest received."),
		kong.Vars{"rules": strings.Join(ruleNames(), ", ")})
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if command.Command() != "run" {
		ctx = leashed(ctx)
	}
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		return 1
	}
	return 0
}

// leashed ends when standard input does: a child never outlives the bench.
func leashed(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	return ctx
}
