package book

import (
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/roster"
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
		ok, err := b.Quarantine(t.Context(), bank, "bank-a", box, true)
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
