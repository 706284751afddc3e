package look

import (
	"fmt"
	"time"

	"studiobox/drivers/turntable/motion"
)

// Table is the move that goes with a look.
type Table string

// The moves.
const (
	AsItWas Table = ""
	Still   Table = "still"  // it comes to rest
	Slow    Table = "slow"   // a turn in 20 s
	Front   Table = "front"  // the front to the camera
	Window  Table = "window" // to and fro round the front
	Stops   Table = "stops"  // eight stops of three seconds, for close-ups
)

// Move is the motion that a setting stands for; false = it starts none.
func (t Table) Move() (motion.Move, bool) {
	switch t {
	case Slow:
		return motion.Move{Kind: motion.Spin, Speed: 18}, true
	case Front:
		return motion.Move{Kind: motion.Front, Speed: 45}, true
	case Window:
		return motion.Move{Kind: motion.PingPong, Speed: 20, Width: 60, Dwell: 500 * time.Millisecond}, true
	case Stops:
		return motion.Move{Kind: motion.Steps, Speed: 45, Stops: 8, Dwell: 3 * time.Second}, true
	}
	return motion.Move{}, false
}

// UnmarshalText refuses what is no setting.
func (t *Table) UnmarshalText(text []byte) error {
	switch asked := Table(text); asked {
	case AsItWas, Still, Slow, Front, Window, Stops:
		*t = asked
		return nil
	}
	return fmt.Errorf("table %q: it can be still, slow, front, window or stops", text)
}
