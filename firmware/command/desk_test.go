package command

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oklog/ulid/v2"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

// office is a desk between a fleet side and a box that the test plays.
type office struct {
	*Desk
	t      *testing.T
	inbox  chan Message
	ledger *Ledger
	end    func()

	mu        sync.Mutex
	situation Situation
	performed []string
	outcome   error         // of every order
	takes     time.Duration // of every order
	applied   []contract.Want
	acks      []contract.Ack
	gots      []contract.Got
	audits    []string
}

func (o *office) Situation() Situation {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.situation
}

func (o *office) Perform(ctx context.Context, c contract.Command) error {
	o.mu.Lock()
	o.performed = append(o.performed, string(c.Op))
	takes, outcome := o.takes, o.outcome
	o.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
	}
	return outcome
}

func (o *office) Apply(w contract.Want) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.applied = append(o.applied, w)
}

func (o *office) Answer(a contract.Ack) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acks = append(o.acks, a)
}

func (o *office) Settle(g contract.Got) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gots = append(o.gots, g)
}

func (o *office) Audit(code, severity, detail, by string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.audits = append(o.audits, strings.TrimSpace(code+" "+detail+" "+by))
}

// said is the answers, one word each: "done", "refused expired".
func (o *office) said() (said []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, a := range o.acks {
		said = append(said, strings.TrimSpace(a.St+" "+string(a.Why)+" "+a.Was))
	}
	return said
}

// people are the keys of the stories.
type people struct {
	anna, bert, viewer, robot, stranger seal.Key
	ring                                *seal.Keyring
}

