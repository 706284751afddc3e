package panel

import "net/http"

// GreyCard fixes the camera's colours on a grey card, for the look that is set.
type GreyCard interface {
	// LockColours begins, which takes up to two minutes; false = it is at it
	// already.
	LockColours() bool
	GreyCard() CardState
}

// The phases of a grey card.
const (
	CardNone      = "none"
	CardMeasuring = "measuring"
	CardLocked    = "locked"
	CardFailed    = "failed"
)

// CardState is how the card of the present look stands.
type CardState struct {
	Phase string `json:"phase"`
	// Why is the code of what failed: no_look, look_changed, no_picture, uneven,
	// bright, dark, colour, tinted, not_settable or refused.
	Why string `json:"why,omitempty"`
	// Cast is how far the locked card looked from grey, as CIEDE2000, and Stops
	// by how much its brightness was short of 18 %.
	Cast  float64 `json:"cast"`
	Stops float64 `json:"stops"`
	// Drift is by how much the colours differ now, as CIEDE2000; negative = not
	// known. Without Watched it never will be.
	Drift   float64 `json:"drift"`
	Drifted bool    `json:"drifted"`
	Watched bool    `json:"watched"`
}

func (p *Panel) serveGreyCard(w http.ResponseWriter, r *http.Request) {
	_, ok := ask[struct{}](w, r)
	switch {
	case !ok:
	case p.deps.GreyCard == nil:
		refuse(w, http.StatusNotFound, "not_fitted")
	case !p.deps.GreyCard.LockColours():
		refuse(w, http.StatusConflict, "card_busy")
	default:
		p.log.Info("colours are to be locked on the grey card, by the page")
		w.WriteHeader(http.StatusNoContent)
	}
}

// card is what the page shows; nil = there is none to lock.
func (p *Panel) card() *CardState {
	if p.deps.GreyCard == nil {
		return nil
	}
	state := p.deps.GreyCard.GreyCard()
	return &state
}
