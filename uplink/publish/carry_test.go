package publish_test

import (
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/uplink/ingesttest"
	"studiobox/uplink/publish"
)

func TestEveryUnitArrivesInOrderWithItsTimeAndKeyFlag(t *testing.T) {
	server, client := secured(t)
	for name, cfg := range map[string]setup{
		"tcp":   {},
		"rtsps": {ingest: ingesttest.Config{TLS: server}, publish: publish.Config{TLS: client}},
		"udp":   {ingest: ingesttest.Config{UDP: true}, publish: publish.Config{Transport: "udp"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t, cfg)
			s.publisher.SetMedia(media264())
			ended, stop := s.start()
			await(t, "recording", 3*time.Second, func() bool { return s.publisher.Stats().Connected })
			const frame = time.Second / 30
			var sent []*unit.Unit
			for n := range 90 {
				size := 700
				if n%30 == 0 {
					size = 40_000
				} else if n%7 == 0 {
					size = 5000
				}
				u := picture264(n, time.Hour+time.Duration(n)*frame, n%30 == 0, size)
				sent = append(sent, u)
				s.publisher.Put(u)
				time.Sleep(4 * time.Millisecond)
			}
			await(t, "all units", 3*time.Second, func() bool { return len(s.got()) >= len(sent) })
			same(t, sent, s.got())
			stop()
			if err := <-ended; err != nil {
				t.Errorf("a stopped session ends with %v", err)
			}
			stats := s.publisher.Stats()
			if stats.DroppedVideo != 0 || stats.SentVideo != 90 || stats.Sessions != 1 {
				t.Errorf("figures: %+v", stats)
			}
		})
	}
}

// same checks payload, order, flags and time differences. RTP time of video is
// exact to 1/90000 s, which may round both ways.
func same(t *testing.T, sent, got []*unit.Unit) {
	t.Helper()
	if len(got) != len(sent) {
		t.Fatalf("%d units arrived of %d", len(got), len(sent))
	}
	for i, u := range got {
		if numberOf(u) != numberOf(sent[i]) || u.Key != sent[i].Key || u.Size() != sent[i].Size() {
			t.Fatalf("unit %d: number %d key %v size %d, sent number %d key %v size %d", i,
				numberOf(u), u.Key, u.Size(), numberOf(sent[i]), sent[i].Key, sent[i].Size())
		}
		want := sent[i].PTS - sent[0].PTS
		if off := (u.PTS - got[0].PTS) - want; off.Abs() > 20*time.Microsecond {
			t.Fatalf("unit %d: %v after the first, sent %v after it", i, u.PTS-got[0].PTS, want)
		}
	}
}
