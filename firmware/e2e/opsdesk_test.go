package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/oklog/ulid/v2"

	"studiobox/firmware/health"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

// onBothBrokers runs a story at Debian's broker and at the demo's.
func onBothBrokers(t *testing.T, story func(t *testing.T, broker string)) {
	t.Run("mosquitto", func(t *testing.T) { story(t, startMosquitto(t)) })
	t.Run("embedded", func(t *testing.T) { story(t, startMochi(t)) })
}

// startMochi is the broker of the demo.
func startMochi(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := mochi.New(&mochi.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := server.AddHook(new(auth.AllowHook), nil); err != nil {
		t.Fatal(err)
	}
	if err := server.AddListener(listeners.NewNet("loopback", listener)); err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return "tcp://" + listener.Addr().String()
}

const fleetBox = "test/SB-E2E001"

// opsDesk is the fleet side: two people, a service, and all that the box says.
type opsDesk struct {
	t                 *testing.T
	client            mqtt.Client
	anna, bert, robot seal.Key
	keys              string // the file that the box obeys

	sendings atomic.Int64 // of commands

	mutex  sync.Mutex
	acks   map[string][]contract.Ack
	gots   []contract.Got
	events []contract.Event
	infos  []contract.Info
}

func newOpsDesk(t *testing.T, broker string) *opsDesk {
	t.Helper()
	key := func(who string, classes ...contract.Class) seal.Key {
		k, err := seal.NewKey(who, classes...)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	d := &opsDesk{
		t: t, acks: map[string][]contract.Ack{}, keys: filepath.Join(t.TempDir(), "ops.jwks"),
		anna: key("ops:anna", contract.Classes()...), bert: key("ops:bert", contract.Classes()...), robot: key("rollout", contract.ClassSystem),
	}
	public, err := seal.JoinKeys(d.anna.Public(), d.bert.Public(), d.robot.Public())
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, d.keys, string(public))
	d.client = dialBroker(t, broker, "ops")
	topics := map[string]byte{} // what the box says; a flood of what others say to it would drown this desk
	for _, kind := range []contract.Kind{contract.KindAck, contract.KindGot, contract.KindEvent, contract.KindInfo} {
		topics["studio/v1/"+fleetBox+"/"+string(kind)] = 1
	}
	token := d.client.SubscribeMultiple(topics, d.hear)
	if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatalf("subscribe: %v", token.Error())
	}
	return d
}

func dialBroker(t *testing.T, broker, name string) mqtt.Client {
	t.Helper()
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker).SetClientID(name).SetOrderMatters(false))
	for deadline := time.Now().Add(10 * time.Second); ; pause(100 * time.Millisecond) {
		token := client.Connect()
		if token.WaitTimeout(5*time.Second) && token.Error() == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("broker %s: %v", broker, token.Error())
		}
	}
	t.Cleanup(func() { client.Disconnect(100) })
	return client
}

func (d *opsDesk) hear(_ mqtt.Client, m mqtt.Message) {
	topic, err := contract.ParseTopic(m.Topic())
	if err != nil {
		return
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	switch topic.Kind {
	case contract.KindAck:
		if ack, err := contract.ParseAck(m.Payload()); err == nil {
			d.acks[ack.ID] = append(d.acks[ack.ID], ack)
		}
	case contract.KindGot:
		if got, err := contract.ParseGot(m.Payload()); err == nil {
			d.gots = append(d.gots, got)
		}
	case contract.KindEvent:
		if event, err := contract.ParseEvent(m.Payload()); err == nil {
			d.events = append(d.events, event)
		}
	case contract.KindInfo:
		var info contract.Info
		if json.Unmarshal(m.Payload(), &info) == nil {
			d.infos = append(d.infos, info)
		}
	}
}

// box starts the program between camera and ingest, obeying this desk.
func (d *opsDesk) box(broker, camera, ingest, session string) (config string) {
	d.t.Helper()
	path := boxFile(d.t, camera, ingest, fmt.Sprintf("[session]\n%s\n[mqtt]\nbroker = %q\ncommand_keys = %q\n", session, broker, d.keys))
	dir := filepath.Dir(path)
	text, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	// Its data apart from its settings, as on a real box: so it may be wiped.
	writeFile(d.t, path, strings.Replace(string(text), fmt.Sprintf("%q", dir), fmt.Sprintf("%q", filepath.Join(dir, "data")), 1))
	return path
}

func command(op contract.Op, arg contract.Arg) contract.Command {
	now := time.Now().Unix()
	return contract.Command{V: contract.Version, ID: ulid.Make().String(), Box: fleetBox, Op: op, Arg: arg, Iat: now, Exp: now + 120}
}

func (d *opsDesk) seal(typ string, body any, keys ...seal.Key) []byte {
	d.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	sealed, err := seal.Seal(typ, text, keys...)
	if err != nil {
		d.t.Fatal(err)
	}
	return sealed
}

func (d *opsDesk) publish(kind contract.Kind, retained bool, payload []byte) {
	d.t.Helper()
	token := d.client.Publish("studio/v1/"+fleetBox+"/"+string(kind), 1, retained, payload)
	if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		d.t.Fatalf("publish: %v", token.Error())
	}
}

