package telemetry

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

func TestABirthIsSeenRetainedByWhoComesLater(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		s := report(t, Config{Broker: "tcp://" + b.addr()}, quickPace())
		eventually(t, "state, info and health are published", func() bool { return s.Stats().Published >= 3 })
		f := listen(t, b)
		birth := f.await(t, "a retained state", func(m message) bool { return m.kind == contract.KindState })
		if got := birth.state(t); !birth.retained || got.On != 1 || got.St != "idle" || got.Boot != s.Stats().Boot {
			t.Errorf("birth %+v, retained %t; want on 1, idle, boot %s, retained", got, birth.retained, s.Stats().Boot)
		}
		info := f.await(t, "a retained info", func(m message) bool { return m.kind == contract.KindInfo })
		if !info.retained || !bytes.Contains(info.payload, []byte(`"sw":"1.2.3"`)) {
			t.Errorf("info %s, retained %t", info.payload, info.retained)
		}
		for _, m := range f.all() {
			if m.kind == contract.KindHealth {
				t.Errorf("the broker kept a health message: %s", m.payload)
			}
		}
	})
}

func TestACutLineBringsTheWillAndThenANewBootWithItsOwnWill(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		f := listen(t, b)
		l := newLine(t, b.addr())
		report(t, Config{Broker: l.url()}, quickPace())
		first := f.awaitState(t, "idle")
		l.cut(false)
		if will := f.awaitState(t, contract.StLost); will.Boot != first.Boot || will.On != 0 {
			t.Errorf("first will %+v, want on 0 and boot %s", will, first.Boot)
		}
		second := f.awaitState(t, "idle", first.Boot)
		l.cut(false)
		if will := f.awaitState(t, contract.StLost, first.Boot); will.Boot != second.Boot {
			t.Errorf("second will has boot %s, want %s", will.Boot, second.Boot)
		}
	})
}

func TestAStateChangeIsPublishedWithinASecond(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		f := listen(t, b)
		p := quickPace()
		p.look = realPace().look
		s := report(t, Config{Broker: "tcp://" + b.addr()}, p)
		f.awaitState(t, "idle")
		var late []string // one may be, on a machine that is busy with other things
		for _, state := range []string{"checking", "starting", "live", "stopping"} {
			changed := time.Now()
			s.studio.become(state)
			f.awaitState(t, state)
			if took := time.Since(changed); took > time.Second {
				late = append(late, fmt.Sprint(state, " after ", took))
			}
		}
		if len(late) > 1 {
			t.Errorf("late: %s", late)
		}
	})
}

func TestItReportsOnceTheBrokerComesUp(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		s := report(t, Config{Broker: "tcp://" + b.addr()}, quickPace())
		eventually(t, "the reason is told", func() bool { return strings.Contains(s.Stats().LastError, "nothing listens there") })
		running(t, b)
		eventually(t, "connected", func() bool { return s.Stats().Connected })
		if got := s.Stats(); got.LastError != "" {
			t.Errorf("connected, and still: %s", got.LastError)
		}
	})
}

func TestItComesBackAfterARestartOfTheBroker(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		b.start(t)
		s := report(t, Config{Broker: "tcp://" + b.addr()}, quickPace())
		eventually(t, "connected", func() bool { return s.Stats().Connected })
		before := s.Stats().Boot
		b.stop(t)
		eventually(t, "the loss is seen", func() bool { return !s.Stats().Connected })
		running(t, b)
		f := listen(t, b)
		f.awaitState(t, "idle", before)
	})
}

func TestAWrongPasswordIsOneLineAndIsTriedAgain(t *testing.T) {
	onEachBroker(t, true, func(t *testing.T, b broker) {
		running(t, b)
		l := newLine(t, b.addr())
		s := report(t, Config{Broker: l.url(), User: goodUser, Password: "wrong"}, quickPace())
		eventually(t, "five attempts", func() bool { return l.accepted.Load() >= 5 })
		want := `refused the login of user "box"; check mqtt.user and mqtt.password_file`
		if got := s.Stats(); !strings.Contains(got.LastError, want) || !got.Refused || got.Connected {
			t.Errorf("stats %+v, want the error to hold: %s", got, want)
		}
		if n := s.journal.lines("not connected"); n != 1 {
			t.Errorf("%d lines in the log, want 1", n)
		}
	})
}

func TestARefusedBoxWaitsLongerThanACutOne(t *testing.T) {
	b := newEmbedded(t, true)
	running(t, b)
	l := newLine(t, b.addr())
	p := quickPace()
	p.refused = time.Hour
	s := report(t, Config{Broker: l.url(), User: goodUser, Password: "wrong"}, p)
	eventually(t, "refused", func() bool { return s.Stats().Refused })
	<-time.After(5 * p.retry.Max)
	if n := l.accepted.Load(); n != 1 {
		t.Errorf("%d logins, want 1", n)
	}
}

func TestTheRightPasswordIsLetIn(t *testing.T) {
	onEachBroker(t, true, func(t *testing.T, b broker) {
		running(t, b)
		s := report(t, Config{Broker: "tcp://" + b.addr(), User: goodUser, Password: goodPassword}, quickPace())
		eventually(t, "connected", func() bool { return s.Stats().Connected })
	})
}

