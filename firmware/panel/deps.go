package panel

import (
	"errors"
	"net"

	"studiobox/firmware/health"
	"studiobox/firmware/showlog"
)

// Config is what the page must be told once.
type Config struct {
	// Listener takes browsers, and their video over TCP where UDP is blocked.
	// Run closes it.
	Listener net.Listener
	// OpenLocal lets browsers on this same machine in without a press of the
	// button. It is for the demo.
	OpenLocal bool
	// Hosts are further names under which the page may be asked for. Addresses,
	// localhost, names without a dot and names in .local always may.
	Hosts []string
	// Text is a condition's or refusal's title and mend in "ja", "en" or "zh".
	// Empty strings mean that the code is unknown.
	Text func(code, lang string) (title, mend string)
}

// Snapshotter hands out the one picture of the box.
type Snapshotter interface {
	Snapshot() *health.Snapshot
	// Changed returns a channel that is closed once there is a newer picture
	// than the present one.
	Changed() <-chan struct{}
}

// Presser is the go-live button as the page presses it. Both calls return at once.
type Presser interface {
	PressDown()
	PressUp()
}

// Stopper ends the show at once, without a hold.
type Stopper interface {
	Stop()
}

// ErrEStop is why a table does not turn while the emergency stop is pressed.
var ErrEStop = errors.New("the emergency stop is pressed: turn its knob to release it")

// Studio is what moves and shines. None of the calls waits for the motion; a table
// that will not turn is an error, ErrEStop where that is why.
type Studio interface {
	SetTurntable(degPerS float64) error // 0 stops it
	TurnBy(deg float64) error
	SetLight(level float64) // 0 to 1, perceived
}

// Looks sets light, table and lens together. A look whose parts fail is an error
// that names them; what could be set stays set.
type Looks interface {
	SetLook(name string) error
}

// Line is the demo's emulated line; 0 kbit/s cuts it.
type Line interface {
	SetLineKbps(kbps int)
}

// RemoteStart records whether the business allows a start from afar.
type RemoteStart interface {
	AllowRemoteStart(allowed bool)
}

// Shows is the record of what the uplink did, and why.
type Shows interface {
	// Since returns the entries of the last hour after the first count ones,
	// oldest first, and the count to ask with the next time.
	Since(count uint64) ([]showlog.Entry, uint64)
	// Shows sums up what is kept, newest first; the show that runs is among them.
	Shows() []showlog.Summary
	Report(show int) (showlog.Report, bool)
}

// Deps are the parts of the box that the page reads and steers. Studio, Looks,
// GreyCard, Line, RemoteStart and Shows may be nil: the page then answers that they
// are not fitted.
type Deps struct {
	Snapshots   Snapshotter
	Presser     Presser
	Stopper     Stopper
	Studio      Studio
	Looks       Looks
	GreyCard    GreyCard
	Line        Line
	RemoteStart RemoteStart
	Shows       Shows
}
