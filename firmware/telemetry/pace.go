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
	repeat   time.Duration // of a state that does not change, and of a refused subscription

	promise     time.Duration // see Reporter.promise
	longPromise time.Duration // the same where health is slower than usual
	ping        time.Duration // with nothing received, before the broker is asked whether it lives; whole seconds
}

// realPace suits a fleet: when 100,000 boxes lose their broker together, their
// first attempts spread over 40 s, 2,500 TLS handshakes a second, and later ones
// over up to two minutes. Within 4 s a fifth of a fleet came in one second, and
// its broker lost many of them again.
func realPace() pace {
	return pace{
		// A session counts as settled after a minute. A broker that drops
		// whoever publishes what it forbids ends sessions sooner, and so the
		// box slows down instead of spinning.
		retry:    run.Backoff{First: 40 * time.Second, Max: 2 * time.Minute, Settle: time.Minute},
		refused:  time.Minute,
		dial:     15 * time.Second,
		write:    2 * time.Second,
		ack:      10 * time.Second,
		farewell: 200 * time.Millisecond,
		look:     200 * time.Millisecond,
		idle:     time.Minute,
		live:     15 * time.Second,
		repeat:   15 * time.Minute,

		promise: 90 * time.Second,
		// Address translators of mobile lines forget a connection after some
		// minutes without a packet.
		longPromise: 4 * time.Minute,
		// More than repeat: the acknowledgement of each state shows that the broker
		// lives, and makes every ping needless.
		ping: 20 * time.Minute,
	}
}
