package telemetry

import (
	"context"
	"errors"
	"time"

	"studiobox/provisioning/contract"
)

// Reasons why a message was not published.
var (
	errNotOpen = errors.New("the connection is not open")
	errNoAck   = errors.New("the broker does not acknowledge")
)

// errRenew ends a session in order that the next one may give another promise.
var errRenew = errors.New("the pace has changed")

// wire is one MQTT connection.
type wire interface {
	// send begins to publish; the receipt is done once the broker has
	// acknowledged (QoS 1) or the socket has taken the message (QoS 0).
	send(kind contract.Kind, payload []byte) receipt
	// listen begins to subscribe; the receipt's error is a *notGranted when
	// the broker refuses.
	listen() receipt
	// lost is closed when the connection is; cause tells why.
	lost() <-chan struct{}
	cause() error
	// close says goodbye, if there is still anybody to say it to: the broker
	// does not publish the will.
	close()
	// drop ends the connection without a word: the broker publishes the will.
	drop()
}

// receipt is what becomes of something that was sent.
type receipt interface {
	Done() <-chan struct{}
	Error() error // meaningful once Done is closed
}

// await waits for a receipt.
func await(ctx context.Context, r receipt, within time.Duration) error {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-r.Done():
		return r.Error()
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errNoAck
	}
}

// failed is the receipt of what could not even begin.
type failed struct{ err error }

func (f failed) Done() <-chan struct{} { return closed }

func (f failed) Error() error { return f.err }

// closed is closed, always.
var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// notGranted is a subscription that the broker refuses.
type notGranted struct{ topic string }

func (e *notGranted) Error() string {
	return "the broker refuses the subscription to " + e.topic + "; check its access list for this box"
}
