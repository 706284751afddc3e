package console

import (
	"testing"
	"time"

	"studiobox/provisioning/console/roster"
)

func TestATimelineShowsNothingWhereNobodyListened(t *testing.T) {
	tc, now := newConsole(t, nil), time.Now().Truncate(quarter)
	tc.book.Note(roster.Change{Tenant: "bank-a", Box: "SB-000001", To: roster.Live, At: now.Add(-12 * time.Hour)})
	tc.flush()
	for _, heard := range [][2]time.Duration{{-10 * time.Hour, -5 * time.Hour}, {-2 * time.Hour, 0}} {
		if err := tc.book.Listened(t.Context(), now.Add(heard[0]), now.Add(heard[1])); err != nil {
			t.Fatal(err)
		}
	}
	story, err := tc.stories.read(t.Context(), roster.Scope{All: true}, "bank-a", "SB-000001", now)
	if err != nil {
		t.Fatal(err)
	}
	for hours, want := range map[time.Duration]string{13: noStatus, 11: "live", 6: "live", 4: noStatus, 3: noStatus, 1: "live"} {
		from := now.Add(-hours * time.Hour)
		if got := worstWithin(story.spans, from, from.Add(quarter)); got != want {
			t.Errorf("%d hours ago: %s, want %s", hours, got, want)
		}
	}
}