func newPeople(t *testing.T) people {
	t.Helper()
	key := func(who string, classes ...contract.Class) seal.Key {
		k, err := seal.NewKey(who, classes...)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	p := people{
		anna:     key("ops:anna", contract.Classes()...),
		bert:     key("ops:bert", contract.Classes()...),
		viewer:   key("ops:viewer", contract.ClassLook),
		robot:    key("rollout", contract.ClassSystem),
		stranger: key("ops:anna", contract.Classes()...),
	}
	public, err := seal.JoinKeys(p.anna.Public(), p.bert.Public(), p.viewer.Public(), p.robot.Public())
	if err != nil {
		t.Fatal(err)
	}
	if p.ring, err = seal.ParseKeyring(public); err != nil {
		t.Fatal(err)
	}
	return p
}

// open begins a desk over a ledger file; its end is the test's, or end's.
func open(t *testing.T, ring *seal.Keyring, path string) *office {
	t.Helper()
	ledger, err := OpenLedger(path, time.Now(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, inbox: make(chan Message), ledger: ledger, situation: idle()}
	o.situation.ClockFloor = time.Now().AddDate(-1, 0, 0)
	o.Desk = New(Config{Box: thisBox, Keys: ring, Rates: Rates{300, 6000}}, o.inbox, ledger, o, o, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		_ = o.Run(ctx)
		close(done)
	}()
	o.end = sync.OnceFunc(func() {
		cancel()
		<-done
		ledger.Close()
	})
	t.Cleanup(o.end)
	return o
}

// give hands over a message and waits until the desk has nothing to do at once.
func (o *office) give(m Message) {
	o.inbox <- m
	synctest.Wait()
}

// order is a command made now, with an id of its own.
func fresh(op contract.Op) contract.Command {
	c := good(op)
	c.ID, c.Iat, c.Exp = ulid.Make().String(), time.Now().Unix(), time.Now().Unix()+60
	return c
}

func sealed(t *testing.T, body any, typ string, keys ...seal.Key) []byte {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.Seal(typ, text, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ordered(t *testing.T, c contract.Command, keys ...seal.Key) Message {
	t.Helper()
	return Message{Kind: contract.KindCmd, Payload: sealed(t, c, seal.TypeCommand, keys...)}
}

func TestAnOrderIsPerformedAnsweredAndAudited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		o := open(t, p.ring, filepath.Join(t.TempDir(), "fleet.db"))
		o.takes = time.Second
		o.give(ordered(t, fresh(contract.OpPing), p.viewer))
		o.give(ordered(t, fresh(contract.OpStop), p.anna))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if want := []string{"accepted", "done", "done"}; !slices.Equal(o.said(), want) {
			t.Errorf("said %q, want %q", o.said(), want)
		}
		want := []string{"command ping done ops:viewer", "command stop accepted ops:anna", "command stop done ops:anna"}
		slices.Sort(o.audits)
		if !slices.Equal(o.audits, want) {
			t.Errorf("audits %q, want %q", o.audits, want)
		}
	})
}

func TestEveryForgedVariantIsRefusedWithItsOwnReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		body := func(alter func(map[string]any), keys ...seal.Key) Message {
			text, _ := json.Marshal(fresh(contract.OpPing))
			var m map[string]any
			if err := json.Unmarshal(text, &m); err != nil {
				t.Fatal(err)
			}
			alter(m)
			return Message{Kind: contract.KindCmd, Payload: sealed(t, m, seal.TypeCommand, keys...)}
		}
		with := func(op contract.Op, alter func(*contract.Command), keys ...seal.Key) Message {
			c := fresh(op)
			alter(&c)
			return ordered(t, c, keys...)
		}
		for _, c := range []struct {
			name string
			make func() Message
			want contract.Refusal
		}{
			{"retained", func() Message {
				m := ordered(t, fresh(contract.OpPing), p.anna)
				m.Retained = true
				return m
			}, contract.RefusedRetained},
			{"too large", func() Message {
				return Message{Kind: contract.KindCmd, Payload: make([]byte, contract.MaxCommand+1)}
			}, contract.RefusedSize},
			{"rubbish", func() Message { return Message{Kind: contract.KindCmd, Payload: []byte("stop!")} }, contract.RefusedForm},
			{"settings sent as a command", func() Message {
				return Message{Kind: contract.KindCmd, Payload: sealed(t, fresh(contract.OpPing), seal.TypeWant, p.anna)}
			}, contract.RefusedForm},
			{"a stranger's key", func() Message { return ordered(t, fresh(contract.OpPing), p.stranger) }, contract.RefusedKey},
			{"a letter changed", func() Message { return forged(t, p.anna) }, contract.RefusedSignature},
			{"another version", func() Message { return body(func(m map[string]any) { m["v"] = 2 }, p.anna) }, contract.RefusedBody},
			{"an unknown field", func() Message { return body(func(m map[string]any) { m["sudo"] = 1 }, p.anna) }, contract.RefusedField},
			{"an unknown operation", func() Message { return body(func(m map[string]any) { m["op"] = "spin" }, p.anna) }, contract.RefusedOp},
			{"a class that the key may not sign", func() Message { return ordered(t, fresh(contract.OpStop), p.viewer) }, contract.RefusedClass},
			{"danger with one signer", func() Message { return ordered(t, fresh(contract.OpWipe), p.anna) }, contract.RefusedSecond},
			{"danger signed twice by one", func() Message { return ordered(t, fresh(contract.OpWipe), p.anna, p.anna) }, contract.RefusedSecond},
			{"another box", func() Message {
				return with(contract.OpPing, func(c *contract.Command) { c.Box = "b-0412/SB-000000" }, p.anna)
			}, contract.RefusedBox},
			{"expired", func() Message {
				return with(contract.OpPing, func(c *contract.Command) { c.Iat, c.Exp = c.Iat-60, c.Iat }, p.anna)
			}, contract.RefusedExpired},
			{"from the future", func() Message {
				return with(contract.OpPing, func(c *contract.Command) { c.Iat, c.Exp = c.Iat+400, c.Exp+400 }, p.anna)
			}, contract.RefusedEarly},
			{"valid for days", func() Message {
				return with(contract.OpPing, func(c *contract.Command) { c.Exp += contract.LongestValid }, p.anna)
			}, contract.RefusedValidity},
			{"a bad argument", func() Message {
				return with(contract.OpBurst, func(c *contract.Command) { c.Arg.Minutes = 600 }, p.anna)
			}, contract.RefusedArg},
		} {
			o := open(t, p.ring, filepath.Join(t.TempDir(), "fleet.db"))
			o.give(c.make())
			if want := []string{"refused " + string(c.want)}; !slices.Equal(o.said(), want) {
				t.Errorf("%s: said %q, want %q", c.name, o.said(), want)
			}
			if len(o.performed) > 0 {
				t.Errorf("%s: performed %q", c.name, o.performed)
			}
			o.end()
			if len(o.audits) != 1 || !strings.Contains(o.audits[0], string(c.want)) {
				t.Errorf("%s: audited %q", c.name, o.audits)
			}
		}
	})
}

