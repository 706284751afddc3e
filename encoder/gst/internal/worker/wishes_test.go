package worker

import (
	"slices"
	"testing"
	"time"
)

// kept runs pictures at a rate through a limiter for a while and returns those
// that stay, as numbers.
func kept(l *limiter, rate, limit, n int) []int {
	var stay []int
	for i := range n {
		if !l.skips(time.Duration(i)*time.Second/time.Duration(rate), limit) {
			stay = append(stay, i)
		}
	}
	return stay
}

func TestALimiterKeepsAsManyPicturesAsAllowed(t *testing.T) {
	for _, tt := range []struct{ rate, limit, want int }{
		{30, 0, 300}, {30, 30, 300}, {30, 60, 300}, {30, 15, 150}, {30, 10, 100}, {25, 10, 100}, {30, 25, 250}, {30, 1, 10}, {60, 24, 240},
	} {
		if got := len(kept(&limiter{}, tt.rate, tt.limit, 10*tt.rate)); got < tt.want-1 || got > tt.want+1 {
			t.Errorf("%d a second limited to %d: %d in ten seconds, want %d", tt.rate, tt.limit, got, tt.want)
		}
	}
}

func TestALimiterBearsJitter(t *testing.T) {
	l := &limiter{}
	n := 0
	for i := range 300 {
		jitter := time.Duration(i*7919%7-3) * time.Millisecond
		if !l.skips(time.Second+time.Duration(i)*time.Second/30+jitter, 30) {
			n++
		}
	}
	if n < 298 {
		t.Errorf("%d of 300 jittering pictures stay", n)
	}
}

func TestALimiterStartsAnewAfterAJump(t *testing.T) {
	l := &limiter{}
	l.skips(time.Hour, 10)
	if l.skips(time.Second, 10) {
		t.Error("a picture after a jump back is left out")
	}
	if l.skips(2*time.Hour, 10) {
		t.Error("a picture after a gap is left out")
	}
	if !l.skips(2*time.Hour+20*time.Millisecond, 10) {
		t.Error("after a gap the limit is forgotten")
	}
}

func TestALimitThatBeginsCountsFromTheLastPicture(t *testing.T) {
	l := &limiter{}
	var stay []int
	for i := 1; i <= 12; i++ {
		fps := 0
		if i > 4 && i <= 10 {
			fps = 15
		}
		if !l.skips(time.Duration(i)*time.Second/30, fps) {
			stay = append(stay, i)
		}
	}
	if want := []int{1, 2, 3, 4, 6, 8, 10, 11, 12}; !slices.Equal(stay, want) {
		t.Errorf("pictures %v stay, want %v", stay, want)
	}
}

func TestWishesWaitForAPictureThatIsNotLeftOut(t *testing.T) {
	var w wishes
	l := &limiter{}
	w.setSize(640, 0, 10)
	w.setKbps(500)
	if got, ok := w.take(0, l); !ok || got.kbps != 500 || !got.resize || got.width != 640 || got.key {
		t.Errorf("first picture: %+v %v", got, ok)
	}
	w.forceKey()
	if _, ok := w.take(33*time.Millisecond, l); ok {
		t.Error("the second picture is not left out")
	}
	if got, ok := w.take(100*time.Millisecond, l); !ok || !got.key || got.kbps != 0 || got.resize {
		t.Errorf("third picture: %+v %v", got, ok)
	}
}

func TestKeyFramesAreOrderedWhenDue(t *testing.T) {
	k := keyClock{interval: time.Second}
	for i, tt := range []struct {
		ms     int
		epoch  int
		wished bool
		want   bool
	}{
		{0, 1, true, false}, // the first is one anyway
		{500, 1, false, false},
		{600, 1, true, true},
		{1500, 1, false, false},
		{1600, 1, false, true},
		{1700, 2, false, true},
		{1800, 2, false, false},
	} {
		if got := k.due(time.Duration(tt.ms)*time.Millisecond, tt.epoch, tt.wished); got != tt.want {
			t.Errorf("row %d: due is %v", i, got)
		}
	}
}
