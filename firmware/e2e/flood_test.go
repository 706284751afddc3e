package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"studiobox/encoder/testcam"
	"studiobox/firmware/health"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
	"studiobox/uplink/ingesttest"
)

// The messages a second of a flood that are wanted, and with fewer than which it
// would prove nothing.
const floodRate, leastRate = 10_000, 5_000

// shipped is the program as it is shipped: with the race detector it could not
// read so many messages, and the test would measure the detector.
func shipped(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "studiobox")
	build := exec.Command("go", "build", "-trimpath", "-o", path, "studiobox/firmware/cmd/studiobox")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// TestTenThousandLiesASecondDelayNoStopAndLoseNoOrder floods a box on air with
// everything that somebody without a key can send.
func TestTenThousandLiesASecondDelayNoStopAndLoseNoOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it takes half a minute of both processors")
	}
	broker := startMochi(t)
	camera := startCamera(t, testcam.Config{})
	in := startIngest(t, ingesttest.Config{})
	d := newOpsDesk(t, broker)
	config := d.box(broker, camera.URL("main"), in.URL("live"), "")
	p := startProgram(t, shipped(t), "run", "--config", config)
	p.until("camera and broker", 30*time.Second, func(s *health.Snapshot) bool { return cameraUp(s) && s.MQTT.Listening })
	p.press(holdStart + 200*time.Millisecond)
	p.until("on air", 10*time.Second, onAir)

	f := d.flood(broker)
	begun, cpu := time.Now(), p.processorTime()
	stop := f.begin()
	d.pings("flood", 50)
	pressed := time.Now()
	p.press(holdStop + 150*time.Millisecond)
	p.until("idle", 10*time.Second, state("idle"))
	took := in.lastAfter(pressed.Add(holdStop))
	share := (p.processorTime() - cpu).Seconds() / time.Since(begun).Seconds()
	stop()
	t.Logf("FIGURE flood: stopped by the button, last picture at the ingest after %v; whole box at %.0f %% of one core", took.Round(time.Millisecond), 100*share)
	if took > 2*time.Second {
		t.Errorf("stopped by the button, pictures came for %v", took)
	}

	p.press(holdStart + 200*time.Millisecond)
	p.until("on air", 10*time.Second, onAir)
	stop = f.begin()
	pause(time.Second)
	ordered := time.Now()
	if got := d.order(contract.OpStop, contract.Arg{}, d.anna); got != "done" {
		t.Errorf("stop: %s", got)
	}
	t.Logf("FIGURE flood: stopped by an order, last picture at the ingest after %v", in.lastAfter(ordered).Round(time.Millisecond))
	stop()

	// The dearest lies: each one names a known key, and has to be worked out.
	f.forged = len(f.lies)
	stop = f.begin()
	pause(time.Second) // until what may be spent at once is spent
	d.pings("flood of forged signatures", 30)
	stop()
	dropped := p.until("status", 30*time.Second, func(*health.Snapshot) bool { return true }).MQTT.Dropped
	p.stop()
	t.Logf("FIGURE flood: of %d in all %d judged, %d dropped unread; refused %s", f.sent.Load(), p.refused(), dropped, p.tallies())
}

// flood is an attacker with the right to publish, and without a key.
type flood struct {
	desk   *opsDesk
	broker string
	lies   [][]byte // the first one is a forged signature
	forged int      // so many of each round are like the first one
	sent   atomic.Int64
}

func (d *opsDesk) flood(broker string) *flood {
	d.t.Helper()
	stranger, err := seal.NewKey("ops:anna", contract.Classes()...)
	if err != nil {
		d.t.Fatal(err)
	}
	now := command(contract.OpStop, contract.Arg{})
	other := now
	other.Box = "test/SB-OTHER1"
	forged := strings.Split(string(d.seal(seal.TypeCommand, now, d.anna)), ".")
	forged[2] = strings.Split(string(d.seal(seal.TypeCommand, other, d.anna)), ".")[2]
	return &flood{desk: d, broker: broker, forged: 1, lies: [][]byte{
		[]byte(strings.Join(forged, ".")),
		[]byte("rubbish"), make([]byte, 5000), []byte(`{"op":"stop"}`),
		d.seal(seal.TypeCommand, now, stranger),
		d.seal(seal.TypeCommand, other, d.anna), // real, and for another box
	}}
}

// begin floods until the function that it returns is called, which tells how fast
// it went.
func (f *flood) begin() (stop func()) {
	t, blocks := f.desk.t, f.blocks()
	begun, before := time.Now(), f.sent.Load()
	end := background(t, "flood", func(ctx context.Context) error { return f.run(ctx, blocks) })
	return func() {
		rate := float64(f.sent.Load()-before) / time.Since(begun).Seconds()
		end()
		t.Logf("FIGURE flood: %.0f messages/s sent, of which %d in %d forged with a known key", rate, f.forged, len(f.lies))
		if rate < leastRate {
			t.Errorf("only %.0f messages/s were sent, under %d: this machine was too busy for the flood, and so it proves nothing", rate, leastRate)
		}
	}
}

