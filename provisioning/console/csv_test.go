package console

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// cutUp is a line as a spreadsheet reads it: it cuts at the separator, except
// within a cell that begins with a quotation mark, up to that mark's pair.
func cutUp(line, separator string) []string {
	var all []string
	for rest := line; ; {
		end := 0
		if strings.HasPrefix(rest, `"`) {
			for end = 1; end < len(rest); end++ {
				if strings.HasPrefix(rest[end:], `""`) {
					end++
				} else if rest[end] == '"' {
					break
				}
			}
		}
		at := strings.Index(rest[end:], separator)
		if at < 0 {
			return append(all, strings.Trim(rest, `"`))
		}
		all = append(all, strings.Trim(rest[:end+at], `"`))
		rest = rest[end+at+len(separator):]
	}
}

func TestNoPartOfATextIsAFormulaWhereverASpreadsheetCuts(t *testing.T) {
	tc, now := newConsole(t, nil), time.Now()
	for i, name := range []string{
		`Shop;=HYPERLINK("http://example.com")`, "Shop; =1+1", `a";=1`, `a;"=1`, "a;;@SUM(1)", "x;\t-1", ";=1", "=1;=2", "x;\u3000＝1", "a;+1;b",
	} {
		tc.roster.List(now, roster.Listed{Tenant: "bank-a", Box: fmt.Sprintf("SB-%06d", i), Business: name, Place: "Gold; silver - 1=1", At: now})
	}
	body := strings.TrimPrefix(tc.ask(vera, "/boxes.csv", nil).Body.String(), "\ufeff")
	lines := strings.Split(strings.TrimSpace(body), "\r\n")
	if len(lines) != 11 || !strings.Contains(body, `,"Gold; silver - 1=1",`) {
		t.Errorf("%d lines: %s", len(lines), body)
	}
	for _, line := range lines {
		if n := len(cutUp(line, ",")); n != 15 {
			t.Errorf("%d cells in %s", n, line)
		}
		for _, separator := range []string{",", ";", "\t"} {
			for _, cell := range cutUp(line, separator) {
				if bare := strings.TrimLeft(cell, "\" \t\u3000"); bare != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(bare)[0]) {
					t.Errorf("cut at %q: %q is a formula", separator, cell)
				}
			}
		}
	}
}

// movingFinder changes every box between two pages.
type movingFinder struct {
	*roster.Roster
	pages int
	now   time.Time
}

func (f *movingFinder) Search(scope roster.Scope, filter roster.Filter, cursor string, limit int) roster.Found {
	found := f.Roster.Search(scope, filter, cursor, limit)
	f.pages++
	for i := range 2500 {
		h := contract.Health{V: 1, N: uint64(f.pages), St: "idle"}
		at := f.now.Add(time.Duration(f.pages*10_000+i*(1-2*(f.pages%2))) * time.Second)
		f.Apply(roster.Update{Tenant: "bank-a", Box: fmt.Sprintf("SB-%06d", i), At: at, Health: &h})
	}
	return found
}

func TestTheFileHoldsEachBoxOnceWhileTheFleetMoves(t *testing.T) {
	tc, now := newConsole(t, nil), time.Now()
	for i := range 2500 {
		tc.roster.List(now, roster.Listed{Tenant: "bank-a", Box: fmt.Sprintf("SB-%06d", i), At: now})
	}
	tc.deps.Finder = &movingFinder{Roster: tc.roster, now: now}
	for _, path := range []string{"/boxes.csv", "/boxes.csv?sort=seen", "/boxes.csv?sort=since"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.AddCookie(&http.Cookie{Name: "who", Value: vera.Subject})
		w := httptest.NewRecorder()
		tc.Handler().ServeHTTP(w, r)
		times := map[string]int{}
		for _, line := range strings.Split(w.Body.String(), "\r\n")[1:] {
			if parts := cutUp(line, ","); len(parts) > 1 {
				times[parts[1]]++
			}
		}
		for id, n := range times {
			if n != 1 {
				t.Fatalf("%s: %s is there %d times", path, id, n)
			}
		}
		if len(times) != 2500 {
			t.Errorf("%s: %d boxes", path, len(times))
		}
	}
}
