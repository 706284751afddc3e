package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"studiobox/encoder/unit"
	"studiobox/firmware/bench/score"
	"studiobox/uplink/linktest"
)

func TestLatenessIsToldByItsPercentiles(t *testing.T) {
	var late latenesses
	for i := range 200 {
		late.add(time.Duration(200-i) * time.Millisecond)
	}
	if got, want := late.sum(), (lateness{P50Ms: 100, P99Ms: 198, MaxMs: 200}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if (latenesses{}).sum() != (lateness{}) {
		t.Error("nothing measured is not zero")
	}
	if (lateness{P99Ms: 9.9, MaxMs: 500}).spoils() || !(lateness{P99Ms: 10.1}).spoils() {
		t.Error("the limit is 10 ms at the 99th percentile")
	}
}

func TestSenderReportsTieExactRTPTimesToTheWallClock(t *testing.T) {
	r := reporter{ssrc: 7}
	wall := time.Unix(1_000_000_000, 500_000_000)
	first := r.due(0, wall)
	if first == nil || first.SSRC != 7 || first.RTPTime != 0 || first.NTPTime != (1_000_000_000+2_208_988_800)<<32|1<<31 {
		t.Fatalf("first report %+v", first)
	}
	r.count(&rtp.Packet{Payload: make([]byte, 100)})
	r.count(&rtp.Packet{Payload: make([]byte, 50)})
	for n := 1; n < reportEvery; n++ {
		if r.due(n, wall) != nil {
			t.Fatalf("a report with frame %d", n)
		}
	}
	if second := r.due(reportEvery, wall); second == nil || second.RTPTime != 2*videoClock || second.PacketCount != 2 || second.OctetCount != 150 {
		t.Errorf("second report %+v", second)
	}
}

func TestASlowIngestReadsAtItsRateAndCatchesUpOnLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pacer{kbps: 2000}
		began := time.Now()
		for range 500 {
			p.read(1000)
		}
		if took := time.Since(began); took < 1980*time.Millisecond || took > 2*time.Second {
			t.Errorf("500 kB at 2 Mbit/s took %v", took)
		}
		time.Sleep(time.Minute)
		began = time.Now()
		for range 250 {
			p.read(1000)
		}
		if took := time.Since(began); took < 980*time.Millisecond {
			t.Errorf("after a pause 250 kB took %v", took)
		}
	})
}

func TestTheRecordHoldsWhatTheIngestGot(t *testing.T) {
	dir := t.TempDir()
	rec, err := newRecord(dir, 1500)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Unix(100, 0)
	rec.announced()
	rec.put(&unit.Unit{Track: unit.Video, Captured: began, NALUs: [][]byte{{0x67, 1}, {0x65, 2, 3}}, Key: true}, false)
	rec.put(&unit.Unit{Track: unit.Audio, Captured: began, Frame: []byte{1}}, false)
	rec.announced()
	rec.put(&unit.Unit{Track: unit.Video, Captured: began.Add(time.Second), NALUs: [][]byte{{0x41, 2}}}, false)
	rec.tick(linktest.Tick{Way: linktest.Up, Time: began, CapacityKbps: 4000, Queue: 30 * time.Millisecond, Lost: 2, Late: time.Millisecond})
	rec.tick(linktest.Tick{Way: linktest.Down, Time: began})
	if err := rec.close(); err != nil {
		t.Fatal(err)
	}
	video, _ := os.ReadFile(filepath.Join(dir, score.StreamFile))
	if string(video) != "\x00\x00\x00\x01\x67\x01\x00\x00\x00\x01\x65\x02\x03\x00\x00\x00\x01\x41\x02" {
		t.Errorf("stream %x", video)
	}
	var units []score.Unit
	for _, text := range strings.Split(strings.TrimSpace(readAll(t, dir, score.UnitsFile)), "\n") {
		var u score.Unit
		if err := json.Unmarshal([]byte(text), &u); err != nil {
			t.Fatal(err)
		}
		units = append(units, u)
	}
	if want := []score.Unit{
		{At: 100e9, Bytes: 13, Key: true, Decodable: true, Session: 1},
		{At: 101e9, Bytes: 6, Session: 2},
	}; !reflect.DeepEqual(units, want) {
		t.Errorf("units %+v, want %+v", units, want)
	}
	var tick score.Tick
	if err := json.Unmarshal([]byte(readAll(t, dir, score.LineFile)), &tick); err != nil {
		t.Fatal(err) // of two ticks it would be no JSON value
	}
	if want := (score.Tick{At: 100e9, CapacityKbps: 1500, QueueMs: 30, Lost: 2}); tick != want {
		t.Errorf("tick %+v, want %+v", tick, want)
	}
	if rec.arrived() != 2 || rec.late().MaxMs != 1 {
		t.Errorf("%d units, line late by %v ms", rec.arrived(), rec.late().MaxMs)
	}
}

func readAll(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestGCCRunsOnceOverItsOnlyTransport(t *testing.T) {
	c := runCommand{Transport: []string{overTCP, overTLS}}
	got := c.ways([]string{ourRule, gccRule})
	want := []way{{ourRule, overTCP}, {gccRule, overUDP}, {ourRule, overTLS}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
