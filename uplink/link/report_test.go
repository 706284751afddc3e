package link

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// sender is a stream of equal packets that begins just below the wrap of the
// sequence number.
func sender(packets int) *Reports {
	r := NewReports(65_530, 90_000)
	for range packets {
		r.SentPacket(1000)
	}
	return r
}

// report is a reception report that has seen n packets in all and lost some.
func report(n, lost int) rtcp.ReceptionReport {
	return rtcp.ReceptionReport{
		LastSequenceNumber: uint32(uint16(65_530 + n - 1)), // cycles left out: peers err there
		TotalLost:          uint32(lost),
		FractionLost:       255, // garbage
	}
}

func TestReportsAreJudgedBySequenceAdvance(t *testing.T) {
	now := time.Now()
	steps := []struct {
		name    string
		report  rtcp.ReceptionReport
		acked   uint64
		held    uint64
		loss    float64
		advance bool
	}{
		{"half has arrived", report(50, 0), 50_000, 50_000, 0, true},
		{"a quarter of the next was lost", report(70, 5), 70_000, 65_000, 0.25, true},
		{"nothing new: loss stays what it was", report(70, 5), 70_000, 65_000, 0.25, false},
		{"an older report is ignored", report(60, 5), 70_000, 65_000, 0.25, false},
		{"packets never sent are ignored", report(101, 5), 70_000, 65_000, 0.25, false},
		{"late packets make the count fall: no loss", report(90, 3), 90_000, 87_000, 0, true},
		{"more lost than expected is all", report(100, 1000), 100_000, 87_000, 1, true},
	}
	r := sender(100)
	for i, step := range steps {
		at := now.Add(time.Duration(i) * time.Second)
		r.Heard(step.report, at)
		s := r.Sample()
		if s.Acked != step.acked || s.Delivered != step.held || math.Abs(s.Loss-step.loss) > 1e-9 || r.Advanced().Equal(at) != step.advance {
			t.Errorf("%s: acked %d, delivered %d, loss %v, advanced %v", step.name, s.Acked, s.Delivered, s.Loss, r.Advanced().Equal(at))
		}
	}
}

func TestAReportBeforeAnyPacketIsIgnored(t *testing.T) {
	r := NewReports(7, 90_000)
	r.Heard(rtcp.ReceptionReport{LastSequenceNumber: 7}, time.Now())
	if !r.Advanced().IsZero() || r.Sample() != (Sample{}) {
		t.Errorf("%+v", r.Sample())
	}
}

func TestTheRoundTripComesFromTheEchoOfOurReport(t *testing.T) {
	r := sender(10)
	start := time.Now()
	r.SentReport(0x1111_2222_3333_4444, start)
	r.SentReport(0x1111_2224_3333_4444, start.Add(2*time.Second))
	echo := report(10, 0)
	echo.LastSenderReport = 0x2222_3333
	echo.Delay = 65536 * 5 / 2 // 2.5 s
	echo.Jitter = 900
	r.Heard(echo, start.Add(2580*time.Millisecond))
	if s := r.Sample(); s.RTT != 80*time.Millisecond || s.MinRTT != s.RTT || s.Jitter != 10*time.Millisecond {
		t.Errorf("round trip %v, least %v, jitter %v", s.RTT, s.MinRTT, s.Jitter)
	}
	echo.LastSenderReport = 0x5555_5555 // none of ours
	r.Heard(echo, start.Add(9*time.Second))
	echo.LastSenderReport, echo.Delay = 0x2222_3333, 65536*60 // held longer than it was away
	r.Heard(echo, start.Add(9*time.Second))
	if s := r.Sample(); s.RTT != 80*time.Millisecond {
		t.Errorf("a foreign or impossible echo gives %v", s.RTT)
	}
}
