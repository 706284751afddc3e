package panel

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"studiobox/firmware/showlog"
)

const (
	eventPause   = 100 * time.Millisecond // at most ten events a second
	heartbeat    = time.Second            // without one, the page says that the box is gone
	writeLimit   = 3 * time.Second
	maxStreams   = 32
	samplesPause = time.Second
)

// serveEvents streams the picture: all parts first, then those that changed.
// The samples of the rate chart ride along once a second.
func (p *Panel) serveEvents(w http.ResponseWriter, r *http.Request) {
	select {
	case p.streams <- struct{}{}:
		defer func() { <-p.streams }()
	default:
		refuse(w, http.StatusServiceUnavailable, "too_many")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	s := &stream{
		panel: p, request: r, lang: pickLanguage(r.URL.Query().Get("lang")),
		writer: w, control: http.NewResponseController(w), differ: differ{seen: map[string]seenPart{}},
	}
	if err := s.run(); err != nil {
		p.log.Debug("an event stream ended", "visitor", r.RemoteAddr, "error", err)
	}
}

// stream is one visitor's event stream.
type stream struct {
	panel   *Panel
	request *http.Request
	lang    string
	writer  http.ResponseWriter
	control *http.ResponseController
	differ  differ
	samples uint64    // how many samples were sent or are not asked for here
	sampled time.Time // when samples were last looked for
}

// run sends until the visitor leaves, the page ends or the session ends.
func (s *stream) run() error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	_, s.samples = s.panel.since(0) // the page asks for the older ones itself
	for {
		changed := s.panel.deps.Snapshots.Changed() // before the picture, so that none is missed
		if err := s.sendPicture(time.Now()); err != nil {
			return err
		}
		if !s.pause(eventPause) {
			return nil
		}
		select {
		case <-changed:
		case <-s.request.Context().Done():
			return nil
		case <-beat.C:
			if !s.panel.access.allowed(s.request) {
				return s.send("ended", struct{}{})
			}
			if err := s.send("beat", struct{}{}); err != nil {
				return err
			}
		}
	}
}

// pause returns false when the visitor left meanwhile.
func (s *stream) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.request.Context().Done():
		return false
	}
}

func (s *stream) sendPicture(now time.Time) error {
	snapshot := s.panel.deps.Snapshots.Snapshot()
	changed, err := s.differ.changes(s.panel.parts(snapshot, s.lang), now)
	if err != nil {
		return err
	}
	if now.Sub(s.sampled) >= samplesPause {
		s.sampled = now
		var fresh []showlog.Entry
		if fresh, s.samples = s.panel.since(s.samples); len(fresh) > 0 {
			if changed["samples"], err = json.Marshal(historyOf(fresh, s.panel.boot)); err != nil {
				return fmt.Errorf("the rate's samples: %w", err)
			}
		}
	}
	if len(changed) == 0 {
		return nil
	}
	if changed["at"], err = json.Marshal(snapshot.At); err != nil {
		return fmt.Errorf("the picture's time: %w", err)
	}
	return s.send("picture", changed)
}

func (s *stream) send(event string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("the event %s: %w", event, err)
	}
	if err := s.control.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return fmt.Errorf("a deadline for the event: %w", err)
	}
	if _, err := fmt.Fprintf(s.writer, "event: %s\ndata: %s\n\n", event, text); err != nil {
		return err
	}
	return s.control.Flush()
}
