package score

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// The files of a run's record.
const (
	StreamFile = "ingest.h264"  // access units in Annex B, in order of arrival
	UnitsFile  = "ingest.jsonl" // one Unit a line, in the same order
	LineFile   = "line.jsonl"   // one Tick a line, of the way up
	BoxFile    = "box.jsonl"    // what the relay decided; only for the plot
	RunFile    = "run.json"     // one Run
)

// Unit is one access unit of video that the ingest got whole.
type Unit struct {
	// At is when its last byte arrived, in ns since the epoch.
	At int64 `json:"at"`
	// Bytes is its length in ingest.h264, start codes included.
	Bytes int `json:"bytes"`
	// Key says that it can be decoded alone.
	Key bool `json:"key"`
	// Decodable is false where the ingest knows that something before it is missing.
	Decodable bool `json:"decodable"`
	// Session counts the publishers of this run; units of two connections may
	// interleave, and only units of one are references of each other.
	Session int `json:"session,omitempty"`
}

// Tick is what the line did in the stretch that ends At (ns since the epoch);
// the first tick's stretch is as long as the second's. Where every capacity is
// 0 the line has no limit.
type Tick struct {
	At            int64   `json:"at"`
	CapacityKbps  float64 `json:"capacityKbps"`
	DeliveredKbps float64 `json:"deliveredKbps"`
	QueueMs       float64 `json:"queueMs"`
	Dropped       uint64  `json:"dropped"`
	Lost          uint64  `json:"lost"`
}

// Run says what was run. The camera goes on and the ingest keeps recording for
// at least three seconds after Seconds are over, so that the last pictures
// have the time that the others had; without them the last captures are not
// judged.
type Run struct {
	Line      string `json:"line"`
	Rule      string `json:"rule"`
	Transport string `json:"transport"`
	Seed      uint64 `json:"seed"`
	// T0Ns is the capture time of frame 0, in ns since the epoch; frame n was
	// captured n/FPS later.
	T0Ns int64   `json:"t0Ns"`
	FPS  float64 `json:"fps"`
	// Seconds is how much of the run, from frame 0 on, is judged.
	Seconds float64 `json:"seconds"`
	// CPUSeconds is the processor time of the box and its children.
	CPUSeconds float64 `json:"cpuSeconds"`
	// CeilingKbps is the most that the rules may send; 0 is 6,000.
	CeilingKbps float64 `json:"ceilingKbps,omitempty"`
	// LossPercent, Shared and SlowIngest say what the line's capacity does not
	// show: random loss, a second flow, and an ingest that reads slowly.
	LossPercent float64 `json:"lossPercent,omitempty"`
	Shared      bool    `json:"shared,omitempty"`
	SlowIngest  bool    `json:"slowIngest,omitempty"`
}

// boxLine is the part of the relay's statistics that a plot shows.
type boxLine struct {
	Time       time.Time `json:"time"`
	TargetKbps float64   `json:"targetKbps"`
	Reason     string    `json:"reason"`
}

// record is a run's record without its pictures.
type record struct {
	run   Run
	units []Unit
	ticks []Tick
	box   []boxLine
}

const defaultCeilingKbps = 6000

func loadRecord(dir string) (record, error) {
	var r record
	data, err := os.ReadFile(filepath.Join(dir, RunFile))
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(data, &r.run); err != nil {
		return r, fmt.Errorf("%s: %w", RunFile, err)
	}
	if r.run.FPS <= 0 || r.run.Seconds <= 0 || r.run.T0Ns <= 0 {
		return r, fmt.Errorf("%s: fps, seconds and t0Ns must be positive", RunFile)
	}
	if r.run.CeilingKbps == 0 {
		r.run.CeilingKbps = defaultCeilingKbps
	}
	if r.units, err = readLines[Unit](dir, UnitsFile); err != nil {
		return r, err
	}
	if r.ticks, err = readLines[Tick](dir, LineFile); err != nil {
		return r, err
	}
	if r.box, err = readLines[boxLine](dir, BoxFile); errors.Is(err, os.ErrNotExist) {
		err = nil // a rival without statistics
	}
	return r, err
}

// readLines reads a file of one JSON value a line. A last line that was cut
// short when its writer was killed is left out.
func readLines[T any](dir, name string) ([]T, error) {
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var values []T
	decoder := json.NewDecoder(bufio.NewReader(file))
	for {
		var value T
		switch err := decoder.Decode(&value); {
		case err == nil:
			values = append(values, value)
		case err == io.EOF, err == io.ErrUnexpectedEOF:
			return values, nil
		default:
			return nil, fmt.Errorf("%s: value %d: %w", name, len(values)+1, err)
		}
	}
}