// final is the last answer to a command; ok is false while there is none.
func (d *opsDesk) final(id string) (contract.Ack, bool) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, ack := range d.acks[id] {
		if ack.St != contract.AckAccepted {
			return ack, true
		}
	}
	return contract.Ack{}, false
}

// order sends a command, again each second until it is answered as desks do, and
// returns the final answer in words: "done", "refused on_air". Where the first
// answer was lost, the one to the repetition tells what came of it.
func (d *opsDesk) order(op contract.Op, arg contract.Arg, keys ...seal.Key) string {
	d.t.Helper()
	c := command(op, arg)
	said := d.send(c.ID, d.seal(seal.TypeCommand, c, keys...))
	return strings.TrimPrefix(said, "refused replayed ")
}

func (d *opsDesk) send(id string, payload []byte) string {
	d.t.Helper()
	for range 40 {
		d.publish(contract.KindCmd, false, payload)
		d.sendings.Add(1)
		for range 20 {
			if ack, answered := d.final(id); answered {
				return strings.TrimSpace(ack.St + " " + string(ack.Why) + " " + ack.Was)
			}
			if d.answered(id) {
				pause(time.Second) // it is under way
			}
			pause(50 * time.Millisecond)
		}
	}
	return "no answer"
}

func (d *opsDesk) answered(id string) bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return len(d.acks[id]) > 0
}

// eventually polls what the desk has heard.
func (d *opsDesk) eventually(what string, ok func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); pause(50 * time.Millisecond) {
		d.mutex.Lock()
		yes := ok()
		d.mutex.Unlock()
		if yes {
			return
		}
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.t.Fatalf("no %s; events %+v, got %+v", what, d.events, d.gots)
}

// told tells whether an event with this code was heard whose detail is this, or
// begins with it and goes on with an id; d.mutex is held.
func (d *opsDesk) told(code, detail string) bool {
	return slices.ContainsFunc(d.events, func(e contract.Event) bool {
		rest, begins := strings.CutPrefix(e.Det, detail)
		return e.Code == code && begins && (rest == "" || len(rest) == len(" ")+ulid.EncodedSize)
	})
}

// visitor is somebody who stood at the box and has its page open.
type visitor struct {
	t      *testing.T
	page   string
	client http.Client
}

var pageLine = regexp.MustCompile(`msg="studiobox runs" .*page=(\S+)`)

// visit opens a session on the page of a box on a simulated board, by a short press
// of its button.
func (p *process) visit(t *testing.T) *visitor {
	t.Helper()
	found := pageLine.FindStringSubmatch(p.out.String())
	if found == nil {
		t.Fatalf("no page in\n%s", p.out.String())
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, page: "http://" + found[1], client: http.Client{Jar: jar, Timeout: 10 * time.Second}}
	p.press(100 * time.Millisecond)
	v.post("/api/claim", "{}")
	return v
}

func (v *visitor) post(path, body string) {
	v.t.Helper()
	response, err := v.client.Post(v.page+path, "application/json", strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode >= 300 {
		v.t.Fatalf("POST %s: %s", path, response.Status)
	}
}

// allow answers on the box's own page whether a show may start from afar.
func (p *process) allow(t *testing.T, allowed bool) {
	t.Helper()
	p.visit(t).post("/api/remote-start", fmt.Sprintf(`{"allowed": %t}`, allowed))
	p.until("the answer", 10*time.Second, func(s *health.Snapshot) bool { return s.Session.RemoteStart == allowed })
}

func hears(s *health.Snapshot) bool { return s.MQTT.Listening }
