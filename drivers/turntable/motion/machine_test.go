package motion

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

// bench is a machine whose lease somebody renews.
type bench struct {
	*Machine
	t   *testing.T
	now time.Duration
}

func newBench(t *testing.T) *bench {
	t.Helper()
	m, err := NewMachine(Gentle(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{Machine: m, t: t}
}

func (b *bench) do(m Move) {
	b.t.Helper()
	b.Renew(b.now)
	if err := b.Move(b.now, m); err != nil {
		b.t.Fatal(err)
	}
}

// after goes on with a lease renewed every 100 ms.
func (b *bench) after(d time.Duration) Point {
	for end := b.now + d; b.now < end; {
		b.now = min(b.now+100*ms, end)
		b.Renew(b.now)
	}
	return b.At(b.now)
}

func TestTheFrontIsPresentedTheShortWayAndWithoutTurningBack(t *testing.T) {
	b := newBench(t)
	b.do(Move{Kind: Front, Angle: 350})
	near(t, "from rest", b.after(10*time.Second).Angle, -10)
	b.do(Move{Kind: Spin, Speed: 60})
	b.after(5 * time.Second)
	from := b.At(b.now)
	b.do(Move{Kind: Front, Angle: math.Mod(from.Angle, 360) + 1})
	for range 100 {
		if p := b.after(100 * ms); p.Speed < -180 {
			t.Fatal("turned back by more than half a turn")
		}
	}
	end := b.At(b.now)
	near(t, "distance to the front", math.Remainder(end.Angle-from.Angle-1, 360), 0)
	if way := end.Angle - from.Angle; math.Abs(way) > 200+60 {
		t.Errorf("the way is %g degrees, not the short one", way)
	}
}

func TestNudgesAddUpThoughTheyComeFast(t *testing.T) {
	b := newBench(t)
	for range 3 {
		b.do(Move{Kind: Nudge, Angle: 5})
		b.after(20 * ms)
	}
	near(t, "angle", b.after(5*time.Second).Angle, 15)
	b.do(Move{Kind: Nudge, Angle: -7})
	near(t, "angle", b.after(5*time.Second).Angle, 8)
}

func TestPingPongStaysInItsWindowAndReachesBothEnds(t *testing.T) {
	b := newBench(t)
	b.do(Move{Kind: PingPong, Angle: 90, Width: 40, Speed: 20})
	b.after(6 * time.Second)
	low, high := math.Inf(1), math.Inf(-1)
	for range 1000 {
		p := b.after(20 * ms)
		low, high = min(low, p.Angle), max(high, p.Angle)
		if math.Abs(p.Speed) > 20+1e-9 {
			t.Fatalf("speed %g, asked for 20", p.Speed)
		}
	}
	if low < 70-1e-9 || low > 70.1 || high > 110+1e-9 || high < 109.9 {
		t.Errorf("window %g to %g, want 70 to 110", low, high)
	}
}

func TestCloseUpsStandAtEveryStopRoundTheRing(t *testing.T) {
	b := newBench(t)
	b.do(Move{Kind: Steps, Angle: 10, Stops: 4, Dwell: time.Second})
	var stood []float64
	for range 1500 {
		p := b.after(10 * ms)
		if !p.Moving() && (len(stood) == 0 || stood[len(stood)-1] != p.Angle) {
			stood = append(stood, p.Angle)
		}
	}
	for i, want := range []float64{10, 100, 190, 280, 370} {
		if len(stood) <= i {
			t.Fatalf("stood at %v only", stood)
		}
		near(t, "stop", stood[i], want)
	}
}

func TestCloseUpsAlwaysGoOnTheSameWay(t *testing.T) {
	b := newBench(t)
	b.do(Move{Kind: Steps, Stops: 2})
	for range 3000 {
		if p := b.after(10 * ms); p.Speed < 0 {
			t.Fatalf("turns back at %+v", p)
		}
	}
	if p := b.At(b.now); p.Angle < 900 {
		t.Errorf("came to %g degrees only in 30 s", p.Angle)
	}
}

func TestASpinGoesOnForHours(t *testing.T) {
	b := newBench(t)
	b.do(Move{Kind: Spin, Speed: -6})
	b.after(time.Hour)
	p := b.At(b.now)
	near(t, "speed", p.Speed, -6)
	if math.Abs(p.Angle+6*3600) > 6 {
		t.Errorf("angle %g after an hour at -6 deg/s", p.Angle)
	}
}

func TestAMoveWithoutRenewalEndsAndIsNeverResumed(t *testing.T) {
	b := newBench(t)
	b.do(Move{Kind: Spin, Speed: 60})
	b.now = Lease - ms
	if !b.At(b.now).Moving() {
		t.Error("stopped before the lease ended")
	}
	// nobody looks while the lease ends: the stop begins at its end all the same
	b.now = Lease + time.Duration(Gentle().StopTime()*float64(time.Second)) + ms
	end := b.At(b.now)
	if end.Moving() || !b.Resting(b.now) {
		t.Errorf("moves at %+v after lease and stop time", end)
	}
	if p := b.after(5 * time.Second); p != end {
		t.Errorf("a late renewal moved the table from %+v to %+v", end, p)
	}
}

func TestAnEmergencyStopFreezesAndReleaseNeverRestarts(t *testing.T) {
	b := newBench(t)
	b.do(Move{Kind: Spin})
	b.after(2 * time.Second)
	b.Cut(b.now)
	end := b.At(b.now)
	if end.Moving() {
		t.Fatalf("moves at %+v without power", end)
	}
	b.Renew(b.now)
	if err := b.Move(b.now, Move{Kind: Spin}); !errors.Is(err, ErrLatched) {
		t.Errorf("a move without power: %v", err)
	}
	b.Restore(b.now)
	if err := b.Move(b.now, Move{Kind: Spin}); !errors.Is(err, ErrLease) {
		t.Errorf("a move on the lease of before: %v", err)
	}
	if p := b.after(5 * time.Second); p != end {
		t.Errorf("release moved the table from %+v to %+v", end, p)
	}
	b.do(Move{Kind: Spin})
	if !b.after(time.Second).Moving() {
		t.Error("a new move after the release does nothing")
	}
}

func TestTheOriginMovesTheGoalsOfTheNextPart(t *testing.T) {
	b := newBench(t)
	b.SetOrigin(30)
	b.SetOrigin(math.NaN())
	b.do(Move{Kind: Front, Angle: 10})
	near(t, "angle", b.after(5*time.Second).Angle, 40)
}

func TestAMoveThatMakesNoSenseIsRefusedByName(t *testing.T) {
	for want, m := range map[string]Move{
		`no move is called "dance"`:             {Kind: "dance"},
		"width is 0, give 1 to 360":             {Kind: PingPong},
		"angle is 361, give -360 to 360":        {Kind: Nudge, Angle: 361},
		"stops is 1, give 2 to 360":             {Kind: Steps, Stops: 1},
		"dwell is -1s, give 0":                  {Kind: Steps, Stops: 2, Dwell: -time.Second},
		"speed, angle and width must be finite": {Kind: Spin, Speed: math.NaN()},
	} {
		b := newBench(t)
		b.Renew(0)
		err := b.Move(0, m)
		if !errors.Is(err, ErrMove) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if b.At(time.Second).Moving() {
			t.Error("a refused move moves")
		}
	}
}
