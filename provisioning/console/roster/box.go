package roster

import (
	"time"

	"studiobox/provisioning/contract"
)

// Ref names a box for people and for links.
type Ref struct {
	Tenant, ID, Business, Place string
}

// Condition is one thing that is wrong with a box, as it reported it last.
type Condition struct {
	Code     string
	Severity string // contract.SeverityInfo, -Warn or -Fault
	Since    time.Time
}

// Box is what is known of one box. It is a copy; what it points to is never
// changed.
type Box struct {
	Tenant, ID               string
	Business, Place, Network string // from the bank's list; Network is the provider of its line
	Model, Version           string
	Serial, Slot             string
	Listed                   bool      // the bank's list has it
	Rev                      uint64    // of the roster when this box changed last; rises
	Status                   Status    //
	Since                    time.Time // of Status
	Seen                     time.Time // last message that the box itself sent; zero: never
	On                       bool      // its MQTT session is open and it is not silent
	OnAir                    bool      // its session is live, degraded or reconnecting
	StreamDead               bool      // on air, but nothing arrives at the ingest
	Session                  string    // session state, as the box spells it
	Health                   contract.Health
	HealthAt                 time.Time     // zero: none yet
	Interval                 time.Duration // between its health messages off air
	Info                     contract.Info
	Conditions               []Condition // as last reported, worst first
	Causes                   []string    // why it is among what needs attention
	Want                     *contract.Want
	Got                      *contract.Got
	OTA                      *contract.OTA
	Lost                     uint64 // health messages that never arrived
	Losses                   int    // connections lost within the last hour, counted up to 4
}

// Ref names the box.
func (b Box) Ref() Ref {
	return Ref{Tenant: b.Tenant, ID: b.ID, Business: b.Business, Place: b.Place}
}

// Listed is a box as the bank's list has it.
type Listed struct {
	Tenant, Box, Business, Place, Network string
	Health                                time.Duration // interval of its health messages off air; zero: 60 s
	At                                    time.Time     // when it was listed first
	Quarantined                           bool          // shut out by ops
	Removed                               bool          // the list names it no more
}
