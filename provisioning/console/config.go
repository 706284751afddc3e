package console

import (
	"errors"
	"net"
	"time"
)

// Config is how the console is served.
type Config struct {
	// Hosts are the names and addresses, without ports, that the console answers
	// to. A browser that was led here under another name is refused.
	Hosts []string
	// Secure is set when browsers reach the console by HTTPS: cookies then
	// travel by HTTPS only.
	Secure bool
	// Listener is what Run serves on.
	Listener net.Listener
	// Hearing tells how well the broker is heard. Nil: it is not told.
	Hearing func() Hearing
	// Enrol puts a visitor's public key into the keyring at once. It is for a demo,
	// where nobody else could: nil, and people enrol keys by hand.
	Enrol func(who string, key []byte) error
	// Now is the clock; nil: the machine's.
	Now func() time.Time
}

// Hearing is how well the broker is heard.
type Hearing struct {
	OK    bool
	Since time.Time // of OK; zero while not OK: it was never heard
	Why   string    // it is not heard: one line, as the connection tells it
}

// Deps is what the console shows and works through. All are needed.
type Deps struct {
	Gate       Gate
	Picture    Picture
	Finder     Finder
	Marks      Marks
	MarkKeeper MarkKeeper
	Trend      Trend
	Past       Past
	Vitals     *Vitals // whoever hears the boxes feeds it
	Ledger     Ledger
	Drafts     Drafts
	Warden     Warden
	Keys       Keys
	Dispatcher *Dispatcher // whoever calls New also runs it
}

func (d Deps) check() error {
	switch {
	case d.Gate == nil, d.Picture == nil, d.Finder == nil, d.Marks == nil, d.MarkKeeper == nil, d.Trend == nil, d.Past == nil,
		d.Vitals == nil, d.Ledger == nil, d.Drafts == nil, d.Warden == nil, d.Keys == nil, d.Dispatcher == nil:
		return errors.New("the console needs all of console.Deps: hand them to console.New")
	}
	return nil
}
