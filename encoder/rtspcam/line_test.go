package rtspcam

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"

	"studiobox/encoder/unit"
)

func TestAfterALossPicturesResumeAtTheNextKey(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			// 8 packets a picture: the library's reordering gives a loss up after 64
			// more packets, well before the next loss.
			fake := &fakeCamera{t: t, film: film{setsInSDP: true, gop: 30, size: 11000, sound: opus()}}
			var lost atomic.Int64
			fake.lose = func(n int, _ *rtp.Packet) bool {
				if n%500 != 100 {
					return false
				}
				lost.Add(1)
				return true
			}
			fake.start()
			fake.roll(t.Context())
			cam, r, _ := pull(t, Config{URL: fake.url(""), Transport: transport})
			r.await(t, unit.Video, 100)
			units := r.all(unit.Video)
			breaks := 0
			for i, u := range units {
				if size := len(u.NALUs[len(u.NALUs)-1]); size != 11000 {
					t.Fatalf("a damaged picture of %d bytes got through", size)
				}
				if i > 0 && numberOf(u) != numberOf(units[i-1])+1 {
					breaks++
					if !u.Key {
						t.Errorf("picture %d follows %d and is no key", numberOf(u), numberOf(units[i-1]))
					}
				}
			}
			s := cam.Stats()
			if breaks == 0 || s.DroppedVideo == 0 {
				t.Fatalf("%d breaks, %d dropped: the test proves nothing", breaks, s.DroppedVideo)
			}
			if s.LostPackets < uint64(breaks) || s.LostPackets > uint64(lost.Load()) {
				t.Errorf("%d packets counted as lost, %d were", s.LostPackets, lost.Load())
			}
			for i, u := range r.all(unit.Audio) {
				if first := r.all(unit.Audio)[0]; numberOf(u) != numberOf(first)+i {
					t.Fatal("sound was dropped for a loss of the picture")
				}
			}
		})
	}
}

func TestPacketsThatMakeNoSenseAreCountedAndSkipped(t *testing.T) {
	t.Parallel()
	fake := &fakeCamera{t: t, film: film{setsInSDP: true, gop: 5, size: 500}}
	fake.lose = func(n int, p *rtp.Packet) bool {
		if n%20 == 7 {
			p.Payload = []byte{0x7a, 1, 2, 3} // type 26 exists in interleaved mode only
		}
		return false
	}
	fake.start()
	fake.roll(t.Context())
	cam, r, _ := pull(t, Config{URL: fake.url("")})
	units := r.await(t, unit.Video, 40)
	for i := 1; i < len(units); i++ {
		if numberOf(units[i]) != numberOf(units[i-1])+1 && !units[i].Key {
			t.Error("pictures resumed without a key")
		}
	}
	if s := cam.Stats(); s.CorruptPackets == 0 || s.LostPackets != 0 {
		t.Errorf("%d corrupt, %d lost", s.CorruptPackets, s.LostPackets)
	}
}

func TestSoundAndPictureMeetOverTheWire(t *testing.T) {
	for name, f := range map[string]film{
		"sound late, early reports":  {sound: opus(), audioLate: 250 * time.Millisecond, reportAfter: 50 * time.Millisecond},
		"sound late, late reports":   {sound: alaw(), audioLate: 250 * time.Millisecond, reportAfter: 1700 * time.Millisecond},
		"picture late, late reports": {sound: aac(), videoLate: 350 * time.Millisecond, reportAfter: 1700 * time.Millisecond},
		"nanoseconds for a fraction": {sound: opus(), audioLate: 120 * time.Millisecond, reportAfter: 900 * time.Millisecond, nanoReports: true},
		"no reports, equal delays":   {sound: opus()},
		"B-frames, sound late":       {sound: opus(), bFrames: true, audioLate: 250 * time.Millisecond, reportAfter: 500 * time.Millisecond},
		"over UDP, sound late":       {sound: mulaw(), audioLate: 250 * time.Millisecond, reportAfter: 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.setsInSDP = true
			f.wall = time.Date(2026, 3, 4, 5, 6, 7, 890_000_000, time.UTC)
			fake := &fakeCamera{t: t, film: f}
			fake.start()
			fake.roll(t.Context())
			transport := "tcp"
			if name == "over UDP, sound late" {
				transport = "udp"
			}
			cam, r, _ := pull(t, Config{URL: fake.url(""), Transport: transport})
			if f.reportAfter > 0 {
				waitFor(t, "the alignment", func() bool { return cam.Stats().Synced })
			}
			from := len(r.all(unit.Video))
			fromSound := len(r.all(unit.Audio))
			v := r.await(t, unit.Video, from+30)[from+1:]
			a := r.await(t, unit.Audio, fromSound+40)[fromSound+1:]
			// All pictures of a track have the same PTS at camera time zero.
			videoZero := v[0].PTS - time.Duration(numberOf(v[0]))*fake.film.every
			for _, u := range a {
				audioZero := u.PTS - time.Duration(numberOf(u))*frameTime(f.sound)
				if off := audioZero - videoZero; off.Abs() > 40*time.Millisecond {
					t.Fatalf("sound is off by %v", off)
				}
			}
		})
	}
}

// openFiles counts this process's file descriptors.
func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("needs /proc: %v", err)
	}
	return len(entries)
}

// Not parallel: it counts the process's goroutines and files.
func TestAThousandReconnectsLeaveNothingBehind(t *testing.T) {
	const rounds = 1000
	fake := &fakeCamera{t: t, film: film{setsInSDP: true, gop: 1, size: 500, every: 5 * time.Millisecond, sound: opus()}}
	fake.start()
	fake.roll(t.Context())
	var units atomic.Int64
	came := make(chan struct{}, 1)
	cam, err := New(Config{URL: fake.url(""), Epoch: time.Now()}, unit.SinkFunc(func(*unit.Unit) {
		units.Add(1)
		select {
		case came <- struct{}{}:
		default:
		}
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	round := func(n int) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- cam.Run(ctx) }()
		select {
		case <-came:
		case err := <-ended:
			t.Fatalf("round %d: %v", n, err)
		}
		if n%2 == 0 {
			cancel()
		} else {
			fake.hangUp()
		}
		if err := <-ended; err != nil && !errors.Is(err, ErrClosed) {
			t.Fatalf("round %d: %v", n, err)
		}
		select {
		case <-came:
		default:
		}
	}
	round(0)
	settled := func() bool {
		fake.mutex.Lock()
		defer fake.mutex.Unlock()
		return len(fake.conns) == 0
	}
	waitFor(t, "the end of the first connection", settled)
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	begun := time.Now()
	for n := 1; n <= rounds; n++ {
		round(n)
	}
	t.Logf("%d reconnects in %v", rounds, time.Since(begun).Round(time.Millisecond))
	waitFor(t, "the end of all connections", settled)
	waitFor(t, "the end of all goroutines", func() bool { return runtime.NumGoroutine() <= goroutines+2 })
	waitFor(t, "the end of all files", func() bool { return openFiles(t) <= files+2 })
	if units.Load() < rounds {
		t.Errorf("only %d units in %d connections", units.Load(), rounds)
	}
}
