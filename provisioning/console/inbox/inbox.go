// Package inbox is the consoles' ear and mouth at the MQTT broker: it hands on,
// decoded, what boxes say, and publishes commands and wished settings.
//
// Several consoles share the work: the broker gives each message to one of them
// ("shared subscription", $share/...). What the broker has kept is asked for at
// the start of each connection by a census, since shared subscriptions do not
// tell it. As in the box, each connection is a client of the library of its own.
//
// Events and acks are said once, and a box forgets them when the broker has them.
// They have a connection of their own, which a flood of other messages cannot
// fill, with a session that the broker keeps while the console is away. They are
// acknowledged to the broker only when they are stored (see Config.Commit), so
// that a console that is killed at any moment is given again whatever it did not
// store. What is given twice, the book knows by box, epoch and number.
//
// Events are not shared. Brokers deal a shared message to any member whose
// session they keep, present or not: Debian's mosquitto in turn, mochi at random.
// It then waits for an absent one, and is lost with the session of one that never
// returns, although others were there. So each console hears all events and all
// acks, which are few, and the book keeps each once: one is lost only if all
// consoles stay away for longer than the broker keeps their sessions.
//
// The broker needs room for what waits. In mosquitto.conf: max_queued_messages
// far above its default of 1000 (beyond, it drops what it has acknowledged to the
// box), persistence true, and a persistent_client_expiration of days, so that the
// session of a console that was taken down for good goes. When mosquitto is killed
// hard it forgets what came since it last saved, if no console was there to hear
// it. The embedded broker, mochi, keeps sessions in memory only, and forgets what
// is said in the very moment in which it hands a session over.
package inbox

import (
	"context"
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
	Broker string // tcp://host:port or ssl://host:port; the port defaults to 1883 or 8883
	// Client is the MQTT client id; with "-events" behind it that of the second
	// connection. It must differ from console to console and stay the same from
	// run to run, since the broker keeps events for it. Empty: a random one, and
	// nothing is kept.
	Client   string
	User     string // empty: no login
	Password string
	TLS      *tls.Config // for ssl://, with this console's certificate if the broker asks for one; nil: the system's authorities
	Alone    bool        // do not share: for a broker that takes $share for a plain topic. Two such consoles do each other's work twice

	// Take gets each message. Those of one box come one after another and in
	// order; those of several boxes at once. Events and acks come beside all
	// others, may come twice, and out of order when they waited at the broker.
	Take func(roster.Update)
	// Commit returns when all that Take was given before is stored and survives a
	// crash; give it [book.Book.Flush]. Events and acks are acknowledged to the
	// broker after that. Nil: after Take.
	Commit func(ctx context.Context) error
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
	Connected bool   // both connections are up
	Shared    bool   // the broker divides the messages among consoles
	LastError string // why it is not connected; one line, empty while connected
	Connects  uint64 // of the first connection
	Received  uint64 // messages
	Dropped   uint64 // thrown away because more came than could be taken
	Refused   uint64 // could not be read: not of this contract
	Retained  uint64 // were kept by the broker
	Waiting   int    // arrived and not yet taken; events: not yet being stored
	Censuses  uint64 // completed
}

// Inbox is one console's connections.
type Inbox struct {
	cfg     Config
	passing bool // the client id is not known to anybody: the broker shall keep nothing for it
	broker  endpoint
	log     *slog.Logger
	pace    pace
	lanes   []chan arrival
	events  chan arrival

	received, dropped, refused, retained atomic.Uint64

	mu    sync.Mutex
	state state
	link  *link // of the first connection; nil while not connected
}

// state is what is told by Stats.
type state struct {
	Stats
	lines [2]line
}

// The two connections.
const (
	lineNews   = iota // what is worth only its moment, and commands
	lineEvents        // what must not be lost
)

// line is how a connection goes.
type line struct {
	up  bool
	why string // it is not up
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
	again          time.Duration // until what was refused is tried once more
}

// realPace brings a console back before most boxes: health that they tell a
// broker while no console listens is lost. Consoles are few, and the broker
// stands near them, so that one attempt in 5 s hurts nobody.
func realPace() pace {
	return pace{
		first: 250 * time.Millisecond, longest: 5 * time.Second, settle: time.Minute,
		dial: 15 * time.Second, write: 5 * time.Second, ack: 10 * time.Second,
		quiet: time.Second, census: time.Minute, again: time.Second,
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
	i := &Inbox{cfg: cfg, passing: cfg.Client == "", broker: broker, log: log, pace: realPace(), events: make(chan arrival, mostUnacked)}
	if i.passing {
		i.cfg.Client = newClient()
	}
	for range lanes {
		i.lanes = append(i.lanes, make(chan arrival, laneLength))
	}
	return i, nil
}

// Stats tells how the listening goes. Safe to call at any time.
func (i *Inbox) Stats() Stats {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := i.state.Stats
	s.Connected, s.LastError = true, ""
	for _, line := range i.state.lines {
		s.Connected = s.Connected && line.up
		if s.LastError == "" {
			s.LastError = line.why
		}
	}
	s.Waiting = len(i.events)
	s.Received, s.Dropped, s.Refused, s.Retained = i.received.Load(), i.dropped.Load(), i.refused.Load(), i.retained.Load()
	for _, lane := range i.lanes {
		s.Waiting += len(lane)
	}
	return s
}

// note changes the figures.
func (i *Inbox) note(change func(*state)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change(&i.state)
}
