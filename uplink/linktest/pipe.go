package linktest

import (
	"math/rand/v2"
	"time"
)

// packet is one IP packet on its way.
type packet struct {
	data    []byte
	left    float64       // bytes that the line has still to serve
	arrived time.Duration // into the queue
	due     time.Duration // out of the line
}

// pipe is one direction of the line in virtual time: drop-tail queue, service
// by capacity, loss, delay. Times never fall from call to call.
type pipe struct {
	direction Direction
	capacity  capacity
	air       air
	dark      bool // blacked out by hand, beside direction.Blackouts

	clock  time.Duration // served up to here
	queue  fifo
	flight fifo
	queued int // bytes in queue
	spare  [][]byte
	counts Counts
	late   time.Duration // longest time that take came after due, since it was told
}

func newPipe(d Direction, seed, lane uint64) *pipe {
	return &pipe{
		direction: d, capacity: d.capacity(),
		air: air{Loss: d.Loss, random: rand.New(rand.NewPCG(seed, lane))},
	}
}

// offer puts a copy of an IP packet into the queue, or drops it when the
// queue is full. An empty queue takes any packet.
func (p *pipe) offer(now time.Duration, data []byte) {
	p.advance(now)
	if limit := p.capacity.kbps(now); limit > 0 && p.queue.len() > 0 &&
		p.queued+len(data) > p.direction.bound(limit) {
		p.counts.Dropped++
		return
	}
	p.queued += len(data)
	p.queue.push(packet{data: append(p.buffer(), data...), left: float64(len(data)), arrived: now})
	p.advance(now)
}

// take returns the next packet that has come through by now, nil when there
// is none. The caller gives its buffer back by recycle.
func (p *pipe) take(now time.Duration) []byte {
	p.advance(now)
	if p.flight.len() == 0 || p.flight.front().due > now {
		return nil
	}
	p.late = max(p.late, now-p.flight.front().due)
	data := p.flight.pop().data
	p.counts.Delivered++
	p.counts.DeliveredBytes += uint64(len(data))
	return data
}

// advance serves the queue up to now, blackouts aside.
func (p *pipe) advance(now time.Duration) {
	for p.clock < now {
		until, dark := p.stretch(p.clock)
		until = min(until, now)
		if !dark {
			p.counts.OfferedBytes += p.capacity.offered(p.clock, until)
			p.serve(p.clock, until)
		}
		p.clock = until
	}
	if _, dark := p.stretch(now); !dark {
		p.serve(now, now) // what costs no time: no limit, or the rest of an opportunity
	}
}

// serve moves packets from the queue into flight within (from, to].
func (p *pipe) serve(from, to time.Duration) {
	for p.queue.len() > 0 {
		head := p.queue.front()
		served, at := p.capacity.serve(from, to, head.left)
		head.left -= served
		if head.left > 0 {
			return
		}
		from = at
		done := p.queue.pop()
		p.queued -= len(done.data)
		if p.air.takes() {
			p.counts.Lost++
			p.recycle(done.data)
			continue
		}
		done.due = at + p.direction.Delay
		if n := p.flight.len(); n > 0 { // a delay that was shortened reorders nothing
			done.due = max(done.due, p.flight.back().due)
		}
		p.flight.push(done)
	}
}

// stretch is whether the line is dark at a time, and until when that holds.
func (p *pipe) stretch(at time.Duration) (until time.Duration, dark bool) {
	until, dark = never, p.dark
	for _, b := range p.direction.Blackouts {
		switch end := b.At + b.For; {
		case at < b.At:
			until = min(until, b.At)
		case at < end:
			until, dark = min(until, end), true
		}
	}
	return until, dark
}

// next is when something may come out: the latest time to call take again.
func (p *pipe) next() time.Duration {
	next := never
	if p.flight.len() > 0 {
		next = p.flight.front().due
	}
	if p.queue.len() == 0 {
		return next
	}
	until, dark := p.stretch(p.clock)
	if !dark {
		until = min(until, p.capacity.wake(p.clock, p.queue.front().left))
	}
	return min(next, until)
}

// waiting is how long the oldest packet has been in the queue.
func (p *pipe) waiting(now time.Duration) time.Duration {
	if p.queue.len() == 0 {
		return 0
	}
	return now - p.queue.front().arrived
}

func (p *pipe) buffer() []byte {
	if n := len(p.spare); n > 0 {
		b := p.spare[n-1]
		p.spare = p.spare[:n-1]
		return b[:0]
	}
	return make([]byte, 0, mtu)
}

func (p *pipe) recycle(b []byte) { p.spare = append(p.spare, b) }
