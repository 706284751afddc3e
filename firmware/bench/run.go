package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"studiobox/firmware/bench/score"
	"studiobox/firmware/run"
	"studiobox/uplink/linktest"
)

// The ways in which media travel.
const (
	overTCP  = "tcp"   // RTSP, interleaved
	overTLS  = "rtsps" // the same within TLS
	overUDP  = "udp"   // RTP over UDP, RTSP beside it
	linkPort = "8554"
)

const (
	// playedOut is how long a run goes on after its measured time, so that a
	// viewer three seconds behind sees the last frame that counts.
	playedOut = 3200 * time.Millisecond
	// startWithin is how long camera and box may take until frame 0.
	startWithin = 20 * time.Second
	// clipSpare is what the clip must be longer than a run, in seconds.
	clipSpare = 5
)

// job is one run to be made: one rule on one line by one transport.
type job struct {
	line      line
	rule      string
	transport string
	seed      uint64
	seconds   int
	clip      string
	dir       string
}

func (j job) String() string { return j.line.name + " " + j.rule + " " + j.transport }

// lasts is how long the run takes, start and end included.
func (j job) lasts() time.Duration {
	return time.Duration(j.seconds)*time.Second + playedOut + 2*time.Second
}

// told is run.json: what was run, and what the machine was like meanwhile.
type told struct {
	score.Run
	CameraLate lateness `json:"cameraLate"`
	LineLate   lateness `json:"lineLate"`
	Error      string   `json:"error,omitempty"`
}

// perform makes one run and leaves its record in the job's directory. The
// record is there even where the run failed, as far as it came.
func (j job) perform(ctx context.Context) (told, error) {
	told := told{Run: score.Run{
		Line: j.line.name, Rule: j.rule, Transport: j.transport, Seed: j.seed,
		FPS: clipFPS, Seconds: float64(j.seconds), CeilingKbps: ceilingKbps,
		LossPercent: 100 * j.line.up.Loss.Random, Shared: j.line.cross, SlowIngest: j.line.ingestKbps > 0,
	}}
	err := os.RemoveAll(j.dir)
	if err == nil {
		err = os.MkdirAll(j.dir, 0o755)
	}
	if err != nil {
		return told, fmt.Errorf("run: %w", err)
	}
	rec, err := newRecord(j.dir, j.line.ingestKbps)
	if err != nil {
		return told, fmt.Errorf("run: %w", err)
	}
	err = errors.Join(j.stage(ctx, rec, &told), rec.close())
	told.LineLate = rec.late()
	if err == nil && rec.arrived() == 0 {
		err = errors.New("the ingest received nothing; see box.log")
	}
	if err != nil {
		err = fmt.Errorf("run %s: %w", j, err)
		told.Error = err.Error()
	}
	return told, errors.Join(err, writeJSON(filepath.Join(j.dir, score.RunFile), told))
}

// stage sets line, ingest, camera and box up and lets them play.
func (j job) stage(ctx context.Context, rec *record, told *told) (err error) {
	link, err := linktest.New(linktest.Config{Up: j.up(), Down: j.line.down(), Seed: j.seed, OnTick: rec.tick})
	if err != nil {
		return err
	}
	defer link.Close() // Run tells its errors
	in, err := openIngest(j, link, rec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	cam, err := startChild(punctual(link.Near().Do), filepath.Join(j.dir, "camera.log"), "camera", "--clip", j.clip)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cam.end()) }()
	var ready cameraReady
	if err := cam.hear(&ready, startWithin); err != nil {
		return err
	}
	box, err := startChild(link.Near().Do, filepath.Join(j.dir, "box.log"), "box",
		"--camera", ready.URL, "--ingest", in.address, "--rule", j.rule, "--transport", j.media(),
		"--stats", filepath.Join(j.dir, score.BoxFile))
	if err != nil {
		return err
	}
	err = errors.Join(j.play(ctx, link, cam, box, told), box.end())
	told.CPUSeconds = box.cpu().Seconds()
	if err != nil {
		return err
	}
	told.CameraLate, err = farewell(cam)
	return err
}

// up is the way up as this transport meets it. Datagrams know no window that
// closes: a slow reader is to them a narrow place with a short queue.
func (j job) up() linktest.Direction {
	up := j.line.up
	if j.line.ingestKbps > 0 && j.transport == overUDP {
		up = constant(j.line.ingestKbps)
		up.QueueBytes = slowBuffer
	}
	return up
}

// media is the RTSP transport within the connection.
func (j job) media() string {
	if j.transport == overUDP {
		return "udp"
	}
	return "tcp"
}

// play starts the line at the moment of frame 0 and lets everything run.
func (j job) play(ctx context.Context, link *linktest.Line, cam, box *child, told *told) error {
	var start cameraStart
	if err := cam.hear(&start, startWithin); err != nil {
		return fmt.Errorf("the box asked for no picture: %w", err)
	}
	told.T0Ns = start.T0Ns
	t0 := time.Unix(0, start.T0Ns)
	if !sleepUntil(ctx, t0) {
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithDeadlineCause(ctx, t0.Add(time.Duration(j.seconds)*time.Second+playedOut), errPlayed)
	defer cancel()
	parts := []run.Part{
		{Name: "line", Run: link.Run},
		{Name: "box", Run: box.watch},
	}
	if j.line.cross {
		parts = append(parts, run.Part{Name: "cross flow", Run: link.Flow(linktest.FlowConfig{Congestion: "cubic"}).Run})
	}
	err := run.Together(ctx, endWithin, parts...)
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, errPlayed) {
		return cause
	}
	return err
}

// farewell asks the camera to end and hears how late its frames left.
func farewell(cam *child) (lateness, error) {
	cam.ask()
	var end cameraEnd
	err := cam.hear(&end, endWithin)
	return end.Late, err
}

// errPlayed is the end of a run that went as planned.
var errPlayed = errors.New("played to the end")
