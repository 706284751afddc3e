package pts

import (
	"testing"
	"time"
)

func TestATableGivesEachValueOnce(t *testing.T) {
	var table Table[string]
	if _, ok := table.Take(0); ok {
		t.Error("an empty table has a value at 0")
	}
	table.Put(3*time.Second, "three")
	table.Put(1*time.Second, "one")
	table.Put(3*time.Second, "three again")
	if v, ok := table.Take(3 * time.Second); !ok || v != "three again" {
		t.Errorf("got %q, %v", v, ok)
	}
	if v, ok := table.Take(1 * time.Second); !ok || v != "one" {
		t.Errorf("got %q, %v", v, ok)
	}
	if v, ok := table.Take(1 * time.Second); ok {
		t.Errorf("got %q a second time", v)
	}
	table.Clear()
	if _, ok := table.Take(3 * time.Second); ok {
		t.Error("a cleared table has a value")
	}
}

func TestATableForgetsTheOldest(t *testing.T) {
	var table Table[int]
	for i := range depth + 1 {
		table.Put(time.Duration(i), i)
	}
	if _, ok := table.Take(0); ok {
		t.Error("the oldest is still there")
	}
	for _, i := range []int{1, depth} {
		if v, ok := table.Take(time.Duration(i)); !ok || v != i {
			t.Errorf("number %d: %d, %v", i, v, ok)
		}
	}
}
