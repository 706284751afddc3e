package turntable

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"studiobox/drivers/turntable/motion"
)

// steps is fifty thousand, or what STUDIOBOX_STEPS says (10000000 for the
// long run).
func steps(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("STUDIOBOX_STEPS"))
	if err != nil {
		return 50_000
	}
	t.Logf("%d steps", n)
	return n
}

// walker plays random lives of a whole table: people, conductor, emergency stop,
// guard and time. It knows by itself when the motor may have power and turn.
type walker struct {
	*testing.T
	rng    *rand.Rand
	table  *Turntable
	enable *gpiotest.Pin
	last   motion.Point
	looked time.Time

	pressed bool      // the emergency stop is
	tripped bool      // a fault is latched
	asked   bool      // a move was taken, and nothing has ended it
	lease   time.Time // end of the last renewal
	ended   time.Time // when a move was last ended
	hangs   bool      // the conductor does, and people wait

	moved, stops, refused, lapsed int
}

func TestNoRandomLifeOfATableMovesWithoutLeasePowerAndLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		moved, stops, refused, lapsed := 0, 0, 0, 0
		for left, life := steps(t), uint64(0); left > 0; life++ {
			w := newWalker(t, life)
			for range min(left, 2000) {
				w.step()
			}
			left -= 2000
			moved, stops, refused, lapsed = moved+w.moved, stops+w.stops, refused+w.refused, lapsed+w.lapsed
		}
		t.Logf("%d looks at a moving table, %d emergency stops, %d moves refused, %d leases ended", moved, stops, refused, lapsed)
		if moved == 0 || stops == 0 || refused == 0 || lapsed == 0 {
			t.Error("too little happened for the test to mean something")
		}
	})
}

func newWalker(t *testing.T, life uint64) *walker {
	rng := rand.New(rand.NewPCG(life, 11))
	pin := &gpiotest.Pin{N: "GPIO6"}
	limits := motion.Limits{Speed: 20 + 70*rng.Float64(), Acceleration: 30 + 100*rng.Float64(), Jerk: 100 + 500*rng.Float64()}
	table, err := New(Config{Limits: limits, Enable: Output{Pin: pin, ActiveHigh: true}})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.begin(); err != nil {
		t.Fatal(err)
	}
	table.open()
	w := &walker{T: t, rng: rng, table: table, enable: pin, looked: time.Now()}
	w.last = table.wish(time.Now())
	return w
}

func (w *walker) step() {
	time.Sleep(time.Duration(math.Pow(10, 5+3*w.rng.Float64()))) // 0.1 to 100 ms
	w.look()
	if w.asked && time.Now().After(w.lease) {
		w.end(w.lease)
		w.lapsed++
	}
	if w.rng.IntN(300) == 0 {
		w.hangs = !w.hangs
	}
	w.act()
	w.table.tick()
	w.look()
}

// look compares what the drive is told with what it may be told.
func (w *walker) look() {
	now := time.Now()
	p := w.table.wish(now)
	limits, dt := w.table.cfg.Limits, now.Sub(w.looked).Seconds()
	const slack = 1e-6
	powered := w.enable.Read() == gpio.High
	late := now.After(w.ended.Add(time.Duration(limits.StopTime()*float64(time.Second)) + ms))
	switch {
	case w.pressed && powered:
		w.Fatal("the motor has power while the emergency stop is pressed")
	case p.Moving() && !powered:
		w.Fatalf("told %+v without power", p)
	case p.Moving() && !w.asked && late:
		w.Fatalf("told %+v, %v after its lease, its stop or a fault", p, now.Sub(w.ended))
	case math.Abs(p.Speed) > limits.Speed*(1+slack) || math.Abs(p.Acceleration) > limits.Acceleration*(1+slack):
		w.Fatalf("told %+v, limits %+v", p, limits)
	case powered && math.Abs(p.Speed-w.last.Speed) > limits.Acceleration*dt+slack*limits.Speed:
		w.Fatalf("from %+v to %+v in %g s, limits %+v", w.last, p, dt, limits)
	case powered && math.Abs(p.Acceleration-w.last.Acceleration) > limits.Jerk*dt+slack*limits.Acceleration:
		w.Fatalf("from %+v to %+v in %g s, limits %+v", w.last, p, dt, limits)
	}
	if p.Moving() {
		w.moved++
	}
	w.last, w.looked = p, now
}

func (w *walker) act() {
	n := w.rng.IntN(1000)
	if w.hangs {
		n = 400 + n*6/10
	}
	switch {
	case n < 350:
		w.table.Renew()
		w.lease = time.Now().Add(motion.Lease)
	case n < 400:
		w.move()
	case n < 410:
		w.table.Stop("asked")
		w.end(time.Now())
	case n < 415:
		w.stops++
		w.pressed = true
		w.table.onEStop(true)
		w.trip()
	case n < 450:
		w.pressed = false
		w.table.onEStop(false)
	case n < 455:
		w.table.LosePower(errors.New("the guard is gone"))
		w.trip()
	case n < 480:
		err := w.table.Clear()
		if (err != nil) != w.pressed {
			w.Fatalf("cleared while pressed is %t: %v", w.pressed, err)
		}
		if err == nil && w.tripped {
			w.trip() // what was still under way ends now
			w.tripped = false
		}
	}
}

func (w *walker) move() {
	err := w.table.Move(motion.Move{
		Kind: motion.Spin, Speed: (w.rng.Float64()*2 - 1) * w.table.cfg.Limits.Speed,
	})
	if (err != nil) != w.tripped {
		w.Fatalf("a move after a fault (%t) was answered with %v", w.tripped, err)
	}
	if err != nil {
		w.refused++
		return
	}
	w.asked, w.lease = true, time.Now().Add(motion.Lease)
}

func (w *walker) end(at time.Time) {
	if w.asked {
		w.asked, w.ended = false, at
	}
}

// trip notes a fault: the wish stands at once, as the motor has no power.
func (w *walker) trip() {
	w.tripped = true
	w.end(time.Now())
	w.last, w.looked = w.table.wish(time.Now()), time.Now()
	if w.last.Moving() || w.enable.Read() == gpio.High {
		w.Fatalf("after a fault: told %+v, power %v", w.last, w.enable.Read())
	}
}
