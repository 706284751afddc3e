package e2e

import (
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"

	"studiobox/encoder/testcam"
	"studiobox/firmware/health"
	"studiobox/uplink/ingesttest"
)

// seed makes the moments of the faults repeatable.
const seed = 20261121

func randomPause(r *rand.Rand) {
	pause(500*time.Millisecond + time.Duration(r.IntN(2000))*time.Millisecond)
}

func startRelay(t *testing.T, camera, ingestURL string, more ...string) *process {
	t.Helper()
	return start(t, append([]string{"relay", "--camera", camera, "--ingest", ingestURL}, more...)...)
}

func TestRecoversFromAKilledEncoder(t *testing.T) {
	encoderFault(t, syscall.SIGKILL, 1500*time.Millisecond, "worker killed, to media at the ingest again")
}

func TestRecoversFromAHungEncoder(t *testing.T) {
	encoderFault(t, syscall.SIGSTOP, 3*time.Second, "worker stopped, to media at the ingest again")
}

func encoderFault(t *testing.T, fault syscall.Signal, limit time.Duration, what string) {
	camera := startCamera(t, testcam.Config{})
	in := startIngest(t, ingesttest.Config{})
	p := startRelay(t, camera.URL("main"), in.URL("live"), "--transcode", "--ceiling", "1500k")
	in.firstAfter(t, time.Now(), 15*time.Second)
	r := rand.New(rand.NewPCG(seed, 1))
	var times figures
	for range tries(3) {
		randomPause(r)
		workers := p.workers()
		if len(workers) != 1 {
			t.Fatalf("the relay has %d children, want 1", len(workers))
		}
		hit := time.Now()
		signalAll(workers, fault)
		times = append(times, gapEnd(t, in, hit, limit+1500*time.Millisecond).Sub(hit))
	}
	times.report(t, what, limit)
}

// gapEnd watches for a while after a fault and tells when the longest break in
// the pictures ended. At the end of the watch pictures must flow.
func gapEnd(t *testing.T, in *ingest, hit time.Time, watch time.Duration) time.Time {
	t.Helper()
	pause(watch)
	in.mutex.Lock()
	defer in.mutex.Unlock()
	previous, end, longest := hit, hit, time.Duration(0)
	for _, a := range in.video {
		if gap := a.at.Sub(previous); a.at.After(hit) {
			if gap > longest {
				longest, end = gap, a.at
			}
			previous = a.at
		}
	}
	if silence := time.Since(previous); silence > time.Second {
		t.Fatalf("no pictures %v after the fault", watch)
	}
	return end
}

func TestRecoversFromACameraThatGoesAndComesBack(t *testing.T) {
	camera := startCamera(t, testcam.Config{})
	in := startIngest(t, ingesttest.Config{})
	startRelay(t, camera.URL("main"), in.URL("live"))
	in.firstAfter(t, time.Now(), 15*time.Second)
	r := rand.New(rand.NewPCG(seed, 2))
	var times figures
	for range tries(3) {
		randomPause(r)
		camera.Off(true)
		pause(time.Second + time.Duration(r.IntN(3000))*time.Millisecond)
		camera.Off(false)
		back := time.Now()
		times = append(times, in.firstAfter(t, back, 10*time.Second).Sub(back))
	}
	times.report(t, "camera back, to media at the ingest again", 2*time.Second)
}

func TestRecoversFromAnIngestThatGoesAndComesBackAndTheLampNeverLies(t *testing.T) {
	camera := startCamera(t, testcam.Config{})
	port := freePort(t)
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	in, run := newIngest(ingesttest.Config{Address: address})
	stop := background(t, "ingest", run)
	await(t, "ingest", in.Ready())
	p := start(t, "run", "--config", boxFile(t, camera.URL("main"), in.URL("live"), ""))
	p.until("camera", 15*time.Second, cameraUp)
	p.press(holdStart + 200*time.Millisecond)
	p.until("on air", 10*time.Second, onAir)
	r := rand.New(rand.NewPCG(seed, 3))
	var dark, back figures
	for range tries(3) {
		randomPause(r)
		gone := time.Now()
		go stop() // the ingest takes a second or two to end; the lamp must not wait for that
		p.until("lamp not red", 6*time.Second, func(s *health.Snapshot) bool { return s.Session.Lamp != "on_air" && s.Session.Lamp != "degraded" })
		dark = append(dark, time.Since(gone))
		stop() // waits for the end that is under way
		pause(time.Second + time.Duration(r.IntN(3000))*time.Millisecond)
		in, run = newIngest(ingesttest.Config{Address: address})
		stop = background(t, "ingest", run)
		await(t, "ingest", in.Ready())
		returned := time.Now()
		back = append(back, in.firstAfter(t, returned, 10*time.Second).Sub(returned))
		p.until("on air again", 5*time.Second, onAir)
	}
	dark.report(t, "ingest gone, to lamp not red", 2*time.Second)
	back.report(t, "ingest back, to media there again", 2*time.Second)
}
