package command

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"studiobox/provisioning/contract"
)

// tallyEvery is how often refusals that were not told one by one are told.
const tallyEvery = time.Minute

// tally counts refusals, so that ten thousand a second become one line a minute.
type tally struct {
	counts map[contract.Refusal]int
	since  time.Time // of the first count
}

func (t *tally) add(why contract.Refusal, now time.Time) {
	if len(t.counts) == 0 {
		t.counts, t.since = map[contract.Refusal]int{}, now
	}
	t.counts[why]++
}

// due is when the present counts are to be told; zero while there are none.
func (t *tally) due() time.Time {
	if len(t.counts) == 0 {
		return time.Time{}
	}
	return t.since.Add(tallyEvery)
}

// mostTold is how long the text of a tally may be: an event has room for it.
const mostTold = 80

// take empties the tally: "bad_signature=5120 not_jws=77", most first. What has no
// room in the text is the last word, "+12".
func (t *tally) take() string {
	codes := slices.SortedFunc(maps.Keys(t.counts), func(a, b contract.Refusal) int {
		return cmp.Or(cmp.Compare(t.counts[b], t.counts[a]), cmp.Compare(a, b))
	})
	text, rest := "", 0
	for _, why := range codes {
		word := fmt.Sprintf("%s=%d ", why, t.counts[why])
		if rest > 0 || len(text)+len(word) > mostTold-len("+1000000") {
			rest += t.counts[why]
			continue
		}
		text += word
	}
	if rest > 0 {
		text += fmt.Sprintf("+%d", rest)
	}
	t.counts = nil
	return strings.TrimSpace(text)
}
