package broker

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
)

// handOver is how long a new session of a client waits for the end of the one
// before it.
const handOver = 5 * time.Second

var errTakenOver = errors.New("the client is back on another connection")

// sessions sees to it that a client's old session is over before its new one
// begins. The library lets both run for a moment, and then the end of the old
// one may take the new one's subscriptions with it: a client that is connected
// and hears nothing. In this order the old will also comes before the new birth.
type sessions struct {
	mu   sync.Mutex
	byID map[string]*session
	of   map[net.Conn]*session
}

type session struct {
	client *mqtt.Client
	over   chan struct{}
}

// begin ends the session of the same client id, if there is one, and waits for
// that.
func (s *sessions) begin(cl *mqtt.Client) {
	own := &session{client: cl, over: make(chan struct{})}
	s.mu.Lock()
	if s.byID == nil {
		s.byID, s.of = map[string]*session{}, map[net.Conn]*session{}
	}
	before := s.byID[cl.ID]
	s.byID[cl.ID], s.of[cl.Net.Conn] = own, own
	s.mu.Unlock()
	if before == nil {
		return
	}
	if secure, ok := before.client.Net.Conn.(*tls.Conn); ok {
		secure.NetConn().Close() // at once: TLS would say goodbye to somebody who may be gone
	}
	before.client.Stop(errTakenOver)
	timer := time.NewTimer(handOver)
	defer timer.Stop()
	select {
	case <-before.over:
	case <-timer.C:
	}
}

// end is called when the library has let go of a connection.
func (s *sessions) end(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.of[conn]
	if own == nil {
		return // it never began
	}
	delete(s.of, conn)
	if s.byID[own.client.ID] == own {
		delete(s.byID, own.client.ID)
	}
	close(own.over)
}
