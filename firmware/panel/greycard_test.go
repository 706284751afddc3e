package panel

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"studiobox/firmware/health"
)

// fakeCard is a grey card in any state.
type fakeCard struct {
	mu      sync.Mutex
	state   CardState
	presses int
}

func (c *fakeCard) LockColours() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Phase == CardMeasuring {
		return false
	}
	c.presses++
	c.state = CardState{Phase: CardMeasuring}
	return true
}

func (c *fakeCard) GreyCard() CardState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

func (c *fakeCard) set(state CardState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = state
}

func (c *fakeCard) fit(_ *Config, deps *Deps) { deps.GreyCard = c }

func TestAPressOnThePageLocksColoursOnceAtATime(t *testing.T) {
	card := &fakeCard{state: CardState{Phase: CardNone}}
	page := newPanel(t, newFakeBox(), nil, card.fit)
	cookies := enter(t, page)
	post := func(body string) int {
		return asked{method: "POST", path: "/api/grey-card", body: body, cookies: cookies}.of(page).StatusCode
	}
	for _, tc := range []struct {
		body string
		want int
	}{{`{"look":"gold"}`, http.StatusBadRequest}, {`{}`, http.StatusNoContent}, {`{}`, http.StatusConflict}} {
		if got := post(tc.body); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.body, got, tc.want)
		}
	}
	if card.presses != 1 {
		t.Errorf("locked %d times", card.presses)
	}
	if got := (asked{method: "POST", path: "/api/grey-card", body: `{}`}).of(page).StatusCode; got == http.StatusNoContent || got == http.StatusConflict {
		t.Errorf("a visitor without a session: %d", got)
	}
	bare := newPanel(t, newFakeBox(), nil)
	if got := (asked{method: "POST", path: "/api/grey-card", body: `{}`, cookies: enter(t, bare)}).of(bare).StatusCode; got != http.StatusNotFound {
		t.Errorf("a camera that cannot be set: %d", got)
	}
}

// cardStates is every way in which a card can stand, with a word of what the page
// says then in English.
func cardStates() map[string]CardState {
	all := map[string]CardState{
		"Measuring":      {Phase: CardMeasuring},
		"cast 0.6 ΔE":    {Phase: CardLocked, Cast: 0.6, Stops: 0.3, Drift: -1, Watched: true},
		"brightness −0.": {Phase: CardLocked, Cast: 0.4, Stops: 0.5, Drift: 0.2, Watched: true},
		"by 4.2 ΔE":      {Phase: CardLocked, Drift: 4.2, Drifted: true, Watched: true},
		"no corner":      {Phase: CardLocked, Drift: -1},
	}
	for why, word := range map[string]string{
		"no_look": "Set a look first", "look_changed": "look was changed", "no_picture": "No picture", "uneven": "not even",
		"bright": "too bright", "dark": "too dark", "colour": "not grey", "tinted": "not be turned", "not_settable": "cannot be set",
		"refused": "refuses",
	} {
		all[word] = CardState{Phase: CardFailed, Why: why}
	}
	return all
}

func TestThePageSaysInEachLanguageHowTheCardStands(t *testing.T) {
	card := &fakeCard{}
	page, b := serve(t, openLocal, card.fit), newBrowser(t)
	for _, lang := range languages {
		b.open(page.url, lang, 320, 740)
		card.set(CardState{Phase: CardNone})
		page.box.edit(func(s *health.Snapshot) { s.At = time.Now() })
		b.until("a card that was never locked says nothing", "!document.querySelector('#card-row').hidden && document.querySelector('#card-note').hidden")
		for word, state := range cardStates() {
			card.set(state)
			page.box.edit(func(s *health.Snapshot) { s.At = time.Now() })
			shown := "!document.querySelector('#card-note').hidden && !document.querySelector('#card-note').textContent.startsWith('card.')"
			if lang == "en" {
				shown += fmt.Sprintf(" && document.querySelector('#card-note').textContent.includes(%q)", word)
			}
			b.until(fmt.Sprintf("%s shows %+v", lang, state), shown+fmt.Sprintf(" && document.querySelector('#card-lock').disabled === %t", state.Phase == CardMeasuring))
			checkLayout(t, b, fmt.Sprintf("%+v in %s", state, lang), 320)
		}
	}
	card.set(CardState{Phase: CardNone})
	page.box.edit(func(s *health.Snapshot) { s.At = time.Now() })
	b.until("the button can be pressed", "!document.querySelector('#card-lock').disabled")
	eval[bool](b, "document.querySelector('#card-lock').click(), true")
	b.until("a press measures", "document.querySelector('#card-lock').disabled")
	if complaints := strings.Join(b.complaints(), "; "); complaints != "" {
		t.Errorf("the console complained: %s", complaints)
	}
}

func TestAPageWithoutACardShowsNone(t *testing.T) {
	page, b := serve(t, openLocal), newBrowser(t)
	b.open(page.url, "en", 390, 844)
	b.until("the looks show", "!document.querySelector('#looks').hidden")
	if !eval[bool](b, "document.querySelector('#card-row').hidden && document.querySelector('#card-note').hidden") {
		t.Error("a grey card is offered")
	}
}
