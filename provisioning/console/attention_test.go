package console

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// An open page on which nothing else changes is told at once that its console has
// turned deaf, and not with the next sign of life.
func TestAnOpenPageIsToldAtOnceThatItsConsoleTurnsDeaf(t *testing.T) {
	tc := walled(t)
	var deaf atomic.Bool
	since := time.Now().Add(-17 * time.Minute)
	tc.cfg.Hearing = func() Hearing { return Hearing{OK: !deaf.Load(), Since: since} }
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, tc.serve()+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.AddCookie(&http.Cookie{Name: "who", Value: anna.Subject})
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var turned time.Time
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text, is := strings.CutPrefix(lines.Text(), "data: ")
		var d delta
		if !is || json.Unmarshal([]byte(text), &d) != nil {
			continue
		}
		switch {
		case turned.IsZero() && d.Notice == "":
			turned = time.Now()
			deaf.Store(true)
		case turned.IsZero():
			t.Fatalf("a console that hears says %q", d.Notice)
		case strings.Contains(d.Notice, "hears nothing from the broker"):
			if late := time.Since(turned); late > quietLimit/2 {
				t.Errorf("told after %v", late)
			}
			return
		}
	}
	t.Error("an open page is not told")
}
