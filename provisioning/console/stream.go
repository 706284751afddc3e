package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// The most event streams at a time.
const (
	mostStreams     = 2000
	mostUserStreams = 20
)

// stream is one live page.
type stream struct {
	console *Console
	visit   *visit
	here    string
	parts   partsOf
	out     http.ResponseWriter
	control *http.ResponseController
	seen    map[string]string   // fingerprints by id
	order   map[string][]string // ids by slot
	notice  string
	pushed  time.Time
}

func (s *stream) run(pace time.Duration) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	checked := time.Now()
	for {
		if err := s.push(); err != nil {
			return // gone, or nobody listens: the browser asks again if it wants
		}
		select {
		case <-s.visit.Context().Done():
			return
		case <-tick.C:
		}
		if time.Since(checked) >= sessionCheck {
			checked = time.Now()
			if !s.console.stillIn(s.visit) {
				return
			}
		}
	}
}

// push sends one message if anything changed, or if it was silent for long.
func (s *stream) push() error {
	now := s.console.cfg.Now()
	s.visit.say.Now = now
	p := s.console.page(s.visit, "", "")
	p.Here = s.here
	p.Filter = readFilter(s.visit.URL.Query())
	list, err := s.parts(s.visit, &p)
	if err != nil {
		return err
	}
	rendered, err := s.console.renderParts(p, list)
	if err != nil {
		s.console.log.Error("a live page cannot be rendered", "error", err)
		return err
	}
	d := s.changes(rendered)
	d.Notice, d.At = p.Notice, s.visit.say.Moment(now)
	if len(d.Parts) == 0 && len(d.Slots) == 0 && d.Notice == s.notice && time.Since(s.pushed) < quietLimit {
		return nil
	}
	s.notice, s.pushed = d.Notice, time.Now()
	return s.send(d)
}

// changes finds what the browser does not have yet.
func (s *stream) changes(parts []rendered) delta {
	d := delta{Parts: map[string]string{}, Slots: map[string][]string{}}
	seen, order := map[string]string{}, map[string][]string{}
	for _, one := range parts {
		seen[one.id] = one.print
		order[one.slot] = append(order[one.slot], one.id)
		if s.seen[one.id] != one.print {
			d.Parts[one.id] = string(one.html)
		}
	}
	for _, slot := range []string{"rows", "list"} { // the others hold the same always
		if ids := order[slot]; !slices.Equal(ids, s.order[slot]) {
			d.Slots[slot] = ids
		}
	}
	s.seen, s.order = seen, order
	return d
}

func (s *stream) send(d delta) error {
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("a live message: %w", err)
	}
	_ = s.control.SetReadDeadline(time.Time{}) // the server's own limit would end the stream
	_ = s.control.SetWriteDeadline(time.Now().Add(pushLimit))
	if _, err := fmt.Fprintf(s.out, "data: %s\n\n", body); err != nil {
		return err
	}
	if err := s.control.Flush(); err != nil {
		return err
	}
	// By HTTP/2 a deadline ends the stream when it passes, also while nothing is
	// being written.
	return s.control.SetWriteDeadline(time.Time{})
}

// readSeen is what the browser says that it has: id:fingerprint, with commas.
func readSeen(query url.Values) map[string]string {
	seen := map[string]string{}
	for pair := range strings.SplitSeq(query.Get("seen"), ",") {
		if id, print, ok := strings.Cut(pair, ":"); ok {
			seen[id] = print
		}
	}
	return seen
}

// streams counts event streams, so that nobody can open them without end.
type streams struct {
	mu   sync.Mutex
	all  int
	user map[string]int
}

func newStreams() *streams { return &streams{user: map[string]int{}} }

func (s *streams) enter(user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= mostStreams || s.user[user] >= mostUserStreams {
		return false
	}
	s.all++
	s.user[user]++
	return true
}

func (s *streams) leave(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.user[user]--; s.user[user] == 0 {
		delete(s.user, user)
	}
}
