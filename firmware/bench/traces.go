package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"studiobox/uplink/linktest"
)

// traceSeconds is how much of a trace is replayed, from its start.
const traceSeconds = 100

// traceLines are the recordings in the shared folder, which are not part of
// this project. The error says why there are none.
func traceLines() ([]line, error) {
	dir := tracesDir()
	var files []string
	for _, kind := range []string{"*.up", "*.pps"} {
		found, _ := filepath.Glob(filepath.Join(dir, kind)) // the patterns are well formed
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no traces in %s: those lines are LEFT OUT (STUDIOBOX_SHARED names the folder that holds traces/)", dir)
	}
	slices.Sort(files)
	var lines []line
	var broken error
	for _, file := range files {
		trace, err := linktest.LoadTrace(file)
		if err != nil {
			broken = errors.Join(broken, fmt.Errorf("LEFT OUT: %w", err))
			continue
		}
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		lines = append(lines, line{name: name, seconds: traceSeconds, up: linktest.Direction{
			Trace: trace, Delay: oneWay, Queue: traceQueue,
		}})
	}
	return lines, broken
}

// tracesDir is $STUDIOBOX_SHARED/traces, or shared/traces beside this
// directory or one above it.
func tracesDir() string {
	if shared := os.Getenv("STUDIOBOX_SHARED"); shared != "" {
		return filepath.Join(shared, "traces")
	}
	for _, dir := range []string{"../shared", "../../shared", "../../../shared"} {
		if _, err := os.Stat(filepath.Join(dir, "traces")); err == nil {
			return filepath.Join(dir, "traces")
		}
	}
	return filepath.Join("..", "shared", "traces")
}
