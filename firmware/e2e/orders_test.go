package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"studiobox/encoder/testcam"
	"studiobox/firmware/health"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
	"studiobox/uplink/ingesttest"
)

// TestOrdersFromAfarAreObeyedOrRefusedAtRealBrokers takes a box through a day of
// commands and wishes, a restart and a wipe.
func TestOrdersFromAfarAreObeyedOrRefusedAtRealBrokers(t *testing.T) {
	onBothBrokers(t, func(t *testing.T, broker string) {
		camera := startCamera(t, testcam.Config{})
		in := startIngest(t, ingesttest.Config{})
		d := newOpsDesk(t, broker)
		config := d.box(broker, camera.URL("main"), in.URL("live"), "")
		p := start(t, "run", "--config", config)
		p.until("camera and broker", 30*time.Second, func(s *health.Snapshot) bool { return cameraUp(s) && s.MQTT.Listening })
		p.allow(t, true)

		expect := func(want string, op contract.Op, arg contract.Arg, keys ...seal.Key) {
			t.Helper()
			if got := d.order(op, arg, keys...); got != want {
				t.Errorf("%s: %s, want %s", op, got, want)
			}
		}
		minutes := contract.Arg{Minutes: 1}
		expect("done", contract.OpPing, contract.Arg{}, d.anna)
		expect("done", contract.OpBurst, minutes, d.anna)
		expect("done", contract.OpLook, contract.Arg{Look: "pearl"}, d.anna)
		expect("done", contract.OpIdentify, minutes, d.anna)
		p.until("a lamp that tells which box", 5*time.Second, func(s *health.Snapshot) bool {
			return s.Session.Lamp == "identify" && s.Studio.Look == "pearl" && s.Studio.SpeedDegS == 0
		})
		expect("refused wrong_class", contract.OpStop, contract.Arg{}, d.robot)
		expect("refused second_signer", contract.OpWipe, contract.Arg{}, d.anna)

		expect("done", contract.OpStart, contract.Arg{}, d.anna)
		s := p.until("air", 5*time.Second, onAir)
		if s.Session.Lamp == "identify" {
			t.Error("the lamp does not say that the show is on air")
		}
		expect("refused on_air", contract.OpIdentify, minutes, d.anna)
		expect("refused on_air", contract.OpLook, contract.Arg{Look: "gold"}, d.anna)
		expect("refused on_air", contract.OpRestart, contract.Arg{}, d.anna)
		expect("refused on_air", contract.OpWipe, contract.Arg{}, d.anna, d.bert)
		expect("done", contract.OpStop, contract.Arg{}, d.bert)
		p.until("rest", time.Second, state("idle"))

		d.wish(t)
		d.restart(t, p, config)
	})
}

// wish has settings applied in part.
func (d *opsDesk) wish(t *testing.T) {
	want := contract.Want{V: contract.Version, Rev: 7, Box: fleetBox, Iat: time.Now().Unix(), Health: 30, Ceiling: 1500, Floor: 100}
	d.publish(contract.KindWant, true, d.seal(seal.TypeWant, want, d.robot))
	d.eventually("answer to the wish", func() bool {
		return slices.ContainsFunc(d.gots, func(g contract.Got) bool {
			return g.Rev == 7 && g.OK == 0 && slices.Equal(g.No, []contract.Denied{{Set: "floor", Why: contract.RefusedArg}})
		})
	})
	d.eventually("record of the wish", func() bool {
		return d.told(contract.EventWant, "7 floor=bad_argument") && d.told("session", "stopped_mqtt") && d.told(contract.EventOnAir, "")
	})
}

