package fleet

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
)

const listHead = "tenant,box,business,place,network,health_s\n"

// onList is the boxes that a database lists.
func onList(t *testing.T, b *book.Book) string {
	t.Helper()
	var boxes []string
	_, err := b.Changes(t.Context(), 0, book.Reader{
		Listed: func(l roster.Listed) {
			if !l.Removed {
				boxes = append(boxes, l.Box+"="+l.Business)
			}
		},
		Update: func(roster.Update) {}, Mark: func(roster.Scope, roster.Mark) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(boxes, " ")
}

func openBook(t *testing.T, path string) *book.Book {
	t.Helper()
	b, err := book.Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func TestAnImportTakesBoxesOffOnlyWhenItIsTold(t *testing.T) {
	dir := folder{t.TempDir()}
	b := openBook(t, dir.path("fleet.db"))
	list := func(lines ...string) string {
		if err := os.WriteFile(dir.path("boxes.csv"), []byte(listHead+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir.path("boxes.csv")
	}
	for _, step := range []struct {
		flags, lines []string
		says, then   string
	}{
		{nil, []string{"b-0001,SB-000001,One,,,", "b-0001,SB-000002,Two,,,"}, "new: 2: b-0001/SB-000001 b-0001/SB-000002\nsame: 0\n", "SB-000001=One SB-000002=Two"},
		{[]string{"--dry-run", "--remove"}, []string{"b-0001,SB-000001,Uno,,,", "b-0001,SB-000003,Three,,,"},
			"new: 1: b-0001/SB-000003\nchanged: 1: b-0001/SB-000001\nnot on the list any more: 1: b-0001/SB-000002\nsame: 0\ndry run: nothing was changed\n", "SB-000001=One SB-000002=Two"},
		{nil, []string{"b-0001,SB-000001,Uno,,,"}, "changed: 1: b-0001/SB-000001\nnot on the list any more: 1: b-0001/SB-000002\nsame: 0\n1 boxes are not on this list any more and stay; --remove takes them off\n", "SB-000001=Uno SB-000002=Two"},
		{[]string{"--remove", "--who", "anna"}, []string{"b-0001,SB-000001,Uno,,,"}, "not on the list any more: 1: b-0001/SB-000002\nsame: 1\n", "SB-000001=Uno"},
	} {
		args := append([]string{"import", list(step.lines...), "--database", dir.path("fleet.db")}, step.flags...)
		out, _ := dir.must(t, args...)
		if out != step.says {
			t.Errorf("%v says %q, want %q", step.flags, out, step.says)
		}
		if got := strings.Join(sortedWords(onList(t, b)), " "); got != step.then {
			t.Errorf("after %v the list is %q, want %q", step.flags, got, step.then)
		}
	}
	acts, err := b.Acts(t.Context(), roster.Scope{All: true}, "b-0001", "SB-000002", 5)
	if err != nil || len(acts) != 1 || acts[0].Who != "anna" {
		t.Errorf("who took it off is kept as %+v, %v", acts, err)
	}
}

func sortedWords(text string) []string {
	words := map[string]string{}
	for _, w := range strings.Fields(text) {
		box, _, _ := strings.Cut(w, "=")
		words[box] = w
	}
	var all []string
	for _, box := range []string{"SB-000001", "SB-000002", "SB-000003"} {
		if w := words[box]; w != "" {
			all = append(all, w)
		}
	}
	return all
}

// What the bank writes into the file is on the list within seconds, and a file
// that was cut short takes nothing off.
func TestAListThatChangesIsTakenOverWithoutARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "boxes.csv")
	b := openBook(t, filepath.Join(t.TempDir(), "fleet.db"))
	write := func(text string) {
		if err := os.WriteFile(path, []byte(listHead+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("b-0001,SB-000001,One,,,\n")
	l, err := openList(t.Context(), path, b, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	is := func(want string) func() bool {
		return func() bool { return strings.Join(sortedWords(onList(t, b)), " ") == want }
	}
	write("b-0001,SB-000001,One,,,\nb-0001,SB-000002,Two,,,\n")
	eventually(t, "a box that was added is on the list", is("SB-000001=One SB-000002=Two"))
	write("b-0001,SB-0000")
	time.Sleep(3 * time.Second) // it is looked at, and refused
	write("b-0001,SB-000003,Three,,,\n")
	eventually(t, "the next good file counts, and those before stay", is("SB-000001=One SB-000002=Two SB-000003=Three"))
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestSignoutEndsEverySession(t *testing.T) {
	l := newLoad(t, 1)
	l.embedded(t)
	l.console(t)
	l.page.get(t, l.page.base+"/")
	dir := folder{l.dir}
	if out, _ := dir.must(t, "signout", "--database", l.path("fleet.db")); out != "1 sessions ended; everybody signs in anew\n" {
		t.Errorf("it says %q", out)
	}
	answer, err := l.page.Get(l.page.base + "/boxes.csv")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 401 {
		t.Errorf("afterwards a page is %s", answer.Status)
	}
}

// A console that has not reached its broker since its start says that, and why.
func TestAConsoleWithoutABrokerSaysWhy(t *testing.T) {
	l := newLoad(t, 1)
	address := freeAddress(t)
	c := studiofleet(t, "--log", "error", "serve", "--listen", freeAddress(t), "--metrics", "", "--broker", "tcp://"+address,
		"--database", l.path("fleet.db"), "--boxes", l.path("boxes.csv"))
	page := signIn(t, c.said(t, `(http://\S+token=\S+)`))
	eventually(t, "the page says why nothing is heard", func() bool {
		text := page.get(t, page.base+"/")
		if strings.Contains(text, "Jan 0001") {
			t.Fatal("the page tells of the year 1")
		}
		return strings.Contains(text, "has not been connected to its broker since its start") && strings.Contains(text, "nothing listens there")
	})
}
