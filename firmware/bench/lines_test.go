package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"studiobox/uplink/linktest"
)

func TestEveryLineOfTheIssueIsThere(t *testing.T) {
	names := map[string]bool{}
	for _, l := range append(writtenLines(), heldOutLines(1)...) {
		if names[l.name] {
			t.Errorf("%s is there twice", l.name)
		}
		names[l.name] = true
		if l.up.Delay != oneWay || l.down().Delay != oneWay || l.seconds < 30 {
			t.Errorf("%s: %v up, %v down, %d s", l.name, l.up.Delay, l.down().Delay, l.seconds)
		}
		if !reflect.DeepEqual(l.up.Blackouts, l.down().Blackouts) {
			t.Errorf("%s: the way back goes on in a blackout", l.name)
		}
	}
	for _, want := range strings.Fields(`rfc8867-5.1 rfc8867-5.1x4 rfc8867-5.6 steps climb-0.6-6 drop-6-1.5 drop-2.4-0.6 slow-ingest
		blackout-1s blackout-3s blackout-5s blackout-10s blackout-30s loss-0 loss-1 loss-2 loss-5
		queue-100ms queue-300ms queue-1s queue-3s held-a held-b held-c`) {
		if !names[want] {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestABlackoutEndsEarlyEnoughForTheReturnToBeSeen(t *testing.T) {
	for _, l := range blackouts() {
		b := l.up.Blackouts[0]
		if rest := time.Duration(l.seconds)*time.Second - b.At - b.For; rest < 20*time.Second {
			t.Errorf("%s: %v left after the blackout", l.name, rest)
		}
	}
}

func TestTimesFourIsTheSameScheduleFourTimesAsWide(t *testing.T) {
	got := times(4, every(40*time.Second, 1000, 2500))
	want := []linktest.Step{{At: 0, Kbps: 4000}, {At: 40 * time.Second, Kbps: 10000}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestALineIsChosenByPatterns(t *testing.T) {
	l := line{name: "loss-2"}
	for pattern, want := range map[string]bool{"": false, "loss-*": true, "loss-2": true, "los": false, "[": false} {
		if got := l.matches([]string{"other", pattern}); got != want {
			t.Errorf("%q: %t", pattern, got)
		}
	}
	if !l.matches(nil) {
		t.Error("no pattern leaves it out")
	}
}

func TestHeldOutLinesAreRandomButForTheSeed(t *testing.T) {
	one, again, other := heldOutLines(1), heldOutLines(1), heldOutLines(2)
	for i := range one {
		if !reflect.DeepEqual(one[i].up.Schedule, again[i].up.Schedule) {
			t.Errorf("%s differs from call to call", one[i].name)
		}
		if reflect.DeepEqual(one[i].up.Schedule, other[i].up.Schedule) {
			t.Errorf("%s is the same for every seed", one[i].name)
		}
		if i > 0 && reflect.DeepEqual(one[i].up.Schedule, one[0].up.Schedule) {
			t.Errorf("%s is %s", one[i].name, one[0].name)
		}
	}
}

func TestAWalkStaysBetweenItsMirrorsAndHasFadesAndShortOutages(t *testing.T) {
	faded, dark := 0, 0
	for seed := range uint64(50) {
		run := time.Duration(0)
		for i, step := range walk(rand.New(rand.NewPCG(seed, 0)), time.Minute) {
			if step.At != time.Duration(i)*heldGrain {
				t.Fatalf("step %d at %v", i, step.At)
			}
			switch {
			case step.Kbps > heldMost:
				t.Fatalf("seed %d: %d kbit/s", seed, step.Kbps)
			case step.Kbps == 0:
				dark++
				run += heldGrain
			case step.Kbps < heldLeast:
				faded++
			}
			if step.Kbps > 0 {
				run = 0
			}
			// Two outages may follow each other.
			if run > 5*time.Second {
				t.Fatalf("seed %d: dark for %v", seed, run)
			}
		}
	}
	if faded == 0 || dark == 0 {
		t.Errorf("%d faded steps, %d dark ones", faded, dark)
	}
}

func TestTracesAreFoundAndMissingOnesAreTold(t *testing.T) {
	shared := t.TempDir()
	t.Setenv("STUDIOBOX_SHARED", shared)
	if lines, err := traceLines(); len(lines) != 0 || err == nil || !strings.Contains(err.Error(), "LEFT OUT") {
		t.Errorf("without traces: %d lines, %v", len(lines), err)
	}
	dir := filepath.Join(shared, "traces")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a-driving.up": "1\n5\n9\n", "b.pps": "2\n4\n", "broken.up": "x\n", "README.md": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := traceLines()
	if len(lines) != 2 || lines[0].name != "a-driving" || lines[1].name != "b" {
		t.Errorf("found %v", lines)
	}
	if err == nil || !strings.Contains(err.Error(), "broken.up") {
		t.Errorf("the broken one is not told: %v", err)
	}
	if lines[0].up.Trace == nil || lines[0].up.Queue != time.Second || lines[0].seconds != 100 {
		t.Errorf("a trace's line: %+v", lines[0])
	}
}

func TestASlowReaderOfDatagramsIsANarrowLine(t *testing.T) {
	slow := line{name: "s", up: constant(4000), ingestKbps: 2000}
	if up := (job{line: slow, transport: overTCP}).up(); up.Kbps != 4000 {
		t.Errorf("over TCP the line carries %d", up.Kbps)
	}
	if up := (job{line: slow, transport: overUDP}).up(); up.Kbps != 2000 || up.QueueBytes != slowBuffer {
		t.Errorf("over UDP: %+v", up)
	}
}