// run writes MQTT by hand: a client library would need more of this machine than
// broker and box together.
func (f *flood) run(ctx context.Context, blocks [][]byte) error {
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.broker, "tcp://"))
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := conn.Write([]byte("\x10\x11\x00\x04MQTT\x04\x02\x00\x00\x00\x05flood")); err != nil {
		return err
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for n, begun, before := 0, time.Now(), f.sent.Load(); ctx.Err() == nil; <-ticker.C {
		due := int(time.Since(begun).Seconds()*floodRate) - int(f.sent.Load()-before)
		for range min(due, floodRate/10) / len(f.lies) { // who is late makes up for it, if the broker lets him
			if _, err := conn.Write(blocks[n%len(blocks)]); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
			f.sent.Add(int64(len(f.lies)))
			n++
		}
	}
	return nil
}

// blocks are rounds of lies as packets, each time with other wrong signatures: a
// box cannot remember them all.
func (f *flood) blocks() (blocks [][]byte) {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"
	forged := slices.Clone(f.lies[0])
	for n := range 5000 {
		var block []byte
		for i, lie := range f.lies {
			if i < f.forged {
				for digit := range 4 {
					forged[len(forged)-10-digit] = digits[(n*len(f.lies)+i)>>(5*digit)&31]
				}
				lie = forged
			}
			block = append(block, published("studio/v1/"+fleetBox+"/cmd", lie)...)
		}
		blocks = append(blocks, block)
	}
	return blocks
}

// published is a PUBLISH packet of QoS 0 (MQTT 3.1.1, 3.3).
func published(topic string, payload []byte) []byte {
	packet := []byte{0x30}
	for left := 2 + len(topic) + len(payload); ; left >>= 7 {
		if left < 0x80 {
			packet = append(packet, byte(left))
			break
		}
		packet = append(packet, byte(left)|0x80)
	}
	packet = append(packet, byte(len(topic)>>8), byte(len(topic)))
	return append(append(packet, topic...), payload...)
}

// pings sends so many orders, ten at a time; each is repeated until it is answered,
// and none may be lost.
func (d *opsDesk) pings(during string, count int) {
	d.t.Helper()
	before := d.sendings.Load()
	var done atomic.Int64
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			for range count / 10 {
				if d.order(contract.OpPing, contract.Arg{}, d.anna) == "done" {
					done.Add(1)
				}
			}
		})
	}
	all.Wait()
	sendings := d.sendings.Load() - before
	d.t.Logf("FIGURE %s: %d of %d orders obeyed, %d sendings for them: %.0f %% of the sendings passed",
		during, done.Load(), count, sendings, 100*float64(done.Load())/float64(sendings))
	if int(done.Load()) != count {
		d.t.Errorf("%s: %d of %d orders were obeyed", during, done.Load(), count)
	}
}

// startProgram is start with another build of the program.
func startProgram(t *testing.T, program string, args ...string) *process {
	t.Helper()
	tested := binary
	binary = program // tests of this package do not run side by side
	defer func() { binary = tested }()
	return start(t, args...)
}

// processorTime is what the program and its children have used, in user and
// kernel; see proc(5), stat.
func (p *process) processorTime() (used time.Duration) {
	for _, pid := range append(p.workers(), p.cmd.Process.Pid) {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, after, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(after)
		if len(fields) < 13 {
			continue
		}
		for _, field := range fields[11:13] {
			ticks, _ := strconv.Atoi(field)
			used += time.Duration(ticks) * 10 * time.Millisecond // USER_HZ is 100
		}
	}
	return used
}

var tallyLine = regexp.MustCompile(`msg=audit .*detail="([a-z_]+=[^"]*)"`)

// tallies are the box's own counts of what it refused, as it logs them.
func (p *process) tallies() (lines []string) {
	for _, found := range tallyLine.FindAllStringSubmatch(p.out.String(), -1) {
		lines = append(lines, found[1])
	}
	return lines
}

// refused is their sum.
func (p *process) refused() (sum int) {
	for _, line := range p.tallies() {
		for _, number := range regexp.MustCompile(`\d+`).FindAllString(line, -1) {
			n, _ := strconv.Atoi(number)
			sum += n
		}
	}
	return sum
}

// lastAfter tells how long after a moment the last picture came.
func (i *ingest) lastAfter(moment time.Time) time.Duration {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if len(i.video) == 0 {
		return 0
	}
	return max(i.video[len(i.video)-1].at.Sub(moment), 0)
}
