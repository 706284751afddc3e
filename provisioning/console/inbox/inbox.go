// Package inbox is the consoles' ear and mouth at the MQTT broker: it hands on,
// decoded, what boxes say, and publishes commands and wished settings.
//
// Several consoles share the work: the broker gives each message to one of them
// ("shared subscription", $share/...). What the broker has kept is asked for at
// the start of each connection by a census, since shared subscriptions do not
// tell it. As in the box, each connection is a client of the library of its own.
package inbox

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// Config says where to listen and as whom. The functions are called from the
// goroutines of Run; nil ones are not.
type Config struct {
	Broker   string // tcp://host:port or ssl://host:port; the port defaults to 1883 or 8883
	Client   string // MQTT client id; must differ from console to console; empty: a random one
	User     string // empty: no login
	Password string
	TLS      *tls.Config // for ssl://, with this console's certificate if the broker asks for one; nil: the system's authorities
	Alone    bool        // do not share: for a broker that takes $share for a plain topic. Two such consoles do each other's work twice

	// Take gets each message. Those of one box come one after another and in
	// order; those of several boxes at once.
	Take func(roster.Update)
	// Hear tells since when messages arrive; the zero time: they do not. Give it
	// to [roster.Roster.Hear].
	Hear func(since time.Time)
	// Applied tells how long after its arrival at the socket a message was taken.
	Applied func(kind contract.Kind, lag time.Duration)
	// Open opens wished settings as the broker keeps them; nil: they are not told.
	Open func(sealed []byte) (contract.Want, error)
}

// Stats is how the listening goes.
type Stats struct {
	Connected bool
	Shared    bool   // the broker divides the messages among consoles
	LastError string // why it is not connected; one line, empty while connected
	Connects  uint64
	Received  uint64 // messages
	Dropped   uint64 // thrown away because more came than could be taken
	Refused   uint64 // could not be read: not of this contract
	Retained  uint64 // were kept by the broker
	Waiting   int    // arrived and not yet taken
	Censuses  uint64 // completed
}

// Inbox is one console's connection.
type Inbox struct {
	cfg    Config
	broker endpoint
	log    *slog.Logger
	pace   pace
	lanes  []chan arrival

	received, dropped, refused, retained atomic.Uint64

	mu    sync.Mutex
	stats Stats
	link  *link // nil while not connected
}

// pace is every time constant; tests run a faster one.
type pace struct {
	first, longest time.Duration // limits of the wait between connections
	settle         time.Duration // a connection that lived so long was a good one
	dial           time.Duration
	write          time.Duration
	ack            time.Duration // limit for the broker to acknowledge
	quiet          time.Duration // without a kept message: the census of a kind is over
	census         time.Duration // limit for the census of one kind
}

// realPace brings a console back before most boxes: what they say at a broker
// while no console listens is lost. Consoles are few, and the broker stands near
// them, so that one attempt in 5 s hurts nobody.
func realPace() pace {
	return pace{
		first: 250 * time.Millisecond, longest: 5 * time.Second, settle: time.Minute,
		dial: 15 * time.Second, write: 5 * time.Second, ack: 10 * time.Second,
		quiet: time.Second, census: time.Minute,
	}
}

// New checks the configuration. Nothing is done before Run.
func New(cfg Config, log *slog.Logger) (*Inbox, error) {
	broker, err := parseBroker(cfg.Broker)
	if err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	if cfg.Take == nil {
		return nil, errors.New("inbox: nobody takes the messages")
	}
	if cfg.Client == "" {
		cfg.Client = newClient()
	}
	i := &Inbox{cfg: cfg, broker: broker, log: log, pace: realPace()}
	for range lanes {
		i.lanes = append(i.lanes, make(chan arrival, laneLength))
	}
	return i, nil
}

// Stats tells how the listening goes. Safe to call at any time.
func (i *Inbox) Stats() Stats {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := i.stats
	s.Received, s.Dropped, s.Refused, s.Retained = i.received.Load(), i.dropped.Load(), i.refused.Load(), i.retained.Load()
	for _, lane := range i.lanes {
		s.Waiting += len(lane)
	}
	return s
}

// note changes the figures.
func (i *Inbox) note(change func(*Stats)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change(&i.stats)
}
