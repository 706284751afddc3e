package publish_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/uplink/ingesttest"
	"studiobox/uplink/linktest"
	"studiobox/uplink/publish"
)

// onLine is a studio whose publisher and ingest are the ends of an emulated
// line with real kernel TCP.
func onLine(t *testing.T, cfg linktest.Config, kbps int) (*studio, *linktest.Line) {
	t.Helper()
	if err := linktest.Available(); err != nil {
		t.Skip("needs an emulated line: ", err)
	}
	line, err := linktest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- line.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		line.Close()
	})
	listener, err := line.Listen("tcp", line.FarAddr()+":8554")
	if err != nil {
		t.Fatal(err)
	}
	s := newStudio(t, setup{ingest: ingesttest.Config{Listener: listener}, publish: publish.Config{Dial: line.Dial}})
	s.publisher.SetMedia(mediaWithSound())
	s.feed(kbps)
	return s, line
}

func TestOnALineThatGetsSlowOldPicturesAreDroppedAndAllSoundArrives(t *testing.T) {
	t.Parallel()
	direction := linktest.Direction{Kbps: 6000, Delay: 25 * time.Millisecond}
	s, line := onLine(t, linktest.Config{Up: direction, Down: direction}, 2500)
	s.start()
	await(t, "media", 4*time.Second, func() bool { return len(s.got()) > 20 })
	line.SetKbps(800, 6000)
	before := s.publisher.Observe(time.Now())
	for end := time.Now().Add(6 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if age := s.publisher.Observe(time.Now()).QueueAge; age > publish.DefaultMaxAge*5/3+400*time.Millisecond {
			t.Errorf("the oldest unit is %v old", age)
		}
	}
	stats := s.publisher.Stats()
	if stats.DroppedVideo == 0 || stats.DroppedAudio != 0 {
		t.Errorf("dropped %d pictures and %d sounds on a line that carries a third", stats.DroppedVideo, stats.DroppedAudio)
	}
	after := s.publisher.Observe(time.Now())
	if kbps := float64(after.Acked-before.Acked) * 8 / 1000 / (after.Now - before.Now).Seconds(); kbps < 400 || kbps > 1100 {
		t.Errorf("%.0f kbit/s acknowledged on a line of 800", kbps)
	}
	decodable(t, s.track(unit.Video))
}

// decodable fails when a picture arrived without one it refers to: those since
// its key unit, which feed sends every 10 pictures.
func decodable(t *testing.T, pictures []*unit.Unit) {
	t.Helper()
	last := -1
	for _, u := range pictures {
		n := numberOf(u)
		if u.Key != (n%10 == 0) || !u.Key && n != last+1 {
			t.Fatalf("picture %d (key: %v) after picture %d", n, u.Key, last)
		}
		last = n
	}
}

func TestStoppingInABlackoutTakesLessThanASecond(t *testing.T) {
	t.Parallel()
	direction := linktest.Direction{Kbps: 8000, Delay: 20 * time.Millisecond}
	s, line := onLine(t, linktest.Config{Up: direction, Down: direction}, 2000)
	var stopped []time.Duration
	for n := range 20 {
		before := len(s.got())
		ended, stop := s.start()
		await(t, "media", 5*time.Second, func() bool { return len(s.got()) > before+5 })
		line.SetBlackout(true)
		time.Sleep(time.Duration(100+n*70) * time.Millisecond)
		at := time.Now()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("ended with %v", err)
		}
		stopped = append(stopped, time.Since(at))
		line.SetBlackout(false)
	}
	slices.Sort(stopped)
	t.Logf("stopped: median %v, p95 %v, max %v", stopped[10], stopped[18], stopped[19])
	if stopped[19] > time.Second {
		t.Errorf("stopping took up to %v", stopped[19])
	}
}

func TestABlackoutIsNoLongerOnAirAfterTwoSecondsAndDoesNotEndTheSession(t *testing.T) {
	t.Parallel()
	direction := linktest.Direction{Kbps: 8000, Delay: 20 * time.Millisecond}
	s, line := onLine(t, linktest.Config{Up: direction, Down: direction}, 2000)
	ended, _ := s.start()
	await(t, "media acknowledged", 5*time.Second, func() bool { return s.publisher.MediaAcked(time.Now(), time.Second) })
	line.SetBlackout(true)
	at := time.Now()
	await(t, "silence", 3*time.Second, func() bool { return !s.publisher.MediaAcked(time.Now(), 2*time.Second) })
	if took := time.Since(at); took < 1900*time.Millisecond {
		t.Errorf("off air after %v", took)
	}
	select {
	case err := <-ended:
		t.Errorf("the session ended: %v", err)
	case <-time.After(2 * time.Second):
	}
	line.SetBlackout(false)
	await(t, "media acknowledged again", 5*time.Second, func() bool { return s.publisher.MediaAcked(time.Now(), time.Second) })
}
