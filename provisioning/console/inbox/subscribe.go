package inbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"studiobox/provisioning/contract"
)

// group is the name under which consoles share their messages.
const group = "console"

// kinds are what the first connection listens to: all that boxes say but what is
// lasting, and what is wished.
func kinds() []contract.Kind {
	all := slices.DeleteFunc(contract.BoxKinds(), func(kind contract.Kind) bool { return slices.Contains(lasting(), kind) })
	return append(all, contract.KindWant)
}

// kept are the kinds of which the broker keeps the last message. State comes
// first: who is there is asked before how they are.
func kept() []contract.Kind {
	var all []contract.Kind
	for _, kind := range kinds() {
		if kind.Retained() {
			all = append(all, kind)
		}
	}
	return all
}

// plain is the filter of a kind of all boxes.
func plain(kind contract.Kind) string { return "studio/v1/+/+/" + string(kind) }

// errSubscription is a subscription that the broker does not grant.
var errSubscription = errors.New("the broker does not let this console read the boxes' topics; check the access list for its user")

// subscribe asks for all that boxes say, shared with other consoles if the
// broker can do that. A plain subscription brings what the broker has kept, too,
// and needs no census.
func (i *Inbox) subscribe(ctx context.Context, l *link) (shared bool, err error) {
	if !i.cfg.Alone {
		filters := map[string]byte{}
		for _, kind := range kinds() {
			filters["$share/"+group+"/"+plain(kind)] = kind.QoS()
		}
		granted, err := l.subscribe(ctx, filters)
		if granted || err != nil {
			return granted, err
		}
		i.log.Warn("inbox: the broker cannot share subscriptions; run one console only")
	}
	filters := map[string]byte{}
	for _, kind := range kinds() {
		filters[plain(kind)] = kind.QoS()
		if kind.Retained() {
			filters[plain(kind)] = 0 // see census
		}
	}
	granted, err := l.subscribe(ctx, filters)
	if err == nil && !granted {
		err = errSubscription
	}
	return false, err
}

// census asks what the broker has kept, one kind after another, by plain
// subscriptions that are ended again. It asks with QoS 0: a broker queues only a
// thousand or so messages of QoS 1 for a client, and throws the rest away.
func (i *Inbox) census(ctx context.Context, l *link) error {
	for _, kind := range kept() {
		before := i.retained.Load()
		granted, err := l.subscribe(ctx, map[string]byte{plain(kind): 0})
		if err == nil && !granted {
			err = errSubscription
		}
		if err != nil {
			return err
		}
		i.quiet(ctx, l, before)
		if err := l.unsubscribe(ctx, plain(kind)); err != nil {
			return err
		}
	}
	return nil
}

// quiet waits until no kept message has come for a while and all are taken.
func (i *Inbox) quiet(ctx context.Context, l *link, last uint64) {
	end := time.NewTimer(i.pace.census)
	defer end.Stop()
	for {
		timer := time.NewTimer(i.pace.quiet)
		select {
		case <-ctx.Done():
		case <-l.alive.Done():
		case <-end.C:
		case <-timer.C:
			if now := i.retained.Load(); now != last || i.Stats().Waiting > laneLength/2 {
				last = now
				continue
			}
		}
		timer.Stop()
		return
	}
}
