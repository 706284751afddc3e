package roster

import (
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

const fleetSize = 100_000

// bigWorld is a fleet of the size that ops watch: one box in ten has something,
// one network is down, one box in five is on air.
func bigWorld(t testing.TB, size int) *world {
	w := newWorld(t)
	list := make([]Listed, 0, size)
	for i := range size {
		list = append(list, Listed{Tenant: fmt.Sprintf("b-%04d", i%50), Box: boxID(i), Business: fmt.Sprintf("Goldsmith number %d", i),
			Place: fmt.Sprintf("Town %d", i%700), Network: fmt.Sprintf("Provider %d", i%40), At: w.now})
	}
	w.r.List(w.now, list...)
	for i, l := range list {
		tell := func(kind contract.Kind, payload []byte) {
			u, err := Decode(contract.Topic{Tenant: l.Tenant, Box: l.Box, Kind: kind}, payload, w.now, false)
			if err != nil {
				t.Fatal(err)
			}
			w.r.Apply(u)
		}
		st := "idle"
		if i%5 == 0 {
			st = "live"
		}
		boot := fmt.Sprintf("%08x", i)
		tell(contract.KindState, birth(boot, st).Encode())
		info := contract.Info{V: 1, Model: "Raspberry Pi 4 Model B", SW: fmt.Sprintf("1.%d.0", i%4), Ser: fmt.Sprintf("10000000%08x", i), Cap: []string{"light", "turntable"}}
		tell(contract.KindInfo, info.Encode())
		if i%40 == 5 {
			tell(contract.KindState, contract.Will(boot).Encode())
		}
	}
	w.now = w.now.Add(185 * time.Second)
	for i, b := range w.r.all {
		if i%40 != 5 {
			h := bigHealth(i, b.presence.birth.St)
			w.r.Apply(Update{Tenant: b.tenant, Box: b.id, At: w.now, Health: &h})
		}
	}
	w.r.Tick(w.now)
	return w
}

// bigHealth is a health message of box i.
func bigHealth(i int, st string) contract.Health {
	h := contract.Health{V: 1, TS: 1_800_000_000, N: 1, St: st, CPU: 41, Mem: 57, TC: 63.4, Dsk: 11800, RTT: 34,
		Cam: []contract.Cam{{FPS: 30}}, Enc: contract.Enc{Height: 720, Kbps: 5980}, Up: contract.Up{Kbps: 5920, LossPercent: -1, QueueMs: 18}}
	if i%10 == 3 {
		h.Al = []string{"too_hot"}
	}
	return h
}

// measured runs a benchmark and reports processor time, too: on a machine that
// others use, the time on the wall says little.
func measured(b *testing.B, op func(i int)) {
	b.ReportAllocs()
	n, before := 0, processor()
	for b.Loop() {
		op(n)
		n++
	}
	b.ReportMetric(float64(processor()-before)/float64(n), "cpu-ns/op")
}

// processor is the processor time of this program in nanoseconds.
func processor() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func BenchmarkApplyHealth(b *testing.B) {
	w := bigWorld(b, fleetSize)
	payload := bigHealth(3, "idle").Encode()
	b.Run("decoded before", func(b *testing.B) {
		h := bigHealth(4, "idle")
		measured(b, func(i int) {
			box := w.r.all[i*7919%fleetSize]
			w.r.Apply(Update{Tenant: box.tenant, Box: box.id, At: w.now, Health: &h})
		})
	})
	b.Run("with decoding", func(b *testing.B) {
		measured(b, func(i int) {
			box := w.r.all[i*7919%fleetSize]
			u, err := Decode(contract.Topic{Tenant: box.tenant, Box: box.id, Kind: contract.KindHealth}, payload, w.now, false)
			if err != nil {
				b.Fatal(err)
			}
			w.r.Apply(u)
		})
	})
}

func BenchmarkQuestions(b *testing.B) {
	w := bigWorld(b, fleetSize)
	all := Scope{All: true}
	search := func(f Filter) func(int) {
		return func(int) { w.r.Search(all, f, "", 50) }
	}
	for i := range 50 { // somebody has said something in every scope
		w.r.SetMark(Scope{Tenant: fmt.Sprintf("b-%04d", i)}, Mark{Key: "k", Owner: "anna"})
	}
	w.r.SetMark(all, Mark{Key: "k", Owner: "anna"})
	for _, question := range []struct {
		name string
		ask  func(int)
	}{
		{"attention", func(int) { w.r.Attention(all, w.now) }},
		{"attention of a bank", func(int) { w.r.Attention(Scope{Tenant: "b-0003"}, w.now) }},
		{"counts", func(int) { w.r.Counts(all) }},
		{"search all", search(Filter{})},
		{"search one", search(Filter{Text: "number 77777"})},
		{"search words", search(Filter{Text: "gold town"})},
		{"search status by business", search(Filter{Status: "live", Sort: ByBusiness})},
		{"search others", search(Filter{Cause: "box_lost", Network: Others})},
		{"tick", func(int) { w.r.Tick(w.now) }},
		{"rows that are over", func(int) { w.r.looked = time.Time{}; w.r.settle(w.now) }},
	} {
		b.Run(question.name, func(b *testing.B) { measured(b, question.ask) })
	}
}

func TestABoxTakesLittleMemory(t *testing.T) {
	const boxes, most = 20_000, 1500
	before := heap()
	w := bigWorld(t, boxes)
	perBox := (heap() - before) / boxes
	runtime.KeepAlive(w)
	t.Logf("%d bytes a box, strings included", perBox)
	if perBox > most {
		t.Errorf("%d bytes a box, want at most %d", perBox, most)
	}
}

// heap is how many bytes are in use.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func TestManyGoroutinesMayAskAtOnce(t *testing.T) {
	w := bigWorld(t, 500)
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			for i := range 200 {
				h := bigHealth(i, "live")
				w.r.Apply(Update{Tenant: "b-0001", Box: boxID(1 + 50*(i%10)), At: w.now, Health: &h})
				w.r.Attention(Scope{All: true}, w.now)
				w.r.Search(Scope{Tenant: "b-0001"}, Filter{Text: "gold"}, "", n+1)
				w.r.Counts(Scope{All: true})
				w.r.Tick(w.now)
			}
		})
	}
	group.Wait()
}

func TestAChangeIsToldToWhoAskedBefore(t *testing.T) {
	w := newWorld(t)
	changed := w.r.Changed()
	select {
	case <-changed:
		t.Fatal("nothing has changed yet")
	default:
	}
	w.state(one, birth("a", "idle"))
	select {
	case <-changed:
	default:
		t.Fatal("the change was not told")
	}
}

func TestAFullRosterTakesNoNewBoxesAndNoStrangeNames(t *testing.T) {
	w := newWorld(t)
	w.r = New(Rules{Most: 1})
	w.state(one, birth("a", "idle"))
	if w.state("SB-000002", birth("a", "idle")).Kept {
		t.Error("a second box was kept")
	}
	if !w.state(one, birth("a", "live")).Kept {
		t.Error("the first box is not heard any more")
	}
	w.r = New(Rules{})
	if w.tell("not a box", Update{Info: &contract.Info{V: 1}}).Kept {
		t.Error("a strange name was kept")
	}
}
