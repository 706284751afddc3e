package rate

import (
	"testing"
	"time"
)

const buffer = 128 << 10 // bytes, of an ingest's host

// slowly has an ingest that reads 2000 kbit/s and gets more, until its window
// has been closed for a second.
func (k *desk) slowly() {
	k.obs.PeerWindow = buffer
	k.free(6 * time.Second)
	k.pass(time.Second, 3000, func(o *Observation) { o.PeerWindow -= 1000 * 50 / 8 })
	k.pass(time.Second, 2000, func(o *Observation) {
		aged(150 * ms)(o)
		o.PeerWindow, o.ReceiverLimited = 0, o.ReceiverLimited+40*ms
	})
}

func TestWhatASlowIngestLeftUnreadIsDrainedLikeAQueue(t *testing.T) {
	k := newDesk(t)
	k.slowly()
	k.obs.QueueAge, k.obs.QueuedBytes, k.obs.InFlight, k.obs.RTT = 0, 0, 0, k.obs.MinRTT
	for range 30 {
		sent := k.c.kbps
		k.pass(50*ms, int(sent), func(o *Observation) { o.PeerWindow += int(2000-sent) * 50 / 8 })
		if k.obs.PeerWindow > buffer-8<<10 { // 33 ms
			k.free(500 * ms)
			k.want(Probe, 1600, 2100)
			return
		}
		if k.d.Reason != ReceiverLimited && k.d.Reason != Hold || k.d.Kbps > 1900 {
			t.Fatalf("%+v with %d bytes unread", k.d, buffer-k.obs.PeerWindow)
		}
	}
	t.Errorf("%d bytes are unread after 1.5 s", buffer-k.obs.PeerWindow)
}

func TestASmallLeftoverOfASlowIngestEndsTheClimb(t *testing.T) {
	k := newDesk(t)
	k.slowly()
	k.obs.PeerWindow = buffer
	k.free(2 * time.Second)
	k.obs.PeerWindow -= 16 << 10 // 60 ms at 2000 kbit/s
	k.free(400 * ms)
	before := k.d.Kbps
	k.free(500 * ms)
	k.want(ReceiverLimited, before, before)
}

func TestAWindowThatShrinksAloneIsNoSlowIngest(t *testing.T) {
	k := newDesk(t)
	k.obs.PeerWindow = 256 << 10
	k.free(6 * time.Second)
	before := k.d.Kbps
	k.obs.PeerWindow = 64 << 10
	k.free(2 * time.Second)
	if k.d.Reason == ReceiverLimited || k.d.Kbps < before {
		t.Errorf("%d -> %+v", before, k.d)
	}
}

func TestAWindowThatIsSmallerForGoodIsTakenForTheWholeInTime(t *testing.T) {
	k := newDesk(t)
	k.slowly()
	k.obs.PeerWindow = 64 << 10
	k.free(2 * widestSpan)
	if k.d.Reason == ReceiverLimited {
		t.Errorf("%+v a minute later", k.d)
	}
}

func TestWhatPilesUpUnreadIsAnsweredBeforeTheWindowCloses(t *testing.T) {
	k := newDesk(t)
	k.slowly()
	k.obs.PeerWindow = buffer
	k.free(2 * time.Second)
	before := k.d.Kbps
	for range 20 {
		k.pass(50*ms, before, func(o *Observation) { o.PeerWindow -= before * 50 / 8 / 3 }) // two thirds are read
	}
	if k.d.Kbps > before*3/4 {
		t.Errorf("%d -> %+v with %d bytes unread", before, k.d, buffer-k.obs.PeerWindow)
	}
}