// restart orders one, then a wipe, and plays the part of systemd.
func (d *opsDesk) restart(t *testing.T, p *process, config string) {
	data := filepath.Join(filepath.Dir(config), "data")
	for _, c := range []struct {
		op   contract.Op
		keys []seal.Key
		left bool
	}{{contract.OpRestart, []seal.Key{d.robot}, true}, {contract.OpWipe, []seal.Key{d.anna, d.bert}, false}} {
		writeFile(t, filepath.Join(data, "letter"), "of the business")
		order := command(c.op, contract.Arg{})
		d.publish(contract.KindCmd, false, d.seal(seal.TypeCommand, order, c.keys...))
		if code := p.wait(20 * time.Second); code != 75 {
			t.Errorf("%s: exit code %d, want 75", c.op, code)
		}
		p = start(t, "run", "--config", config)
		d.eventually(string(c.op)+" done", func() bool { return d.told(contract.EventCommand, string(c.op)+" done") })
		if ack, _ := d.final(order.ID); ack.St != contract.AckDone {
			t.Errorf("%s: answers %+v", c.op, d.acks[order.ID])
		}
		if _, err := os.Stat(filepath.Join(data, "letter")); (err == nil) != c.left {
			t.Errorf("after %s: the letter: %v", c.op, err)
		}
	}
	d.eventually("word that no wish is in force", func() bool {
		last := d.gots[len(d.gots)-1]
		return last.Rev == 7 && last.OK == 0 && last.No[0].Set == "*"
	})
}

// TestABoxWhoseBusinessSaidNoIsNotStartedFromAfar follows the answer on the page,
// which settings cannot give, through restarts that are ordered.
func TestABoxWhoseBusinessSaidNoIsNotStartedFromAfar(t *testing.T) {
	broker := startMochi(t)
	d := newOpsDesk(t, broker)
	config := d.box(broker, "rtsp://127.0.0.1:1/none", "rtsp://127.0.0.1:1/none", "remote_start = true")
	p := start(t, "run", "--config", config)
	p.until("broker", 30*time.Second, hears)
	refused := func(when string) {
		t.Helper()
		if got := d.order(contract.OpStart, contract.Arg{}, d.anna); got != "refused not_permitted" {
			t.Errorf("start %s: %s", when, got)
		}
	}
	refused("before anybody was asked")
	if got := d.order(contract.OpStop, contract.Arg{}, d.anna); got != "done" {
		t.Errorf("stop: %s", got)
	}
	p.allow(t, true)
	p = d.restarted(t, p, config)
	p.until("leave", 30*time.Second, func(s *health.Snapshot) bool { return hears(s) && s.Session.RemoteStart })
	p.allow(t, false)
	refused("after the leave was withdrawn")
	p = d.restarted(t, p, config)
	p.until("broker", 30*time.Second, hears)
	refused("after a restart that was ordered")
}

// restarted orders a restart and plays the part of systemd.
func (d *opsDesk) restarted(t *testing.T, p *process, config string) *process {
	t.Helper()
	order := command(contract.OpRestart, contract.Arg{})
	d.publish(contract.KindCmd, false, d.seal(seal.TypeCommand, order, d.robot))
	if code := p.wait(20 * time.Second); code != 75 {
		t.Errorf("restart: exit code %d, want 75", code)
	}
	p = start(t, "run", "--config", config)
	d.eventually("restart done", func() bool { return d.told(contract.EventCommand, "restart done "+order.ID) })
	return p
}

func TestABoxWithoutKeysSaysSo(t *testing.T) {
	broker := startMochi(t)
	d := newOpsDesk(t, broker)
	config := d.box(broker, "rtsp://127.0.0.1:1/none", "rtsp://127.0.0.1:1/none", "")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, config, strings.Replace(string(text), "command_keys", "# command_keys", 1))
	p := start(t, "run", "--config", config)
	p.until("broker", 30*time.Second, func(s *health.Snapshot) bool { return s.MQTT.Listening })
	d.publish(contract.KindCmd, false, d.seal(seal.TypeCommand, command(contract.OpPing, contract.Arg{}), d.anna))
	d.eventually("no_keys", func() bool {
		return slices.ContainsFunc(d.acks[""], func(a contract.Ack) bool { return a.Why == contract.RefusedNoKeys })
	})
}

