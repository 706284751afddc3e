package app

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"studiobox/uplink/linktest"
)

// actVariable makes a child of the tests be studiobox, or a client.
const actVariable = "STUDIOBOX_TEST_ACT"

// TestAct is no test: it is main() of the tests' children.
func TestAct(t *testing.T) {
	args := os.Args[slices.Index(os.Args, "--")+1:]
	switch os.Getenv(actVariable) {
	case "studiobox":
		os.Exit(Main(args))
	case "client": // NETWORK ADDRESS: tells how much was heard, and in what time
		os.Exit(client(args[0], args[1]))
	}
	t.Skip("only for children of the tests")
}

func client(network, address string) int {
	began := time.Now()
	conn, err := net.Dial(network, address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = conn.Write([]byte("hello"))
	var n int64
	if network == "udp" {
		var m int
		m, err = conn.Read(make([]byte, 100))
		n = int64(m)
	} else {
		n, err = io.Copy(io.Discard, conn)
	}
	fmt.Println(n, time.Since(began).Milliseconds(), err)
	return 0
}

// studiobox is a child that runs this program's own Main.
func studiobox(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if err := linktest.Available(); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, append([]string{"-test.run=^TestAct$", "--"}, args...)...)
	cmd.Env = append(os.Environ(), actVariable+"=studiobox")
	cmd.WaitDelay = time.Second
	return cmd
}

// clientCommand is a COMMAND that reaches for an address.
func clientCommand(t *testing.T, network, address string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{"--", "env", actVariable + "=client", self, "-test.run=^TestAct$", "--", network, address}
}

// served is a loopback port that gives every TCP connection so many bytes, and
// every datagram back.
func served(t *testing.T, size int) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := net.ListenPacket("udp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close(); socket.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write(make([]byte, size))
			_, _ = conn.Read(make([]byte, 100))
			conn.Close()
		}
	}()
	go func() {
		var data [1500]byte
		for {
			n, from, err := socket.ReadFrom(data[:])
			if err != nil {
				return
			}
			_, _ = socket.WriteTo(data[:n], from)
		}
	}()
	return listener.Addr().String()
}

// heard reads what a client told.
func heard(t *testing.T, out []byte) (bytes int, took time.Duration) {
	t.Helper()
	var ms int
	var end string
	if _, err := fmt.Sscan(string(out), &bytes, &ms, &end); err != nil || end != "<nil>" {
		t.Fatalf("the client told %q", out)
	}
	return bytes, time.Duration(ms) * time.Millisecond
}

func TestLinePutsACommandBehindTheLine(t *testing.T) {
	address := served(t, 500_000) // a second at 4 Mbit/s
	stats := filepath.Join(t.TempDir(), "line.jsonl")
	args := append([]string{"line", "--down", "4M", "--delay", "30ms", "--stats", stats, "--to", address}, clientCommand(t, "tcp", address)...)
	out, err := studiobox(t, args...).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	n, took := heard(t, out)
	t.Logf("%d bytes in %v", n, took)
	if n != 500_000 || took < 1060*time.Millisecond || took > 20*time.Second {
		t.Errorf("%d bytes in %v, want 500000 at 4 Mbit/s after a round trip of 60 ms", n, took)
	}
	checkStats(t, stats)
}

// checkStats reads the log of a line.
func checkStats(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]int64{} // time of the last line
	for line := range bytes.Lines(text) {
		var tick struct {
			At            int64
			Way           string
			CapacityKbps  *float64
			DeliveredKbps *float64
			QueueMs       *float64
			Dropped, Lost *int
		}
		if err := json.Unmarshal(line, &tick); err != nil || tick.CapacityKbps == nil || tick.DeliveredKbps == nil ||
			tick.QueueMs == nil || tick.Dropped == nil || tick.Lost == nil {
			t.Fatalf("%s: %v", line, err)
		}
		if tick.At <= ways[tick.Way] || time.Since(time.Unix(0, tick.At)).Abs() > time.Minute {
			t.Errorf("%s comes after %d", line, ways[tick.Way])
		}
		ways[tick.Way] = tick.At
	}
	if len(ways) != 2 {
		t.Errorf("%d ways are logged, want up and down", len(ways))
	}
}

