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
	// Hearing tells since when the broker has been silent to this console; ok is
	// true while it is heard. Nil: it is not told.
	Hearing func() (since time.Time, ok bool)
	// Now is the clock; nil: the machine's.
	Now func() time.Time
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
	Keys       Keys
	Dispatcher *Dispatcher // whoever calls New also runs it
}

func (d Deps) check() error {
	switch {
	case d.Gate == nil, d.Picture == nil, d.Finder == nil, d.Marks == nil, d.MarkKeeper == nil, d.Trend == nil, d.Past == nil,
		d.Vitals == nil, d.Ledger == nil, d.Drafts == nil, d.Keys == nil, d.Dispatcher == nil:
		return errors.New("the console needs all of console.Deps: hand them to console.New")
	}
	return nil
}
