package swarm

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"studiobox/provisioning/contract"
)

const ownID = "01K00000000000000000000001"

// script is a broker with a box behind it: what the box says, and how long after
// the first command reached it.
type script []struct {
	after time.Duration
	ack   contract.Ack
}

// play is the broker's end of a desk's connection; it counts the commands.
func (s script) play(conn net.Conn, commands *int) {
	out, over := make(chan []byte, 100), make(chan struct{})
	go func() {
		for {
			select {
			case packet := <-out:
				_, _ = conn.Write(packet)
			case <-over:
				return
			}
		}
	}()
	defer close(over)
	in := bufio.NewReader(conn)
	for {
		first, err := in.ReadByte()
		if err != nil {
			return
		}
		length, shift := 0, 0
		for more := true; more; shift += 7 {
			b, err := in.ReadByte()
			if err != nil {
				return
			}
			length, more = length|int(b&0x7f)<<shift, b&0x80 != 0
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		switch first >> 4 {
		case 8: // subscribe
			out <- []byte{0x90, 3, body[0], body[1], 1}
		case 3: // publish
			topic := int(body[0])<<8 | int(body[1])
			out <- []byte{0x40, 2, body[2+topic], body[3+topic]}
			if *commands++; *commands == 1 {
				go s.answer(out, over)
			}
		}
	}
}

func (s script) answer(out chan<- []byte, over <-chan struct{}) {
	began := time.Now()
	for _, line := range s {
		select {
		case <-over:
			return
		case <-time.After(line.after - time.Since(began)):
		}
		const topic = "studio/v1/b-0001/SB-000001/ack"
		packet := append([]byte{0, byte(len(topic))}, topic...)
		packet = append(packet, line.ack.Encode()...)
		out <- append([]byte{0x30, byte(len(packet)&0x7f | 0x80), byte(len(packet) >> 7)}, packet...)
	}
}

// give plays a script against a desk in virtual time.
func give(t *testing.T, s script) (ack contract.Ack, commands, accepted int, took time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		defer near.Close()
		go s.play(far, &commands)
		desk := &Desk{line: &line{conn: near, write: 5 * time.Second, meter: newMeter()}}
		began := time.Now()
		ack, err = desk.Give(context.Background(), Order{
			Topic: contract.Topic{Tenant: "b-0001", Box: "SB-000001", Kind: contract.KindCmd}, ID: ownID, Sealed: []byte("sealed"),
			Ends: began.Add(2 * time.Minute), Accepted: func() { accepted++ },
		})
		took = time.Since(began)
		near.Close()
		far.Close()
		synctest.Wait()
	})
	return ack, commands, accepted, took, err
}

func TestADeskTakesOnlyTheAnswerToItsOwnCommand(t *testing.T) {
	ack, _, _, _, err := give(t, script{
		{0, contract.Ack{St: contract.AckRefused, Why: contract.RefusedForm}}, // to somebody's rubbish
		{0, contract.Ack{ID: "01K00000000000000000000009", St: contract.AckRefused, Why: contract.RefusedOnAir}},
		{time.Second, contract.Ack{ID: ownID, St: contract.AckDone}},
	})
	if err != nil || ack.St != contract.AckDone {
		t.Errorf("%+v, %v", ack, err)
	}
	if ack, _, _, _, err := give(t, script{{0, contract.Ack{St: contract.AckRefused, Why: contract.RefusedNoKeys}}}); err != nil || ack.Why != contract.RefusedNoKeys {
		t.Errorf("a box that obeys nobody: %+v, %v", ack, err)
	}
}

func TestADeskWaitsForTheEndOfWhatABoxHasBegun(t *testing.T) {
	ack, commands, accepted, took, err := give(t, script{
		{time.Second, contract.Ack{ID: ownID, St: contract.AckAccepted}},
		{50 * time.Second, contract.Ack{ID: ownID, St: contract.AckFailed, Why: contract.RefusedState}},
	})
	if err != nil || ack.St != contract.AckFailed || ack.Why != contract.RefusedState || accepted != 1 || commands != 1 {
		t.Errorf("%+v, %v; %d accepted, %d commands", ack, err, accepted, commands)
	}
	if took < 50*time.Second {
		t.Errorf("it ended after %s", took)
	}
	_, _, _, _, err = give(t, script{{time.Second, contract.Ack{ID: ownID, St: contract.AckAccepted}}})
	if err == nil || !strings.Contains(err.Error(), "has begun it") || strings.Contains(err.Error(), "not obey") {
		t.Errorf("a box that began and fell silent: %v", err)
	}
}

func TestADeskSendsAgainUntilTheCommandHasRunOut(t *testing.T) {
	_, commands, _, took, err := give(t, nil)
	if err == nil || !strings.Contains(err.Error(), "will not obey this any more") {
		t.Errorf("%v", err)
	}
	if commands < 4 || commands > 8 || took < 2*time.Minute || took > 3*time.Minute {
		t.Errorf("%d times in %s", commands, took)
	}
	_, _, _, _, err = give(t, script{{0, contract.Ack{St: contract.AckRefused, Why: contract.RefusedKey}}})
	if err == nil || !strings.Contains(err.Error(), "refused one as unknown_key") {
		t.Errorf("a key that the box does not know: %v", err)
	}
	// The first answer was lost: a repetition brings what came of it.
	ack, commands, _, _, err := give(t, script{{30 * time.Second, contract.Ack{ID: ownID, St: contract.AckRefused, Why: contract.RefusedReplay, Was: contract.AckDone}}})
	if err != nil || ack.St != contract.AckDone || commands < 2 {
		t.Errorf("%+v, %v after %d", ack, err, commands)
	}
}
