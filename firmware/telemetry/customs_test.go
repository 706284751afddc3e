package telemetry

import (
	"bytes"
	"io"
	"sync"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"studiobox/provisioning/contract"
)

// customs sees what passes between a box and its broker. An event has arrived
// when the broker has acknowledged it to the box: what a broker without a disk
// then does with it when it is killed is the broker's affair.
type customs struct {
	mu      sync.Mutex
	arrived map[string]bool // payloads
	events  []contract.Event
	repeats int
}

func newCustoms() *customs { return &customs{arrived: map[string]bool{}} }

// between is both ways of a connection, watched.
func (c *customs) between(near, far io.Reader) (up, down io.Reader) {
	sent := map[uint16][]byte{}
	up = io.TeeReader(near, &parser{see: func(p packets.ControlPacket) {
		if m, ok := p.(*packets.PublishPacket); ok && topicKind(m.TopicName) == contract.KindEvent {
			c.mu.Lock()
			sent[m.MessageID] = m.Payload
			c.mu.Unlock()
		}
	}})
	down = io.TeeReader(far, &parser{see: func(p packets.ControlPacket) {
		if ack, ok := p.(*packets.PubackPacket); ok {
			c.mu.Lock()
			defer c.mu.Unlock()
			if payload := sent[ack.MessageID]; payload != nil {
				c.take(payload)
			}
			delete(sent, ack.MessageID)
		}
	}})
	return up, down
}

func (c *customs) take(payload []byte) {
	if c.arrived[string(payload)] {
		c.repeats++
		return
	}
	c.arrived[string(payload)] = true
	if e, err := contract.ParseEvent(payload); err == nil {
		c.events = append(c.events, e)
	}
}

// check fails the test unless each of n events came, counted once, and no number
// is missing.
func (c *customs) check(t *testing.T, n int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	distinct := map[string]bool{}
	for _, e := range c.events {
		distinct[e.Det] = true
	}
	if gaps := missing(c.events); len(c.events) != n || len(distinct) != n || len(gaps) > 0 {
		t.Errorf("%d of %d events came, %d distinct; missing %v", len(c.events), n, len(distinct), gaps)
	}
	t.Logf("%d events came, %d of them more than once", len(c.events), c.repeats)
}

func topicKind(topic string) contract.Kind {
	t, _ := contract.ParseTopic(topic)
	return t.Kind
}

// parser makes packets of bytes.
type parser struct {
	rest bytes.Buffer
	see  func(packets.ControlPacket)
}

// Write takes bytes as they come.
func (p *parser) Write(b []byte) (int, error) {
	p.rest.Write(b)
	for {
		whole := bytes.NewReader(p.rest.Bytes())
		packet, err := packets.ReadPacket(whole)
		if err != nil {
			return len(b), nil // not all of it is here yet
		}
		p.rest.Next(p.rest.Len() - whole.Len())
		p.see(packet)
	}
}
