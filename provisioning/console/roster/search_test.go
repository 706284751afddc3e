package roster

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"studiobox/provisioning/contract"
)

// pages walks through all pages of a search.
func (w *world) pages(scope Scope, f Filter, limit int) []string {
	w.t.Helper()
	var ids []string
	for cursor, n := "", 0; ; n++ {
		found := w.r.Search(scope, f, cursor, limit)
		for _, b := range found.Boxes {
			ids = append(ids, b.ID)
		}
		if cursor = found.Next; cursor == "" {
			return ids
		}
		if n > 1000 {
			w.t.Fatal("the pages have no end")
		}
	}
}

func TestPagesHoldEachBoxOnceInEveryOrder(t *testing.T) {
	w := newWorld(t)
	for i := range 53 {
		w.pass(time.Second)
		w.fleet(i*7%53, i*7%53, fmt.Sprintf("net-%d", i%5), fmt.Sprint(i%3))
	}
	for _, order := range []string{ByID, ByBusiness, ByPlace, ByNetwork, ByVersion, ByStatus, BySince, BySeen, "no such order"} {
		for _, limit := range []int{1, 7, 53, 100} {
			ids := w.pages(Scope{All: true}, Filter{Sort: order}, limit)
			if order == BySeen && ids[0] != boxID(52*7%53) {
				t.Errorf("heard from latest is %s", ids[0])
			}
			slices.Sort(ids)
			if len(slices.Compact(ids)) != 53 {
				t.Errorf("order %q, %d a page: %d boxes", order, limit, len(ids))
			}
		}
	}
}

func TestBoxesThatComeBetweenTwoPagesShiftNothing(t *testing.T) {
	w := newWorld(t)
	w.fleet(10, 19, "kabel", "1")
	first := w.r.Search(Scope{All: true}, Filter{}, "", 5)
	w.fleet(0, 9, "kabel", "1")
	second := w.r.Search(Scope{All: true}, Filter{}, first.Next, 5)
	if second.Boxes[0].ID != boxID(15) || second.Total != 20 {
		t.Errorf("the second page begins with %s of %d", second.Boxes[0].ID, second.Total)
	}
}

func TestEveryPartOfAFilterCounts(t *testing.T) {
	w := newWorld(t)
	w.fleet(1, 3, "kabel", "1", "too_hot")
	w.fleet(4, 4, "fiber", "2")
	w.r.List(w.now, Listed{Tenant: "bank-a", Box: boxID(5), Business: "Žlatarna 東京", Place: "Ptuj"})
	w.tell(boxID(6), Update{Info: &contract.Info{V: 1, Ser: "10000000ABCD"}})
	w.tell(boxID(7), Update{Tenant: "bank-b", Info: &contract.Info{V: 1}})
	for _, tc := range []struct {
		filter Filter
		want   int
	}{
		{Filter{}, 7},
		{Filter{Text: "žLATARNA ptuj"}, 1},
		{Filter{Text: "東京"}, 1},
		{Filter{Text: "abcd"}, 1},
		{Filter{Text: "abcd ptuj"}, 0},
		{Filter{Tenant: "bank-b"}, 1},
		{Filter{Status: string(NeverSeen)}, 1},
		{Filter{Status: string(Ready)}, 4},
		{Filter{Cause: "too_hot"}, 3},
		{Filter{Cause: "too_hot", Version: "2"}, 0},
		{Filter{Network: "fiber"}, 1},
		{Filter{Version: "1"}, 3},
	} {
		if got := w.r.Search(Scope{All: true}, tc.filter, "", 0); got.Total != tc.want || len(got.Boxes) != tc.want {
			t.Errorf("%+v: %d boxes, total %d, want %d", tc.filter, len(got.Boxes), got.Total, tc.want)
		}
	}
}

func TestRubbishAsCursorBeginsAnew(t *testing.T) {
	w := newWorld(t)
	w.fleet(1, 3, "kabel", "1")
	for _, cursor := range []string{"rubbish", "e30", "\x00", "!!!"} {
		if got := w.r.Search(Scope{All: true}, Filter{}, cursor, 0); len(got.Boxes) != 3 {
			t.Errorf("cursor %q: %d boxes", cursor, len(got.Boxes))
		}
	}
}