func TestABoxThatGivesUpOnASilentBrokerLeavesItsWill(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		f, l, p := listen(t, b), newLine(t, b.addr()), quickPace()
		p.ack = 2 * time.Second
		s := report(t, Config{Broker: l.url()}, p)
		first := f.awaitState(t, "idle")
		eventually(t, "the birth is taken", func() bool { return s.Stats().Published > 0 })
		l.mute.Store(true)
		s.studio.become("checking")
		if will := f.awaitState(t, contract.StLost); will.Boot != first.Boot || will.On != 0 {
			t.Errorf("the will is %+v, want on 0 and boot %s", will, first.Boot)
		}
		l.mute.Store(false)
	})
}

func TestACleanEndSaysShutdownInsteadOfTheWill(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		f := listen(t, b)
		s := report(t, Config{Broker: "tcp://" + b.addr()}, quickPace())
		birth := f.awaitState(t, "idle")
		began := time.Now()
		s.end()
		if took := time.Since(began); took > inTime {
			t.Errorf("the end took %s", took)
		}
		last := f.awaitState(t, contract.StShutdown)
		if last.On != 0 || last.Boot != birth.Boot {
			t.Errorf("last state %+v, want on 0 and boot %s", last, birth.Boot)
		}
		for _, m := range f.all() {
			if m.state(t).St == contract.StLost {
				t.Error("the will was published as well")
			}
		}
	})
}

func TestHealthIsNotCountedWhileTheLineIsBroken(t *testing.T) {
	onEachBroker(t, false, func(t *testing.T, b broker) {
		running(t, b)
		l := newLine(t, b.addr())
		p := quickPace()
		p.idle, p.look = time.Millisecond, 5*time.Millisecond
		s := report(t, Config{Broker: l.url()}, p)
		eventually(t, "health flows", func() bool { return s.Stats().Published > 20 })
		l.cut(true)
		eventually(t, "the loss is seen", func() bool { return !s.Stats().Connected })
		before := s.Stats().Published
		<-time.After(500 * time.Millisecond)
		if after := s.Stats().Published; after != before {
			t.Errorf("%d messages counted while nothing could be sent", after-before)
		}
		l.cut(false)
		eventually(t, "health flows again", func() bool { return s.Stats().Published > before+20 })
	})
}

func TestAMessageOnALostConnectionIsAnError(t *testing.T) {
	b := newEmbedded(t, false)
	running(t, b)
	l := newLine(t, b.addr())
	r, err := New(Config{Broker: l.url(), Tenant: tenant, Box: box}, newStudio(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	wire, err := r.dial(t.Context(), contract.Will("00000000"), r.promise)
	if err != nil {
		t.Fatal(err)
	}
	defer wire.close()
	l.cut(false)
	<-wire.lost()
	for _, kind := range []contract.Kind{contract.KindHealth, contract.KindState} {
		if err := await(t.Context(), wire.send(kind, []byte("{}")), inTime); err == nil {
			t.Errorf("%s: reported as published", kind)
		}
	}
	<-time.After(300 * time.Millisecond)
	if n := l.accepted.Load(); n != 1 {
		t.Errorf("%d connections: the library came back by itself, with the old will", n)
	}
}

func TestItEndsInTimeWithABrokerThatHangs(t *testing.T) {
	b := newMosquitto(t, false)
	running(t, b)
	s := report(t, Config{Broker: "tcp://" + b.addr()}, quickPace())
	eventually(t, "health is published", func() bool { return s.Stats().Published >= 3 })
	if err := b.child.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s.studio.become("live")
	began := time.Now()
	s.end()
	if took := time.Since(began); took > inTime {
		t.Errorf("the end took %s", took)
	}
}

func TestABrokerThatSaysNothingIsGivenUp(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	p := quickPace()
	p.dial = 100 * time.Millisecond
	s := report(t, Config{Broker: "tcp://" + silent.Addr().String()}, p)
	eventually(t, "the reason is told", func() bool { return strings.Contains(s.Stats().LastError, "does not answer") })
	s.end()
}

func TestItEndsInTimeWhileItConnects(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s := report(t, Config{Broker: "tcp://" + silent.Addr().String()}, quickPace())
	conn, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 1)); err != nil { // it waits for the answer to its login now
		t.Fatal(err)
	}
	began := time.Now()
	s.end()
	if took := time.Since(began); took > inTime {
		t.Errorf("the end took %s", took)
	}
}

func TestManyLostConnectionsLeaveNoGoroutine(t *testing.T) {
	b := newEmbedded(t, false)
	running(t, b)
	l := newLine(t, b.addr())
	before := runtime.NumGoroutine()
	p := quickPace()
	p.retry.First, p.retry.Max = time.Millisecond, time.Millisecond
	s := report(t, Config{Broker: l.url()}, p)
	for n := range uint64(100) {
		eventually(t, "connected", func() bool { return s.Stats().Connects > n && s.Stats().Connected })
		l.cut(false)
	}
	eventually(t, "connected", func() bool { return s.Stats().Connects > 100 })
	s.end()
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}
