package fleet

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestAKeyThatIsAddedToTheFileCountsWithoutARestart(t *testing.T) {
	d := newFolder(t)
	ring := filepath.Join(d.dir, "ring")
	synctest.Test(t, func(t *testing.T) {
		k, err := openKeys(ring, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go k.Run(ctx)
		for _, step := range []struct {
			text string
			want int
		}{
			{d.joined(t, "one", "two", "stranger"), 3},
			{"no ring at all", 3}, // half a file must not lock everybody out
			{d.joined(t, "one"), 1},
		} {
			if err := os.WriteFile(ring, []byte(step.text), 0o600); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if n := len(k.Keyring().Signers()); n != step.want {
				t.Errorf("%d keys are in force, want %d", n, step.want)
			}
		}
	})
}

// joined is a ring of some people's keys.
func (d folder) joined(t *testing.T, who ...string) string {
	t.Helper()
	args := []string{"sign", "ring", "--out", d.path("joined")}
	for _, w := range who {
		args = append(args, d.path(w+".pub"))
	}
	d.must(t, args...)
	text, err := os.ReadFile(d.path("joined"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