// forged is an order whose signature is of another one by the same signer.
func forged(t *testing.T, key seal.Key) Message {
	t.Helper()
	a, b := ordered(t, fresh(contract.OpPing), key), ordered(t, fresh(contract.OpRestart), key)
	parts := strings.Split(string(b.Payload), ".")
	parts[2] = strings.Split(string(a.Payload), ".")[2]
	return Message{Kind: contract.KindCmd, Payload: []byte(strings.Join(parts, "."))}
}

// varied is a forged order whose signature is one more that does not hold.
func varied(payload []byte, n int) []byte {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"
	other := slices.Clone(payload)
	for i := range 4 {
		other[len(other)-10-i] = digits[n>>(5*i)&31]
	}
	return other
}

func TestAFloodOfTheSameMessageIsOpenedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		o := open(t, p.ring, filepath.Join(t.TempDir(), "fleet.db"))
		ping, lie := ordered(t, fresh(contract.OpPing), p.anna), forged(t, p.anna)
		for range 5 * guessesBurst {
			o.inbox <- ping
			o.inbox <- lie
		}
		synctest.Wait()
		o.mu.Lock()
		counts := o.tally.counts
		o.mu.Unlock()
		if len(o.performed) != 1 || counts[contract.RefusedFlood] != 0 || counts[contract.RefusedSignature] != 5*guessesBurst {
			t.Errorf("performed %q, refused %v", o.performed, counts)
		}
	})
}

func TestTheMemoryIsBounded(t *testing.T) {
	m := newMemory()
	for n := range 10 * remembered {
		m.keep(m.of([]byte(fmt.Sprint(n))), opened{id: fmt.Sprint(n)})
	}
	first, last := m.of([]byte("0")), m.of([]byte(fmt.Sprint(10*remembered-1)))
	if _, known := m.opened[first]; known || len(m.opened) != remembered || m.opened[last].id == "" {
		t.Errorf("%d messages are remembered", len(m.opened))
	}
}

func TestABoxWithoutKeysObeysNobodyAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		o := open(t, nil, filepath.Join(t.TempDir(), "fleet.db"))
		o.give(ordered(t, fresh(contract.OpStop), p.anna))
		o.give(wanted(t, contract.Want{Rev: 1, Health: 30}, p.robot))
		if !slices.Equal(o.said(), []string{"refused no_keys"}) || len(o.performed)+len(o.applied) > 0 {
			t.Errorf("said %q, performed %q", o.said(), o.performed)
		}
		if len(o.gots) != 1 || o.gots[0].No[0].Why != contract.RefusedNoKeys {
			t.Errorf("got %+v", o.gots)
		}
	})
}

func TestACommandIsObeyedOnceEvenAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		path := filepath.Join(t.TempDir(), "fleet.db")
		ping, stop := ordered(t, fresh(contract.OpPing), p.anna), ordered(t, fresh(contract.OpStop), p.anna)
		for run := range 3 {
			o := open(t, p.ring, path)
			o.give(ping)
			o.give(stop)
			if run == 0 && len(o.performed) != 2 || run > 0 && len(o.performed) != 0 {
				t.Errorf("run %d: performed %q", run, o.performed)
			}
			if run > 0 && !slices.Equal(o.said(), []string{"refused replayed done", "refused replayed done"}) {
				t.Errorf("run %d: said %q", run, o.said())
			}
			o.end()
		}
	})
}

func TestWhoWasToldNoIsNotObeyedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		o := open(t, p.ring, filepath.Join(t.TempDir(), "fleet.db"))
		o.situation.Session = "live"
		restart := ordered(t, fresh(contract.OpRestart), p.anna)
		o.give(restart)
		o.situation.Session = "idle"
		o.give(restart)
		if want := []string{"refused on_air", "refused replayed refused"}; !slices.Equal(o.said(), want) || len(o.performed) > 0 {
			t.Errorf("said %q, performed %q", o.said(), o.performed)
		}
	})
}

func TestWhatARestartInterruptedIsAnsweredByTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		path := filepath.Join(t.TempDir(), "fleet.db")
		o := open(t, p.ring, path)
		o.takes = time.Hour
		o.give(ordered(t, fresh(contract.OpStart), p.anna))
		o.takes = 0
		o.give(ordered(t, fresh(contract.OpWipe), p.anna, p.bert))
		o.end()
		if !slices.Equal(o.said(), []string{"accepted", "accepted"}) {
			t.Errorf("before: %q", o.said())
		}
		o = open(t, p.ring, path)
		synctest.Wait()
		slices.Sort(o.audits)
		want := []string{"command start failed interrupted ops:anna", "command wipe done ops:anna+ops:bert"}
		if !slices.Equal(o.audits, want) {
			t.Errorf("after: %q", o.audits)
		}
	})
}

func TestAFailureNamesItsReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		o := open(t, p.ring, filepath.Join(t.TempDir(), "fleet.db"))
		o.outcome = &Failed{Why: contract.RefusedState, Detail: "camera"}
		o.give(ordered(t, fresh(contract.OpStart), p.anna))
		if want := []string{"accepted", "failed not_now"}; !slices.Equal(o.said(), want) {
			t.Errorf("said %q", o.said())
		}
		if o.audits[1] != "command start failed camera ops:anna" {
			t.Errorf("audits %q", o.audits)
		}
	})
}

func TestAStopWaitsForNoOrderBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		o := open(t, p.ring, filepath.Join(t.TempDir(), "fleet.db"))
		o.takes = time.Minute
		for range 20 {
			o.give(ordered(t, fresh(contract.OpStart), p.anna))
		}
		o.give(ordered(t, fresh(contract.OpStop), p.bert))
		if o.performed[len(o.performed)-1] != "stop" {
			t.Errorf("performed %q", o.performed)
		}
	})
}

// TestTenThousandASecondAreHeardOutAndToldInOneLine mixes all that an attacker
// can send with a few real orders, whose sender repeats what is not answered.
func TestTenThousandASecondAreHeardOutAndToldInOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		o := open(t, p.ring, filepath.Join(t.TempDir(), "fleet.db"))
		lies := []Message{
			{Kind: contract.KindCmd, Payload: []byte("rubbish")},
			{Kind: contract.KindCmd, Payload: make([]byte, 100_000)},
			{Kind: contract.KindCmd, Payload: []byte("{}"), Retained: true},
			ordered(t, fresh(contract.OpStop), p.stranger),
			forged(t, p.anna),
		}
		for n := range 10_000 {
			o.inbox <- lies[n%len(lies)]
			if n%1000 == 0 {
				o.inbox <- ordered(t, fresh(contract.OpPing), p.anna)
			}
			time.Sleep(100 * time.Microsecond)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(o.performed) != 10 {
			t.Errorf("%d of 10 orders were performed", len(o.performed))
		}
		var summaries []string
		for _, audit := range o.audits {
			if !strings.Contains(audit, "ping done") {
				summaries = append(summaries, audit)
			}
		}
		if len(summaries) != 1 || !strings.Contains(summaries[0], "=") || len(summaries[0]) > len("command ")+80 {
			t.Errorf("10,000 lies were told as %d: %.200q", len(summaries), summaries)
		}
		refused := 0
		for _, said := range o.said() {
			if strings.HasPrefix(said, "refused") {
				refused++
			}
		}
		if refused > namelessBurst+5 {
			t.Errorf("%d answers to rubbish", refused)
		}
	})
}

