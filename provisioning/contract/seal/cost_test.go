package seal

import (
	"bytes"
	"testing"

	"studiobox/provisioning/contract"
)

// rubbish is what a flood consists of, by the check that ends it.
func rubbish(t testing.TB, c cast) map[string][]byte {
	good := sealed(t, TypeCommand, bodyOf(t, contract.OpStop), c.anna)
	forged := bytes.Clone(good)
	at := len(forged) - 10
	copy(forged[at:], nextLetter(forged[at]))
	return map[string][]byte{
		"too large":     make([]byte, contract.MaxCommand+1),
		"noise":         bytes.Repeat([]byte{0xa5}, 400),
		"JSON":          bodyOf(t, contract.OpStop),
		"unknown key":   sealed(t, TypeCommand, bodyOf(t, contract.OpStop), c.mallory),
		"bad signature": forged,
		"valid":         good,
	}
}

// The cost is counted, not timed: Ed25519 works on memory of its own, and the
// library that verifies parses the seal anew, so that work with signatures shows
// as allocations wherever the test runs.
func TestACheapRefusalDoesNoWorkWithSignatures(t *testing.T) {
	c := newCast(t)
	cost := map[string]float64{}
	for name, text := range rubbish(t, c) {
		cost[name] = testing.AllocsPerRun(20, func() { _, _, _ = c.ring.Open(TypeCommand, text) })
		t.Logf("%-14s %4.0f allocations", name, cost[name])
	}
	for name, most := range map[string]float64{"too large": 2, "noise": 4, "JSON": 40, "unknown key": 20} {
		if cost[name] > most || cost["bad signature"] < 2*most {
			t.Errorf("%s costs %.0f allocations, want at most %.0f", name, cost[name], most)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	c := newCast(b)
	for name, text := range rubbish(b, c) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _, _ = c.ring.Open(TypeCommand, text)
			}
		})
	}
	good := sealed(b, TypeCommand, bodyOf(b, contract.OpStop), c.anna)
	b.Run("valid, read as a command", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := c.ring.Command(good); err != nil {
				b.Fatal(err)
			}
		}
	})
}
