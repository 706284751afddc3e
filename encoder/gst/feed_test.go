package gst

import (
	"testing"
	"time"

	"studiobox/encoder/gst/internal/wire"
	"studiobox/encoder/unit"
)

// group makes n units from number first on; those whose number is a multiple
// of gop are keys. PTS is the number in ms.
func group(first, n, gop int) []*unit.Unit {
	var units []*unit.Unit
	for i := first; i < first+n; i++ {
		units = append(units, &unit.Unit{PTS: time.Duration(i) * time.Millisecond, Key: i%gop == 0, NALUs: [][]byte{{1}}})
	}
	return units
}

// sentEntry is what a child would get.
type sentEntry struct {
	ms    int
	flags uint8
}

func sendAll(f *feed, now time.Time) []sentEntry {
	var got []sentEntry
	for {
		e, ok := f.next(now)
		if !ok {
			return got
		}
		got = append(got, sentEntry{int(e.unit.PTS / time.Millisecond), e.flags})
	}
}

const (
	plain     = uint8(0)
	decode    = wire.DecodeOnly
	restarted = wire.Restart
)

func expect(t *testing.T, got []sentEntry, want ...sentEntry) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func runningFeed(now time.Time) *feed {
	f := newFeed(func() {})
	f.begin(now)
	return f
}

func putAll(f *feed, units []*unit.Unit, now time.Time) {
	for _, u := range units {
		f.put(u, now)
	}
}

func TestAFeedStartsWithAKeyFrame(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	putAll(f, group(3, 4, 5), now)
	expect(t, sendAll(f, now), sentEntry{5, restarted}, sentEntry{6, plain})
	if f.dropped != 2 || f.in != 4 {
		t.Errorf("in %d dropped %d, want 4 and 2", f.in, f.dropped)
	}
}

func TestAFeedIgnoresAudio(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	f.put(&unit.Unit{Track: unit.Audio, Key: true}, now)
	if got := sendAll(f, now); len(got) != 0 || f.in != 0 {
		t.Errorf("sent %v", got)
	}
}

func TestAPrimedFeedSendsReferencesAndThenUnits(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	putAll(f, group(0, 3, 5), now)
	f.prime(group(5, 3, 5), now)
	putAll(f, group(8, 1, 5), now)
	expect(t, sendAll(f, now), sentEntry{5, decode | restarted}, sentEntry{6, decode}, sentEntry{7, decode}, sentEntry{8, plain})
	if _, ok := f.answer(6 * time.Millisecond); ok {
		t.Error("a reference has a picture")
	}
	if _, ok := f.answer(8 * time.Millisecond); !ok {
		t.Error("the unit has no picture")
	}
}

func TestPrimingWithoutAKeyFrameWaitsForOne(t *testing.T) {
	now := time.Now()
	for _, prime := range [][]*unit.Unit{nil, group(6, 2, 5)} {
		f := runningFeed(now)
		putAll(f, group(0, 1, 5), now)
		sendAll(f, now)
		f.prime(prime, now)
		putAll(f, group(8, 4, 5), now)
		expect(t, sendAll(f, now), sentEntry{10, restarted}, sentEntry{11, plain})
	}
}

func TestPrimingForgetsPicturesOfEarlierUnits(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	putAll(f, group(0, 3, 5), now)
	sendAll(f, now)
	f.prime(group(5, 2, 5), now)
	if _, ok := f.answer(2 * time.Millisecond); ok {
		t.Error("a picture of the earlier stretch came through")
	}
}

func TestANewChildDecodesTheGroupAgain(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	putAll(f, group(0, 7, 5), now)
	sendAll(f, now)
	f.end()
	putAll(f, group(7, 1, 5), now.Add(100*time.Millisecond)) // while nobody runs
	now = now.Add(200 * time.Millisecond)
	f.begin(now)
	putAll(f, group(8, 1, 5), now)
	expect(t, sendAll(f, now), sentEntry{5, decode | restarted}, sentEntry{6, decode}, sentEntry{7, decode}, sentEntry{8, plain})
}

func TestANewChildDoesNotDecodeAStreamThatEndedLongAgo(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	putAll(f, group(0, 7, 5), now)
	sendAll(f, now)
	f.end()
	now = now.Add(gopAge + time.Second)
	f.begin(now)
	putAll(f, group(7, 4, 5), now)
	expect(t, sendAll(f, now), sentEntry{10, restarted})
}

func TestAGroupThatIsTooLongIsNotRemembered(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	for _, u := range group(0, gopUnits+10, 10000) {
		f.put(u, now)
		sendAll(f, now)
	}
	f.end()
	f.begin(now)
	if got := sendAll(f, now); len(got) != 0 {
		t.Errorf("%d units are decoded again", len(got))
	}
}

