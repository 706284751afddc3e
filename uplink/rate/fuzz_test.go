package rate

import (
	"encoding/binary"
	"math"
	"testing"
	"time"
)

// FuzzStep throws any values at a controller, many observations in a row.
func FuzzStep(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 300))
	ones := make([]byte, 300)
	for i := range ones {
		ones[i] = 0xff
	}
	f.Add(ones)
	f.Fuzz(func(t *testing.T, data []byte) {
		limits := Limits{FloorKbps: 300, CeilingKbps: 6000, StartKbps: 1000}
		c := New(limits)
		for len(data) >= 75 {
			d := c.Step(anyObservation(data))
			data = data[75:]
			if d.Kbps < limits.FloorKbps || d.Kbps > limits.CeilingKbps || d.CapacityKbps < 0 || d.Reason == "" {
				t.Fatalf("%+v", d)
			}
		}
		for i := range 400 { // however mad the past was, a sane line is believed again
			d := c.Step(Observation{Now: c.senses.last.Now + 50*time.Millisecond, Connected: true, Kernel: true,
				RTT: 50 * time.Millisecond, MinRTT: 50 * time.Millisecond, Acked: uint64(i) * 40000})
			if i == 399 && d.Kbps < 5400 {
				t.Fatalf("20 s of a free line at 6.4 Mbit/s: %+v", d)
			}
		}
	})
}

func anyObservation(b []byte) Observation {
	u := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	return Observation{
		Now: time.Duration(u(0)) % (1 << 55), QueueAge: time.Duration(u(1)), QueuedBytes: int(u(2)),
		Acked: u(3), Busy: time.Duration(u(4)), ReceiverLimited: time.Duration(u(5)),
		RTT: time.Duration(u(6)), MinRTT: time.Duration(u(7)), Loss: math.Float64frombits(u(8)),
		Connected: b[72]&1 > 0, Kernel: b[73]&1 > 0, Produced: u(1) ^ u(2),
	}
}
