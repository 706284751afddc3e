package unit

import (
	"slices"
	"testing"
)

func TestTheSizeOfAUnitIsItsPayload(t *testing.T) {
	for name, tc := range map[string]struct {
		unit Unit
		want int
	}{
		"a picture of three NAL units": {Unit{NALUs: [][]byte{make([]byte, 20), make([]byte, 5), make([]byte, 1000)}}, 1025},
		"an audio frame":               {Unit{Track: Audio, Frame: make([]byte, 160)}, 160},
		"nothing":                      {Unit{}, 0},
	} {
		if got := tc.unit.Size(); got != tc.want {
			t.Errorf("%s has %d bytes, want %d", name, got, tc.want)
		}
	}
}

func TestATeeGivesTheSameUnitToEachSinkInOrder(t *testing.T) {
	var got []string
	var seen []*Unit
	sink := func(name string) Sink {
		return SinkFunc(func(u *Unit) { got, seen = append(got, name), append(seen, u) })
	}
	u := &Unit{}
	Tee{sink("first"), sink("second")}.Put(u)
	if !slices.Equal(got, []string{"first", "second"}) || seen[0] != u || seen[1] != u {
		t.Errorf("got %v", got)
	}
}

func TestEveryCodecHasAName(t *testing.T) {
	names := map[string]bool{}
	for c := NoCodec; c <= G711U; c++ {
		names[c.String()] = true
	}
	if len(names) != int(G711U)+1 || names[Codec(200).String()] {
		t.Errorf("names: %v", names)
	}
}
