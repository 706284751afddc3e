package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"studiobox/encoder/unit"
	"studiobox/firmware/bench/score"
	"studiobox/uplink/linktest"
)

// record writes down what arrives at the ingest and what the line does.
type record struct {
	ingestKbps float64 // how fast the ingest reads; 0 = no limit

	mu           sync.Mutex
	video, units *sheet
	ticks        *sheet
	chain        chain
	session      int
	count        int
	lineLate     latenesses
	err          error
}

func newRecord(dir string, ingestKbps int) (*record, error) {
	r := &record{ingestKbps: float64(ingestKbps)}
	for name, to := range map[string]**sheet{score.StreamFile: &r.video, score.UnitsFile: &r.units, score.LineFile: &r.ticks} {
		made, err := newSheet(filepath.Join(dir, name))
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		*to = made
	}
	return r, nil
}

// announced hears that a publisher begins a session.
func (r *record) announced() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.chain.cut()
	r.session++
}

// put takes in one unit. hole says that the ingest misses something before it.
func (r *record) put(u *unit.Unit, hole bool) {
	if u.Track != unit.Video {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	startCode := []byte{0, 0, 0, 1}
	bytes := 0
	for _, nalu := range u.NALUs {
		bytes += len(startCode) + len(nalu)
		r.fail(r.video.write(startCode))
		r.fail(r.video.write(nalu))
	}
	r.count++
	r.fail(r.units.line(score.Unit{
		At: u.Captured.UnixNano(), Bytes: bytes, Key: u.Key, Decodable: r.chain.take(u, hole), Session: r.session,
	}))
}

// tick takes in what the line did. The capacity of the whole way is what the
// ingest reads, where that is less.
func (r *record) tick(t linktest.Tick) {
	if t.Way != linktest.Up {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	capacity := t.CapacityKbps
	if r.ingestKbps > 0 {
		capacity = min(capacity, r.ingestKbps)
	}
	r.lineLate.add(t.Late)
	r.fail(r.ticks.line(score.Tick{
		At: t.Time.UnixNano(), CapacityKbps: capacity, DeliveredKbps: t.DeliveredKbps,
		QueueMs: float64(t.Queue.Microseconds()) / 1000, Dropped: t.Dropped, Lost: t.Lost,
	}))
}

func (r *record) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// arrived is how many units the ingest has got so far.
func (r *record) arrived() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}

func (r *record) late() lateness {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lineLate.sum()
}

// close ends the record; nothing may be put in afterwards.
func (r *record) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range []*sheet{r.video, r.units, r.ticks} {
		r.fail(s.close())
	}
	return r.err
}

// sheet is a file of the record.
type sheet struct {
	file   *os.File
	out    *bufio.Writer
	closed bool
}

func newSheet(path string) (*sheet, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &sheet{file: file, out: bufio.NewWriterSize(file, 1<<16)}, nil
}

func (s *sheet) write(b []byte) error {
	_, err := s.out.Write(b)
	return err
}

func (s *sheet) line(value any) error { return json.NewEncoder(s.out).Encode(value) }

func (s *sheet) close() error {
	if s == nil || s.closed {
		return nil
	}
	s.closed = true
	return errors.Join(s.out.Flush(), s.file.Close())
}

// writeJSON writes a value into a file that a person may read.
func writeJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
