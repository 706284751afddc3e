package swarm

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

// errRestart is the end of a session that a command asked for.
var errRestart = errors.New("told to restart")

// obey answers a command or wishes, in the order of a real box's checks as far
// as a simulation needs them.
func (s *session) obey(pk packets.Packet) error {
	topic, err := contract.ParseTopic(pk.TopicName)
	if err != nil {
		return nil // not of this contract: nobody waits for an answer
	}
	switch topic.Kind {
	case contract.KindCmd:
		return s.command(time.Now(), pk)
	case contract.KindWant:
		s.wishes(time.Now(), pk.Payload)
		return s.speak(time.Now(), s.cfg.Plan.At(s.who, time.Since(s.began)))
	}
	return nil
}

// command judges and performs one command, and says what came of it.
func (s *session) command(now time.Time, pk packets.Packet) error {
	s.meter.commands.Add(1)
	ack := contract.Ack{V: contract.Version, TS: now.Unix(), St: contract.AckDone}
	command, by, why := s.judge(now, pk)
	ack.ID = command.ID
	if why != "" {
		ack.St, ack.Why = contract.AckRefused, why
		if why == contract.RefusedReplay {
			ack.Was = contract.AckDone // nothing else came of what it remembers
		}
		return s.publish(now, contract.KindAck, ack.Encode())
	}
	copy(s.seen[1:], s.seen[:])
	s.seen[0] = command.ID
	s.audit(string(command.Op)+" done", by)
	switch command.Op {
	case contract.OpBurst:
		s.burst = now.Add(time.Duration(command.Arg.Minutes) * time.Minute)
	case contract.OpStop:
		s.quiet = now.Add(s.cfg.Plan.Show)
	}
	if err := s.publish(now, contract.KindAck, ack.Encode()); err != nil {
		return err
	}
	if command.Op == contract.OpRestart {
		return errors.Join(s.farewell(), errRestart)
	}
	return nil
}

// judge opens a command, which by have signed; why is empty for one that is to be
// obeyed.
func (s *session) judge(now time.Time, pk packets.Packet) (c contract.Command, by string, why contract.Refusal) {
	if s.cfg.Keys == nil {
		return c, "", contract.RefusedNoKeys
	}
	if pk.FixedHeader.Retain {
		return c, "", contract.RefusedRetained
	}
	c, signers, err := s.cfg.Keys.Keyring().Command(pk.Payload)
	var refused *seal.Refused
	if errors.As(err, &refused) {
		return contract.Command{ID: refused.ID}, "", refused.Why
	}
	switch {
	case err != nil:
		return c, "", contract.RefusedBody
	case c.Box != contract.Addressee(s.who.Tenant, s.who.ID):
		return c, "", contract.RefusedBox
	case now.Unix() >= c.Exp:
		return c, "", contract.RefusedExpired
	case c.Iat > now.Unix()+contract.ClockSlack:
		return c, "", contract.RefusedEarly
	case c.Exp <= c.Iat || c.Exp-c.Iat > contract.LongestValid:
		return c, "", contract.RefusedValidity
	case slices.Contains(s.seen[:], c.ID):
		return c, "", contract.RefusedReplay
	case c.Op == contract.OpStart:
		return c, "", contract.RefusedForbidden // no business behind a simulation has allowed it
	case s.onAir && (c.Op == contract.OpRestart || c.Op == contract.OpWipe):
		return c, "", contract.RefusedOnAir
	}
	var names []string
	for _, signer := range signers {
		names = append(names, signer.Who)
	}
	return c, strings.Join(names, "+"), ""
}

// wishes applies settings and keeps the answer.
func (s *session) wishes(now time.Time, sealed []byte) {
	got := contract.Got{V: contract.Version, TS: now.Unix()}
	if s.cfg.Keys == nil {
		got.Rev, got.No = s.rev, []contract.Denied{{Set: "*", Why: contract.RefusedNoKeys}}
		s.got = got.Encode()
		return
	}
	want, _, err := s.cfg.Keys.Keyring().Want(sealed)
	var refused *seal.Refused
	switch {
	case errors.As(err, &refused):
		got.No = []contract.Denied{{Set: "*", Why: refused.Why}}
	case err != nil:
		got.No = []contract.Denied{{Set: "*", Why: contract.RefusedBody}}
	case want.Box != contract.Addressee(s.who.Tenant, s.who.ID):
		got.No = []contract.Denied{{Set: "*", Why: contract.RefusedBox}}
	case want.Rev == s.rev && s.rev > 0:
		return // answered already
	case want.Rev < s.rev:
		got.No = []contract.Denied{{Set: "*", Why: contract.RefusedRevision}}
	default:
		s.rev, s.wish, got.OK = want.Rev, want.Health, 1
	}
	got.Rev = s.rev
	s.got = got.Encode()
}
