package book

import (
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

const head = "tenant,box,business,place,network,health_s\n"

func TestAListIsReadHoweverASpreadsheetWroteIt(t *testing.T) {
	want := roster.Listed{Tenant: "bank-a", Box: box, Business: "Žlatarna, 東京; \"A\"", Place: "Ptuj", Network: "kabel", Health: 5 * time.Minute}
	for name, text := range map[string]string{
		"commas":        head + `bank-a,SB-000001,"Žlatarna, 東京; ""A""",Ptuj,kabel,300` + "\n",
		"a mark":        "\xef\xbb\xbf" + head + `bank-a,SB-000001,"Žlatarna, 東京; ""A""",Ptuj,kabel,300`,
		"semicolons":    "tenant;box;business;place;network;health_s\r\n" + `bank-a;SB-000001;"Žlatarna, 東京; ""A""";Ptuj;kabel;300` + "\r\n",
		"another order": "Box , TENANT,health_s,network,place,business\n" + `SB-000001, bank-a ,300,kabel,Ptuj,"Žlatarna, 東京; ""A"""`,
	} {
		got, err := LoadList(strings.NewReader(text))
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestAWrongListIsRefusedWithTheNumberOfTheLine(t *testing.T) {
	good := "bank-a,SB-000001,A,B,C,60\n"
	for name, tc := range map[string]struct{ text, want string }{
		"empty":             {"", "line 1: want the names"},
		"an unknown column": {"tenant,box,business,place,network,health_s,key\n", `line 1: column "key"`},
		"a missing column":  {"tenant,box,business,place,network\n", `line 1: column "health_s" is missing`},
		"a column twice":    {"tenant,tenant,box,business,place,network,health_s\n", "line 1: column \"tenant\""},
		"too few fields":    {head + good + "bank-a,SB-000002\n", "line 3: 2 fields"},
		"a bad tenant":      {head + "Bank A,SB-000002,A,B,C,\n", "line 2: tenant"},
		"a bad box":         {head + "bank-a,sb,A,B,C,\n", "line 2: box id"},
		"a bad interval":    {head + "bank-a,SB-000002,A,B,C,14\n", "line 2: health_s"},
		"no number":         {head + "bank-a,SB-000002,A,B,C,often\n", "line 2: health_s"},
		"a box twice":       {head + good + "\n" + good, "line 4: box SB-000001 of bank-a is already on line 2"},
		"an open quote":     {head + good + "bank-a,\"SB", "line 3"},
		"a line break":      {head + "bank-a,SB-000002,\"A\nB\",B,C,\n" + "x,SB-000003,A,B,C,9\n", "line 2: business"},
		"not UTF-8":         {head + "bank-a,SB-000002,\x83\x65,B,C,\n", "not UTF-8"},
		"too long":          {head + "bank-a,SB-000002," + strings.Repeat("A", 201) + ",B,C,\n", "line 2: business is longer"},
	} {
		got, err := LoadList(strings.NewReader(tc.text))
		if err == nil || !strings.Contains(err.Error(), tc.want) || got != nil {
			t.Errorf("%s: %v %v, want %q", name, got, err, tc.want)
		}
	}
	_, err := LoadList(strings.NewReader(head + "a,b,c,d,e,f\n" + good + "b,b,b,b,b,b\n"))
	if err == nil || !strings.Contains(err.Error(), "line 2") || !strings.Contains(err.Error(), "line 4") {
		t.Errorf("not all wrong lines are named: %v", err)
	}
}

func TestAnImportTellsBeforehandWhatItChanges(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		listed := func() (all []roster.Listed) {
			_, err := b.Changes(t.Context(), 0, Reader{Listed: func(l roster.Listed) { all = append(all, l) }})
			must(t, err)
			return all
		}
		first := []roster.Listed{{Tenant: "bank-a", Box: box, Business: "A"}, {Tenant: "bank-a", Box: "SB-000002", Health: time.Minute}}
		done, err := b.Import(t.Context(), ops, first, true)
		must(t, err)
		if done.New != 2 || len(listed()) != 0 {
			t.Fatalf("a dry run: %+v, %v", done, listed())
		}
		_, err = b.Import(t.Context(), ops, first, false)
		must(t, err)
		ok, err := b.Quarantine(t.Context(), bank, "bank-a", box, "ops:anna", true)
		must(t, err)
		second := []roster.Listed{{Tenant: "bank-a", Box: box, Business: "B"}, first[1], {Tenant: "bank-b", Box: box}}
		done, err = b.Import(t.Context(), ops, second, false)
		must(t, err)
		if !ok || done.New != 1 || done.Changed != 1 || done.Same != 1 || len(done.Elsewhere) != 1 || done.Elsewhere[0] != "bank-a/"+box {
			t.Errorf("the second: %+v", done)
		}
		for _, l := range listed() {
			if l.Tenant == "bank-a" && l.Box == box && (l.Business != "B" || !l.Quarantined || l.At.IsZero()) {
				t.Errorf("listed %+v", l)
			}
		}
		if _, err := b.Import(t.Context(), bank, second, true); err == nil {
			t.Error("a bank imported boxes of another")
		}
	})
}

func TestAListThatNamesABoxNoMoreTakesItOff(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		c := newConsole(t, address)
		birth := contract.State{V: 1, On: 1, St: "idle", Boot: "b1"}
		two, other := roster.Listed{Tenant: "bank-a", Box: "SB-000002"}, roster.Listed{Tenant: "bank-b", Box: "SB-000009"}
		_, err := c.book.Import(t.Context(), ops, []roster.Listed{{Tenant: "bank-a", Box: box, Business: "A"}, two, other}, false)
		must(t, err)
		c.poll(t)
		c.hear(t, said(t, box, at(1), contract.KindState, birth.Encode()))
		_, err = c.book.Quarantine(t.Context(), ops, "bank-a", "SB-000002", "ops:ben", true)
		must(t, err)
		sees := func(id string, want bool) {
			t.Helper()
			c.poll(t)
			again := newConsole(t, address) // and whoever starts now
			for _, r := range []*roster.Roster{c.roster, again.roster} {
				if _, ok := r.Box(ops, "bank-a", id); ok != want {
					t.Errorf("box %s is known: %t, want %t", id, ok, want)
				}
			}
		}
		for _, dry := range []bool{true, false} {
			sees(box, true)
			done, err := c.book.Replace(t.Context(), ops, "ops:anna", []roster.Listed{two, {Tenant: "bank-a", Box: "SB-000003"}}, dry)
			must(t, err)
			if done.New != 1 || done.Same != 1 || done.Removed != 1 || done.RemovedBoxes[0] != "bank-a/"+box || done.NewBoxes[0] != "bank-a/SB-000003" {
				t.Errorf("dry %t: %+v", dry, done)
			}
		}
		sees(box, false)
		sees("SB-000003", true)
		if _, ok := c.roster.Box(ops, "bank-b", "SB-000009"); !ok {
			t.Error("the box of a bank that the list does not speak of is gone")
		}
		c.hear(t, said(t, box, at(2), contract.KindHealth, contract.Health{N: 1, St: "idle"}.Encode()))
		sees(box, false) // it may be plugged in yet
		if ok, err := c.book.Quarantine(t.Context(), ops, "bank-a", box, "ops:anna", true); ok || err != nil {
			t.Errorf("a removed box was shut out: %v", err)
		}
		acts, err := c.book.Acts(t.Context(), bank, "bank-a", box, 10)
		must(t, err)
		if len(acts) != 1 || acts[0].What != ActRemoved || acts[0].Who != "ops:anna" || acts[0].At.IsZero() {
			t.Errorf("acts %+v", acts)
		}
		done, err := c.book.Import(t.Context(), ops, []roster.Listed{{Tenant: "bank-a", Box: box, Business: "B"}}, false)
		must(t, err)
		sees(box, true)
		b, _ := c.roster.Box(ops, "bank-a", box)
		if done.New != 1 || b.Business != "B" || b.Session != "idle" || !b.Listed {
			t.Errorf("%+v: %+v", done, b)
		}
		done, err = c.book.Replace(t.Context(), bank, "bank:eva", nil, false)
		must(t, err)
		if done.Removed != 3 || len(c.roster.CountsByTenant(ops)) != 2 {
			t.Errorf("the bank's empty list: %+v", done)
		}
		sees("SB-000002", false)
		if n := c.roster.Counts(ops).Total(); n != 1 {
			t.Errorf("%d boxes are counted", n)
		}
	})
}

func TestWhoShutsABoxOutIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		b := open(t, address)
		_, err := b.Import(t.Context(), ops, []roster.Listed{{Tenant: "bank-a", Box: box}}, false)
		must(t, err)
		for _, step := range []struct {
			who string
			on  bool
		}{{"ops:anna", true}, {"ops:ben", true}, {"ops:ben", false}} {
			ok, err := b.Quarantine(t.Context(), ops, "bank-a", box, step.who, step.on)
			must(t, err)
			if !ok {
				t.Errorf("%+v: no such box", step)
			}
			<-time.After(2 * time.Millisecond) // acts are ordered by the millisecond
		}
		acts, err := b.Acts(t.Context(), bank, "bank-a", box, 10)
		must(t, err)
		if len(acts) != 2 || acts[0].What != ActReleased || acts[0].Who != "ops:ben" || acts[1].What != ActQuarantined || acts[1].Who != "ops:anna" {
			t.Errorf("acts %+v", acts)
		}
	})
}
