package panel

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPressEndsByItselfWhenThePhoneVanishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newFakeBox()
		b := newButton(box)
		b.down("phone")
		for range 10 {
			time.Sleep(150 * time.Millisecond)
			if !b.hold("phone") {
				t.Fatal("the press was lost although the phone spoke every 150 ms")
			}
		}
		time.Sleep(499 * time.Millisecond)
		if got := box.noted(); !slices.Equal(got, []string{"down"}) {
			t.Fatalf("before the lease ran out: %v", got)
		}
		time.Sleep(2 * time.Millisecond)
		if got := box.noted(); !slices.Equal(got, []string{"down", "up"}) {
			t.Fatalf("after the lease ran out: %v", got)
		}
		if b.hold("phone") {
			t.Error("a late word took the press up again")
		}
	})
}

func TestThePhonesWordsMayArriveInAnyOrder(t *testing.T) {
	type word struct{ id, phase string }
	for _, c := range []struct {
		name  string
		words []word
		want  []string
	}{
		{"in order", []word{{"a", "down"}, {"a", "hold"}, {"a", "up"}}, []string{"down", "up"}},
		{"up overtakes down", []word{{"a", "up"}, {"a", "down"}, {"a", "hold"}}, nil},
		{"hold overtakes down", []word{{"a", "hold"}, {"a", "down"}, {"a", "up"}}, []string{"down", "up"}},
		{"hold after up", []word{{"a", "down"}, {"a", "up"}, {"a", "hold"}, {"a", "down"}}, []string{"down", "up"}},
		{"up twice", []word{{"a", "down"}, {"a", "up"}, {"a", "up"}}, []string{"down", "up"}},
		{"down twice", []word{{"a", "down"}, {"a", "down"}, {"a", "up"}}, []string{"down", "up"}},
		{"two phones", []word{{"a", "down"}, {"b", "down"}, {"b", "up"}, {"a", "up"}}, []string{"down", "up"}},
		{"one after the other", []word{{"a", "down"}, {"a", "up"}, {"b", "down"}, {"b", "up"}}, []string{"down", "up", "down", "up"}},
	} {
		box := newFakeBox()
		b := newButton(box)
		for _, w := range c.words {
			switch w.phase {
			case "down":
				b.down(w.id)
			case "hold":
				b.hold(w.id)
			case "up":
				b.up(w.id)
			}
		}
		b.letGo()
		if got := box.noted(); !slices.Equal(got, c.want) {
			t.Errorf("%s: the box saw %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTheButtonIsLetGoWhenThePageEnds(t *testing.T) {
	box := newFakeBox()
	b := newButton(box)
	b.down("phone")
	b.letGo()
	if got := box.noted(); !slices.Equal(got, []string{"down", "up"}) {
		t.Errorf("the box saw %v", got)
	}
	if b.down("another") {
		t.Error("a press began after the end")
	}
}