func TestLineCarriesDatagramsToo(t *testing.T) {
	address := served(t, 0)
	out, err := studiobox(t, append([]string{"line", "--delay", "100ms/50ms", "--to", address}, clientCommand(t, "udp", address)...)...).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if n, took := heard(t, out); n != 5 || took < 150*time.Millisecond {
		t.Errorf("%d bytes came back after %v", n, took)
	}
}

func TestLinePassesTheExitCodeAndTheAddress(t *testing.T) {
	out, err := studiobox(t, "line", "--to", "127.0.0.1:8554", "--", "sh", "-c",
		"echo $LINE_TO rtsp://127.0.0.1:8554/live localhost:8554 127.0.0.1:85540; exit 7").Output()
	const want = "10.77.0.2:8554 rtsp://10.77.0.2:8554/live 10.77.0.2:8554 127.0.0.1:85540\n"
	if string(out) != want {
		t.Errorf("COMMAND saw %q, want %q", out, want)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("ended with %v, want exit code 7", err)
	}
}

func TestLineTellsOfAKilledCommandAsAShellDoes(t *testing.T) {
	err := studiobox(t, "line", "--to", "127.0.0.1:8554", "--", "sh", "-c", "kill -KILL $$").Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 128+9 {
		t.Errorf("ended with %v, want exit code 137", err)
	}
}

func TestLineWithoutACommandForwardsAPort(t *testing.T) {
	address := served(t, 100_000) // 400 ms at 2 Mbit/s
	cmd := studiobox(t, "line", "--down", "2M", "--listen", "127.0.0.1:0", "--to", address)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told := bufio.NewReader(stderr)
	hint, err := told.ReadString('\n')
	if err != nil || !strings.Contains(hint, "see only this machine's loopback") {
		t.Fatalf("first line %q: %v", hint, err)
	}
	began := time.Now()
	conn, err := net.Dial("tcp", strings.Fields(hint)[1])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = conn.Write([]byte("hello"))
	if n, err := io.Copy(io.Discard, conn); n != 100_000 || err != nil || time.Since(began) < 400*time.Millisecond {
		t.Errorf("%d bytes in %v: %v", n, time.Since(began), err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(told)
	if err := cmd.Wait(); err != nil || len(rest) > 0 {
		t.Errorf("after Ctrl-C: %v: %s", err, rest)
	}
}

func TestLineLetsItsCommandEndInOrder(t *testing.T) {
	address := served(t, 0)
	goodbye := strings.Join(clientCommand(t, "udp", address)[1:], " ") // over the line
	cmd := studiobox(t, "line", "--to", address, "--", "sh", "-c",
		"trap '"+goodbye+"; exit 3' TERM; echo up; while :; do sleep 0.05; done")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(stdout)
	if word, _ := out.ReadString('\n'); word != "up\n" {
		t.Fatalf("COMMAND said %q", word)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	goodbye, _ = out.ReadString('\n')
	if n, _ := heard(t, []byte(goodbye)); n != 5 {
		t.Errorf("COMMAND's goodbye brought %d bytes back", n)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("ended with %v, want COMMAND's exit code 3", err)
	}
}

func TestLineSaysWhatIsWrongInOneLine(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		want string
	}{
		{"--to 127.0.0.1 -- true", "--to: address 127.0.0.1: missing port"},
		{"--to 127.0.0.1:1 --up 1M --trace nowhere -- true", "open nowhere: no such file"},
		{"--to 127.0.0.1:1 --trace " + empty + " -- true", "no delivery opportunity"},
		{"--to 127.0.0.1:1 --schedule nowhere -- true", "--schedule: open nowhere"},
		{"--to 127.0.0.1:1 --loop -- true", "a loop needs a schedule"},
		{"--to 127.0.0.1:1 --loss 99% --burst 3 -- true", "probabilities lie between 0 and 1"},
		{"--to 127.0.0.1:1 --stats /nowhere/x -- true", "--stats: open /nowhere/x"},
		{"--to 127.0.0.1:1 --listen 192.0.2.1:9", "--listen: listen tcp 192.0.2.1:9"},
		{"--to 127.0.0.1:1 -- no-such-program", `"no-such-program": executable file not found`},
		{"--to 127.0.0.1:1 --flow pigeon -- sleep 20", `no congestion control "pigeon"`},
	} {
		out, err := studiobox(t, append([]string{"line"}, strings.Fields(c.args)...)...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), c.want) || bytes.Count(out, []byte("\n")) != 1 {
			t.Errorf("%s: %v: %s", c.args, err, out)
		}
	}
}
