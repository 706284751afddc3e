package publish

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	// knockEvery is the time between two attempts to connect. On average half
	// of it is added to an outage; one SYN costs 60 bytes.
	knockEvery = 250 * time.Millisecond
	// askName makes every fourth attempt ask for the ingest's name again: it
	// may have moved. The others go where the silent connection went.
	askName = 4
	// secondProof keeps attempts apart whose TLS or OPTIONS failed.
	secondProof = time.Second
)

// scout seeks a second connection to the ingest while the first is silent. TCP's
// back-off lets a connection sleep on for as long as the outage has lasted, and
// the kernel's SYN back-off does the same to a new one: so the scout knocks again
// and again with a new socket each time. It touches nothing that the ingest may
// hold of ours, see Publisher.reach.
type scout struct {
	publisher *Publisher

	woke time.Time // when the line was heard again, zero while it is silent

	done    chan struct{} // closed when the search is over; nil before it begins
	cancel  context.CancelFunc
	session *session // found; valid after done
	err     error    // why the search has no point; valid after done
}

// seek begins the search, and tells later whether it is over.
func (c *scout) seek(ctx context.Context, address string) (over bool) {
	c.woke = time.Time{}
	if c.done == nil {
		ctx, c.cancel = context.WithCancel(ctx)
		c.done = make(chan struct{})
		go func() {
			defer close(c.done)
			c.session, c.err = c.search(ctx, address)
		}()
	}
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// seeking tells whether there is a search.
func (c *scout) seeking() bool { return c.done != nil }

// found is closed when the search is over while the line is silent.
func (c *scout) found() <-chan struct{} {
	if !c.woke.IsZero() {
		return nil
	}
	return c.done
}

// succeeded tells whether the search has found a session.
func (c *scout) succeeded() bool {
	select {
	case <-c.done:
		return c.session != nil
	default:
		return false
	}
}

// wait gives what the search finds: a session that is through to OPTIONS, or why
// there will be none. It gives nothing when there is no search, or when ctx ends.
func (c *scout) wait(ctx context.Context) (*session, error) {
	if c.done == nil {
		return nil, nil
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		return nil, nil
	}
	found := c.session
	c.session = nil
	return found, c.err
}

// stop ends the search and drops what it has found.
func (c *scout) stop() {
	if c.done == nil {
		return
	}
	c.cancel()
	<-c.done
	if c.session != nil {
		c.session.drop()
	}
	*c = scout{publisher: c.publisher}
}

// search returns once an RTSP server has answered on a new connection, or has
// refused one: then the silence is no blackout. It returns nil for ctx.
func (c *scout) search(ctx context.Context, address string) (*session, error) {
	for ctx.Err() == nil {
		conn, err := c.knock(ctx, address)
		if conn == nil {
			return nil, err
		}
		began := time.Now()
		s, err := c.publisher.reach(ctx, func(context.Context) (net.Conn, error) { return conn, nil })
		if err == nil || !errors.Is(err, ErrDead) && ctx.Err() == nil {
			return s, err
		}
		_ = conn.Close() // where the library did not come to take it over
		pause(ctx, secondProof-time.Since(began))
	}
	return nil, nil
}

// knock dials until one attempt connects or is refused. Attempts overlap, since
// the round trip may be longer than the time between two; none outlives the
// return.
func (c *scout) knock(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	var attempts sync.WaitGroup
	defer attempts.Wait()
	defer cancel()
	answers := make(chan answer)
	next := time.NewTimer(0)
	defer next.Stop()
	for n := 1; ; {
		select {
		case <-ctx.Done():
			return nil, nil
		case a := <-answers:
			if a.conn != nil {
				return a.conn, nil
			}
			if errors.Is(a.err, syscall.ECONNREFUSED) {
				return nil, explainDial(a.err)
			}
		case <-next.C:
			next.Reset(knockEvery)
			byName := n%askName == 0
			attempts.Go(func() { c.attempt(ctx, address, byName, answers) })
			n++
		}
	}
}

// answer is how one attempt to connect ended.
type answer struct {
	conn net.Conn
	err  error
}

// attempt dials once and hands over the outcome while anyone wants it.
func (c *scout) attempt(ctx context.Context, address string, byName bool, answers chan<- answer) {
	bounded, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	var a answer
	if byName {
		a.conn, a.err = c.publisher.dialIngest(bounded)
	} else {
		a.conn, a.err = c.publisher.cfg.Dial(bounded, "tcp", address)
	}
	select {
	case answers <- a:
	case <-ctx.Done():
		if a.conn != nil {
			_ = a.conn.Close()
		}
	}
}

// pause waits; less when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
