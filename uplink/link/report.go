package link

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// Reports makes samples out of RTCP receiver reports, for one RTP stream over
// UDP. Only the highest sequence number, the cumulative loss and the echo of
// our sender report are believed: peers are known to fill FractionLost with
// garbage when nothing arrived in between. All methods may be called from any
// goroutine.
type Reports struct {
	clockRate int // Hz

	mu        sync.Mutex
	sent      uint64 // packets
	sentBytes uint64
	firstSeq  uint16

	sentReports [8]sentReport // newest last, to recognise the echo
	seen        uint64        // packets up to the highest one the peer reported
	lost        uint32        // the peer's cumulative count
	advanced    time.Time
	sample      Sample
}

// sentReport is a sender report on its way: the middle 32 bits of its NTP time
// come back in the receiver report.
type sentReport struct {
	ntp uint32
	at  time.Time
}

// NewReports counts for a stream whose first packet bears the sequence number
// first and whose RTP clock runs at clockRate Hz.
func NewReports(first uint16, clockRate int) *Reports {
	return &Reports{firstSeq: first, clockRate: clockRate}
}

// SentPacket notes a packet that left, with its size in bytes.
func (r *Reports) SentPacket(size int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent++
	r.sentBytes += uint64(size)
}

// SentReport notes a sender report that left at the given moment.
func (r *Reports) SentReport(ntp uint64, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	copy(r.sentReports[:], r.sentReports[1:])
	r.sentReports[len(r.sentReports)-1] = sentReport{ntp: uint32(ntp >> 16), at: at}
}

// Heard takes in a reception report about this stream that came at the given
// moment. Reports that contradict what was sent are ignored.
func (r *Reports) Heard(report rtcp.ReceptionReport, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen, ok := r.upTo(uint16(report.LastSequenceNumber))
	if !ok || seen < r.seen {
		return
	}
	if expected := seen - r.seen; expected > 0 {
		// A duplicate can make the count of lost packets fall.
		lost := min(uint64(max(0, int64(report.TotalLost)-int64(r.lost))), expected)
		r.sample.Loss = float64(lost) / float64(expected)
		r.lost = report.TotalLost
		r.seen = seen
		r.advanced = at
	}
	r.sample.Acked = max(r.sample.Acked, r.sentBytes*r.seen/r.sent)
	r.sample.Delivered = max(r.sample.Delivered, r.sentBytes*(r.seen-min(r.seen, uint64(r.lost)))/r.sent)
	if r.clockRate > 0 {
		r.sample.Jitter = time.Duration(report.Jitter) * time.Second / time.Duration(r.clockRate)
	}
	r.echo(report, at)
}

// upTo is how many packets were sent up to the last one with this sequence
// number; false when none was.
func (r *Reports) upTo(seq uint16) (uint64, bool) {
	if r.sent == 0 {
		return 0, false
	}
	last := r.firstSeq + uint16(r.sent-1)
	behind := uint64(last - seq) // modulo 2^16: no report is 65,536 packets late
	if behind >= r.sent {
		return 0, false
	}
	return r.sent - behind, true
}

// echo computes the round trip as RFC 3550, 6.4.1 does, but on our monotonic
// clock: arrival - departure of the report named in LSR - DLSR.
func (r *Reports) echo(report rtcp.ReceptionReport, at time.Time) {
	if report.LastSenderReport == 0 {
		return
	}
	for _, sent := range r.sentReports {
		if sent.ntp != report.LastSenderReport || sent.at.IsZero() {
			continue
		}
		held := time.Duration(report.Delay) * time.Second / 65536
		if rtt := at.Sub(sent.at) - held; rtt > 0 {
			r.sample.RTT = rtt
			if r.sample.MinRTT == 0 || rtt < r.sample.MinRTT {
				r.sample.MinRTT = rtt
			}
		}
		return
	}
}

// Sample is what the reports have told so far. Acked is in bytes: the sent
// bytes up to the highest packet that the peer has seen, at the mean packet
// size; Delivered is the same less what was lost.
func (r *Reports) Sample() Sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sample
}

// Advanced is when a report last named a higher packet than before; zero when
// none has.
func (r *Reports) Advanced() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.advanced
}