func TestLateUnitsBecomeReferences(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	putAll(f, group(0, 2, 5), now)
	f.put(group(2, 1, 5)[0], now.Add(lateAfter/2))
	expect(t, sendAll(f, now.Add(lateAfter+time.Millisecond)),
		sentEntry{0, decode | restarted}, sentEntry{1, decode}, sentEntry{2, plain})
	f.put(group(3, 1, 5)[0], now)
	expect(t, sendAll(f, now.Add(time.Hour)), sentEntry{3, plain}) // nothing newer is there
	if f.skipped != 2 {
		t.Errorf("skipped %d, want 2", f.skipped)
	}
}

func TestAnOverflowDropsUpToTheNextKeyFrame(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	putAll(f, group(0, queueLimit+1, 50), now)
	got := sendAll(f, now)
	if got[0] != (sentEntry{50, restarted}) || got[len(got)-1].ms != queueLimit || f.dropped != 50 {
		t.Errorf("sent %v to %v, dropped %d", got[0], got[len(got)-1], f.dropped)
	}
	// Without a key frame in the queue all of it goes, and the next one is awaited.
	f = runningFeed(now)
	putAll(f, group(0, queueLimit+2, 200), now)
	if got := sendAll(f, now); len(got) != 0 || f.dropped != queueLimit+2 {
		t.Errorf("sent %v, dropped %d", got, f.dropped)
	}
	putAll(f, group(199, 2, 200), now)
	expect(t, sendAll(f, now), sentEntry{200, restarted})
}

func TestALongGroupOfReferencesIsNoBacklog(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	f.prime(group(0, 2*queueLimit, 1000), now)
	putAll(f, group(2*queueLimit, 3, 1000), now)
	if got := sendAll(f, now); len(got) != 2*queueLimit+3 || f.dropped != 0 || f.primes != 0 {
		t.Errorf("%d sent, %d dropped", len(got), f.dropped)
	}
}

func TestPuttingAndSendingAllocatesNothing(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	units := group(0, 200, 50)
	putAll(f, units[:100], now)
	sendAll(f, now)
	if n := testing.AllocsPerRun(20, func() {
		for _, u := range units {
			f.put(u, now)
			f.next(now)
			f.answer(u.PTS)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRawPicturesWaitInFewBuffersAndTheNewestWin(t *testing.T) {
	f := newFrames(4, func() {})
	f.put(0, time.Now(), []byte{9, 9, 9, 9}) // nobody runs
	f.begin()
	for i := range byte(5) {
		f.put(time.Duration(i), time.Now(), []byte{i, i, i, i})
	}
	f.put(9, time.Now(), []byte{1}) // of a wrong size
	if f.in != 7 || f.dropped != 4 {
		t.Errorf("in %d dropped %d, want 7 and 4", f.in, f.dropped)
	}
	for i, r := range f.queue {
		if want := byte(2 + i); r.pts != time.Duration(want) || r.i420[0] != want {
			t.Errorf("picture %d is number %d with %v", i, r.pts, r.i420)
		}
	}
	f.end()
	if f.dropped != 7 || len(f.free) != frameQueue {
		t.Errorf("dropped %d, %d buffers, want 7 and %d", f.dropped, len(f.free), frameQueue)
	}
}

func TestSkippedUnitsBecomeReferencesUntilASecondHasPassed(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	putAll(f, group(10000, 2, 5000), now) // PTS is the number in ms
	expect(t, sendAll(f, now), sentEntry{10000, restarted}, sentEntry{10001, plain})
	f.setSkip(true)
	for _, ms := range []int{10002, 10500, 11000, 11001, 11002, 12000, 12001} {
		putAll(f, group(ms, 1, 5000), now)
	}
	expect(t, sendAll(f, now), sentEntry{10002, decode}, sentEntry{10500, decode}, sentEntry{11000, decode},
		sentEntry{11001, plain}, sentEntry{11002, decode}, sentEntry{12000, decode}, sentEntry{12001, plain})
	f.setSkip(false)
	putAll(f, group(12002, 1, 5000), now)
	expect(t, sendAll(f, now), sentEntry{12002, plain})
	if f.skipped != 5 || f.dropped != 0 {
		t.Errorf("%d skipped, %d dropped, want 5 and 0", f.skipped, f.dropped)
	}
}

func TestSkippingGoesOnWhenTheSourcesTimeJumps(t *testing.T) {
	now := time.Now()
	f := runningFeed(now)
	f.setSkip(true)
	putAll(f, group(90000, 2, 5000), now)
	putAll(f, group(20, 2, 5000), now)
	expect(t, sendAll(f, now), sentEntry{90000, restarted}, sentEntry{90001, decode}, sentEntry{20, plain}, sentEntry{21, decode})
}
