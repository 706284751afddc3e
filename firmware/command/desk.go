package command

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

// Message is one message of the fleet side, as it came.
type Message struct {
	Kind     contract.Kind
	Payload  []byte
	Retained bool
	At       time.Time
}

// Hands is the box, as orders and wishes see it.
type Hands interface {
	// Situation is how the box is right now; it does not wait.
	Situation() Situation
	// Perform does what was ordered, and returns when it is done or cannot be.
	// A restart returns once it is arranged. The error may be a *[Failed].
	Perform(ctx context.Context, c contract.Command) error
	// Apply puts wished settings in force; a zero field is what the box itself
	// has. It does not wait.
	Apply(w contract.Want)
}

// Voice is the way back. No method waits.
type Voice interface {
	Answer(a contract.Ack)
	Settle(g contract.Got)
	Audit(code, severity, detail, by string)
}

// Failed is the error of an order that was begun and came to nothing.
type Failed struct {
	Why    contract.Refusal
	Detail string // a code, for the audit
}

// Error tells both.
func (f *Failed) Error() string { return string(f.Why) + " " + f.Detail }

// Config says for whom a desk works.
type Config struct {
	Box  string        // addressee of this box, see contract.Addressee
	Keys *seal.Keyring // nil: nobody is obeyed, and whoever asks is told so
	// Rates are the business's own limits.
	Rates Rates
}

// The limits of a desk.
const (
	// waiting is how many orders may wait for those before them.
	waiting = 64
	// ordersPerSecond is more than a person or a service means.
	ordersPerSecond, ordersBurst = 1, 120
	// Answers to refused messages: to orders played again, whose sender may have
	// missed the first answer; to others with a readable id; and without one. A
	// line full of rubbish carries few answers, and those that matter must be
	// among them.
	replaysPerSecond, replaysBurst   = 4, 60
	namedPerSecond, namedBurst       = 1, 20
	namelessPerSecond, namelessBurst = 0.2, 5
	// auditsPerMinute is how many refusals of signed commands are told one by one.
	auditsPerMinute, auditsBurst = 6, 20
	// wishesPerSecond is how many known wishes are looked at again, and how many
	// refusals of wishes are told.
	wishesPerSecond, wishesBurst = 0.2, 8
	// keepEvery is how often the ledger is asked whether it has something to keep.
	keepEvery = time.Minute
)

// Desk takes what comes from the fleet side. Reading never waits for the disk or
// for an order under way, and a stop waits for nothing.
type Desk struct {
	cfg    Config
	ledger *Ledger
	hands  Hands
	voice  Voice
	log    *slog.Logger

	inbox   <-chan Message
	stops   chan order
	orders  chan order
	wishes  chan wished
	running sync.WaitGroup

	work   bucket // of the reader, in seconds of a core: seals that are new
	second bucket // of the reader: those that come again
	sight  sight  // of the reader
	price  func(measured time.Duration) time.Duration
	memory memory             // of the reader
	again  bucket             // of the reader: wishes that it knows
	valid  map[string]*bucket // of the worker, by signer
	denied bucket             // of the worker
	wish   Wish               // of the worker
	told   contract.Got       // of the worker: what was settled last

	mu       sync.Mutex
	waits    map[string]bool // ids of orders that are not decided yet
	replays  bucket
	named    bucket
	nameless bucket
	audits   bucket
	tally    tally
}

// order is a command whose seal was good.
type order struct {
	contract.Command
	who string
}

// wished are settings whose seal was good. Of those that are refused for what
// they are only the revision is known.
type wished struct {
	contract.Want
	who string
	why contract.Refusal
}

// New makes a desk. Nothing is read before Run.
func New(cfg Config, inbox <-chan Message, ledger *Ledger, hands Hands, voice Voice, log *slog.Logger) *Desk {
	return &Desk{
		cfg: cfg, ledger: ledger, hands: hands, voice: voice, log: log,
		inbox: inbox, stops: make(chan order, 8), orders: make(chan order, waiting), wishes: make(chan wished, 4),
		memory:   newMemory(),
		waits:    map[string]bool{},
		work:     bucket{perSecond: coreShare, burst: coreBurst},
		second:   bucket{perSecond: againShare, burst: againBurst},
		price:    priced,
		again:    bucket{perSecond: wishesPerSecond, burst: wishesBurst},
		valid:    map[string]*bucket{},
		denied:   bucket{perSecond: wishesPerSecond, burst: wishesBurst},
		replays:  bucket{perSecond: replaysPerSecond, burst: replaysBurst},
		named:    bucket{perSecond: namedPerSecond, burst: namedBurst},
		nameless: bucket{perSecond: namelessPerSecond, burst: namelessBurst},
		audits:   bucket{perSecond: auditsPerMinute / 60.0, burst: auditsBurst},
	}
}

// Run puts the kept wish in force, tells what became of orders that a restart
// interrupted, and then works until ctx ends and no order is under way.
func (d *Desk) Run(ctx context.Context) error {
	d.resume()
	d.running.Go(func() { d.obeyStops(ctx) })
	d.running.Go(func() { d.obey(ctx) })
	d.read(ctx)
	d.running.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tellTally()
	return nil
}

// read sifts what comes in until ctx ends.
func (d *Desk) read(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-d.inbox:
			d.sift(m, time.Now())
		case now := <-ticker.C:
			d.mu.Lock()
			if due := d.tally.due(); !due.IsZero() && !now.Before(due) {
				d.tellTally()
			}
			d.mu.Unlock()
			d.situation(now) // a clock that has been set since settles the ledger
		}
	}
}

func (d *Desk) obeyStops(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-d.stops:
			d.decide(ctx, o, time.Now())
		}
	}
}

func (d *Desk) obey(ctx context.Context) {
	ticker := time.NewTicker(keepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-d.orders:
			d.decide(ctx, o, time.Now())
		case w := <-d.wishes:
			d.grant(w, time.Now())
		case <-ticker.C:
			d.keepMarks()
		}
	}
}