// TestAPowerCutLosesNoEventAndLetsNoOrderBePlayedAgain kills the program at random
// moments in the midst of orders.
func TestAPowerCutLosesNoEventAndLetsNoOrderBePlayedAgain(t *testing.T) {
	onBothBrokers(t, func(t *testing.T, broker string) {
		d := newOpsDesk(t, broker)
		config := d.box(broker, "rtsp://127.0.0.1:1/none", "rtsp://127.0.0.1:1/none", "")
		r := rand.New(rand.NewPCG(seed, 5))
		played := map[string][]byte{}
		kept := 0 // orders whose record had the time to reach the disk
		for n := range tries(4) {
			p := start(t, "run", "--config", config)
			p.until("broker", 30*time.Second, hears)
			for range 5 {
				c := command(contract.OpPing, contract.Arg{})
				played[c.ID] = d.seal(seal.TypeCommand, c, d.anna)
				if got := d.send(c.ID, played[c.ID]); got != "done" {
					t.Errorf("ping: %s", got)
				}
			}
			if n%2 == 0 {
				pause(2 * time.Second) // the spool gathers for 0.2 s
				kept += 5
			}
			pause(time.Duration(r.IntN(400)) * time.Millisecond)
			_ = p.cmd.Process.Signal(syscall.SIGKILL)
			<-p.done
		}
		start(t, "run", "--config", config)
		for id, payload := range played {
			d.mutex.Lock()
			delete(d.acks, id)
			d.mutex.Unlock()
			if got := d.send(id, payload); got != "refused replayed done" {
				t.Errorf("played again: %s", got)
			}
		}
		d.eventually("all events", func() bool {
			done := 0
			seen := map[uint64]bool{}
			for _, e := range d.events {
				if !seen[e.N] && e.Code == contract.EventCommand && strings.HasPrefix(e.Det, "ping done ") {
					done++
				}
				seen[e.N] = true
			}
			return done >= kept && slices.ContainsFunc(d.events, func(e contract.Event) bool { return e.Code == health.CameraLost })
		})
		d.gapless(t)
	})
}

// gapless checks that all events heard are one count without a hole.
func (d *opsDesk) gapless(t *testing.T) {
	t.Helper()
	d.mutex.Lock()
	defer d.mutex.Unlock()
	seen := map[uint64]string{}
	var last uint64
	for _, e := range d.events {
		text, _ := json.Marshal(e)
		if before, again := seen[e.N]; again && before != string(text) {
			t.Errorf("two events with one number: %s, %s", before, text)
		}
		if e.Epoch != d.events[0].Epoch {
			t.Errorf("a new count began: %s", text)
		}
		seen[e.N] = string(text)
		last = max(last, e.N)
	}
	for n := uint64(1); n <= last; n++ {
		if _, heard := seen[n]; !heard {
			t.Errorf("event %d of %d is missing", n, last)
		}
	}
	t.Logf("FIGURE power cuts: %d events, %d heard twice, none lost", last, len(d.events)-len(seen))
}

// TestTheDemoJoinsAnOutsideBrokerAndBeginsAnewWhenOrdered is what studiofleet's
// demo needs of this one.
func TestTheDemoJoinsAnOutsideBrokerAndBeginsAnewWhenOrdered(t *testing.T) {
	broker := startMochi(t)
	d := newOpsDesk(t, broker)
	p := start(t, "demo", "--listen", "127.0.0.1:0", "--fleet", broker, "--command-keys", d.keys, "--tenant", "test", "--box", "SB-E2E001")
	p.until("broker", 30*time.Second, hears)
	if got := d.order(contract.OpPing, contract.Arg{}, d.anna); got != "done" {
		t.Errorf("ping: %s", got)
	}
	order := command(contract.OpRestart, contract.Arg{})
	d.publish(contract.KindCmd, false, d.seal(seal.TypeCommand, order, d.robot))
	d.eventually("the demo again", func() bool { return d.told(contract.EventCommand, "restart done") })
	p.until("broker again", 30*time.Second, hears)
	if got := d.send(order.ID, d.seal(seal.TypeCommand, order, d.robot)); got != "done" { // the first final answer
		t.Errorf("restart: %s", got)
	}
}
