package telemetry

import (
	"time"

	"studiobox/firmware/run"
)

// pace is every time constant of a Reporter; tests run a faster one.
type pace struct {
	retry    run.Backoff   // between connections
	refused  time.Duration // further wait after the broker refused: this to twice this
	dial     time.Duration // limit for connecting, with the handshakes of TLS and MQTT
	write    time.Duration // limit for the socket to take a message
	ack      time.Duration // limit for the broker to acknowledge one
	farewell time.Duration // limit for the last state
	look     time.Duration // between two looks at the snapshot
	idle     time.Duration // between health messages
	live     time.Duration // the same during a show
	repeat   time.Duration // of a state that does not change
}

// realPace suits a fleet: when 100,000 boxes lose their broker together, their
// first attempts spread over 4 s, and later ones over up to two minutes.
func realPace() pace {
	return pace{
		// A session counts as settled after a minute. Two boxes with one
		// identity, or a broker that drops whoever publishes what it forbids,
		// end sessions sooner, and so slow down instead of spinning.
		retry:    run.Backoff{First: 4 * time.Second, Max: 2 * time.Minute, Settle: time.Minute},
		refused:  time.Minute,
		dial:     15 * time.Second,
		write:    2 * time.Second,
		ack:      10 * time.Second,
		farewell: 200 * time.Millisecond,
		look:     200 * time.Millisecond,
		idle:     time.Minute,
		live:     15 * time.Second,
		repeat:   15 * time.Minute,
	}
}