func TestWrongGuessesAreCheapOnceThereAreTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		o := open(t, p.ring, filepath.Join(t.TempDir(), "fleet.db"))
		lie := forged(t, p.anna)
		for n := range guessesBurst + 100 {
			o.inbox <- Message{Kind: contract.KindCmd, Payload: varied(lie.Payload, n)}
		}
		synctest.Wait()
		o.mu.Lock()
		opened, shed := o.tally.counts[contract.RefusedSignature], o.tally.counts[contract.RefusedFlood]
		o.mu.Unlock()
		if opened != guessesBurst || shed != 100 {
			t.Errorf("%d verified, %d shed", opened, shed)
		}
		time.Sleep(100 * time.Millisecond) // so many tokens come back, and with them whoever repeats an order
		o.give(ordered(t, fresh(contract.OpPing), p.anna))
		if len(o.performed) != 1 {
			t.Errorf("the order was not heard: %q", o.said())
		}
	})
}

func TestMoreOrdersThanAnybodyMeansAreRefusedButForAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeople(t)
		o := open(t, p.ring, filepath.Join(t.TempDir(), "fleet.db"))
		for range ordersBurst + 5 {
			o.give(ordered(t, fresh(contract.OpPing), p.anna))
		}
		if len(o.performed) != ordersBurst || !slices.Contains(o.said(), "refused too_many") {
			t.Errorf("%d orders performed", len(o.performed))
		}
		o.give(ordered(t, fresh(contract.OpStop), p.anna))
		if o.performed[len(o.performed)-1] != "stop" {
			t.Error("the stop was refused")
		}
	})
}

// FuzzSift throws anything at a desk: nothing may be performed, nothing may panic.
func FuzzSift(f *testing.F) {
	key, err := seal.NewKey("ops:anna", contract.Classes()...)
	if err != nil {
		f.Fatal(err)
	}
	set, err := seal.JoinKeys(key.Public())
	if err != nil {
		f.Fatal(err)
	}
	ring, err := seal.ParseKeyring(set)
	if err != nil {
		f.Fatal(err)
	}
	body, _ := json.Marshal(fresh(contract.OpPing))
	real, err := seal.Seal(seal.TypeCommand, body, key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(real[:len(real)-2], false)
	f.Add([]byte(`{"payload":"","signatures":[]}`), true)
	ledger, err := OpenLedger(filepath.Join(f.TempDir(), "fleet.db"), time.Now(), slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, payload []byte, want bool) {
		o := &office{t: t, situation: idle()}
		d := New(Config{Box: thisBox, Keys: ring}, nil, ledger, o, o, slog.New(slog.DiscardHandler))
		kind := contract.KindCmd
		if want {
			kind = contract.KindWant
		}
		d.sift(Message{Kind: kind, Payload: payload}, time.Now())
		if len(d.orders)+len(d.stops)+len(d.wishes) > 0 {
			t.Errorf("passed on: %q", payload)
		}
	})
}

// BenchmarkRubbish is what one message of a flood costs.
func BenchmarkRubbish(b *testing.B) {
	key, _ := seal.NewKey("ops:anna", contract.Classes()...)
	set, _ := seal.JoinKeys(key.Public())
	ring, _ := seal.ParseKeyring(set)
	stranger, _ := seal.NewKey("ops:anna", contract.Classes()...)
	body, _ := json.Marshal(fresh(contract.OpPing))
	foreign, _ := seal.Seal(seal.TypeCommand, body, stranger)
	own, _ := seal.Seal(seal.TypeCommand, body, key)
	own[len(own)-40] ^= 1
	for name, payload := range map[string][]byte{"noise": []byte("rubbish"), "foreign": foreign, "forged": own} {
		b.Run(name, func(b *testing.B) {
			o := &office{situation: idle()}
			d := New(Config{Box: thisBox, Keys: ring}, nil, nil, o, o, slog.New(slog.DiscardHandler))
			now := time.Now()
			for n := 0; b.Loop(); n++ {
				now = now.Add(100 * time.Microsecond)
				if name != "noise" {
					payload = varied(payload, n)
				}
				d.sift(Message{Kind: contract.KindCmd, Payload: payload}, now)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)*10_000/1e6*100, "%core@10k/s")
		})
	}
}
