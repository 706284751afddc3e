package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"studiobox/board/profile"
	"studiobox/firmware/guard"
)

// scribe is a guard's process that writes down what it is told, and its end.
func scribe(t *testing.T) (*guardProcess, string) {
	path := filepath.Join(t.TempDir(), "heard")
	return &guardProcess{command: []string{"sh", "-c", "printf 0; cat > " + path + "; echo . >> " + path}}, path
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func TestTheGuardHearsTheDaemonAndItsEnd(t *testing.T) {
	child, path := scribe(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- child.Run(ctx) }()
	await(t, "no process", func() bool { _, err := child.Write([]byte("m")); return err == nil })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("an end that was asked for: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "m.\n" {
		t.Errorf("heard %q, %v", text, err)
	}
	if _, err := child.Write([]byte("m")); !errors.Is(err, errNoGuard) {
		t.Errorf("written to a guard that is gone: %v", err)
	}
}

func TestAGuardThatStillStartsIsNotWrittenTo(t *testing.T) {
	begin := filepath.Join(t.TempDir(), "begin")
	child := &guardProcess{command: []string{"sh", "-c", "until [ -e " + begin + " ]; do sleep 0.01; done; printf 0; read -r word; [ -n \"$word\" ]"}}
	ended := make(chan error, 1)
	go func() { ended <- child.Run(t.Context()) }()
	for range 20 {
		if _, err := child.Write([]byte("1")); !errors.Is(err, errNoGuard) {
			t.Fatalf("written to a guard that does not listen yet: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := os.WriteFile(begin, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, "it never listened", func() bool { _, err := child.Write([]byte("m\n")); return err == nil })
	<-ended
}

func TestAGuardThatHangsIsEndedAndTheReasonIsTold(t *testing.T) {
	child := &guardProcess{command: []string{"sh", "-c", "printf 0; kill -STOP $$; sleep 60"}}
	ended := make(chan error, 1)
	go func() { ended <- child.Run(t.Context()) }()
	await(t, "no process", func() bool { _, err := child.Write([]byte("8")); return err == nil })
	child.kill(guard.ErrMute)
	if _, err := child.Write([]byte("8")); !errors.Is(err, errNoGuard) {
		t.Errorf("written to a guard that is given up: %v", err)
	}
	if err := <-ended; !errors.Is(err, guard.ErrMute) || !errors.Is(err, errNoGuard) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
	child.kill(guard.ErrMute) // nobody is there
}

func TestASignalToAllProcessesOfTheBoxEndsNoGuardBeforeItsFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // as SIGTERM does
		feed, daemon := io.Pipe()
		enable := &gpiotest.Pin{}
		ended := make(chan error, 1)
		go func() {
			ended <- watchOver(&environment{ctx: ctx, out: io.Discard}, feed, guard.Lines{Enable: guard.Line{Pin: enable}})
		}()
		feeder := guard.NewFeeder(daemon)
		for range 10 {
			if err := feeder.Feed(); err != nil {
				t.Fatal(err)
			}
			_, _ = daemon.Write([]byte("9")) // the motor's power
			time.Sleep(guard.Every)
			synctest.Wait()
			if enable.Read() != gpio.High {
				t.Fatal("the motor lost its power while the daemon lives")
			}
		}
		daemon.Close()
		if err := <-ended; err != nil || enable.Read() != gpio.Low {
			t.Errorf("%v, power %v", err, enable.Read())
		}
	})
}

func TestAGuardThatEndsByItselfIsAnErrorAndNobodyMovesMeanwhile(t *testing.T) {
	child := &guardProcess{command: []string{"sh", "-c", "exit 3"}}
	if err := child.Run(t.Context()); !errors.Is(err, errNoGuard) {
		t.Errorf("%v", err)
	}
	if _, err := child.Write([]byte("m")); !errors.Is(err, errNoGuard) {
		t.Errorf("%v", err)
	}
}

func TestEveryLineOfAProfileHasOneProcessThatHoldsIt(t *testing.T) {
	p, err := profile.Load("lab")
	if err != nil {
		t.Fatal(err)
	}
	daemons, guards := split(p)
	if len(daemons)+len(guards) != len(p.Wires) {
		t.Errorf("%d wires, %d of the daemon and %d of the guard", len(p.Wires), len(daemons), len(guards))
	}
	for _, role := range []profile.Role{profile.Deadman, profile.TurntableEnable, profile.LampAir, profile.LampRed} {
		if _, wired := p.Wire(role); wired != slices.Contains(guards, role) || slices.Contains(daemons, role) {
			t.Errorf("%s: the guard holds %q", role, guards)
		}
	}
}
