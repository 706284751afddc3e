package panel

import (
	"errors"
	"net/http"
	"slices"
)

// Limits of what the page may ask of the studio.
const (
	maxTurntableDegPerS = 90.0
	maxTurnDeg          = 360.0
	maxLineKbps         = 100_000
)

type pressAsked struct {
	ID    string `json:"id"`    // one per press, made by the phone
	Phase string `json:"phase"` // down, hold, up
}

// servePress takes one message of a finger's life on the page's button.
func (p *Panel) servePress(w http.ResponseWriter, r *http.Request) {
	asked, ok := ask[pressAsked](w, r)
	if !ok {
		return
	}
	if len(asked.ID) < 8 || len(asked.ID) > 64 {
		refuse(w, http.StatusBadRequest, "bad_request")
		return
	}
	held := true
	switch asked.Phase {
	case "down":
		if !p.button.down(asked.ID) {
			refuse(w, http.StatusConflict, "button_busy")
			return
		}
	case "hold":
		held = p.button.hold(asked.ID)
	case "up":
		p.button.up(asked.ID)
	default:
		refuse(w, http.StatusBadRequest, "bad_request")
		return
	}
	if !held {
		refuse(w, http.StatusGone, "press_lost")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (p *Panel) serveStop(w http.ResponseWriter, _ *http.Request) {
	p.log.Info("stop asked for on the page")
	p.deps.Stopper.Stop()
	w.WriteHeader(http.StatusNoContent)
}

// turntableAsked has exactly one of its fields.
type turntableAsked struct {
	DegPerS *float64 `json:"degPerS"` // keep turning; 0 stops
	TurnDeg *float64 `json:"turnDeg"` // turn by an angle and stop
}

func (p *Panel) serveTurntable(w http.ResponseWriter, r *http.Request) {
	asked, ok := ask[turntableAsked](w, r)
	switch {
	case !ok:
	case p.deps.Studio == nil:
		refuse(w, http.StatusNotFound, "not_fitted")
	case asked.DegPerS != nil && asked.TurnDeg == nil && within(*asked.DegPerS, -maxTurntableDegPerS, maxTurntableDegPerS):
		p.turned(w, p.deps.Studio.SetTurntable(*asked.DegPerS))
	case asked.TurnDeg != nil && asked.DegPerS == nil && within(*asked.TurnDeg, -maxTurnDeg, maxTurnDeg):
		p.turned(w, p.deps.Studio.TurnBy(*asked.TurnDeg))
	default:
		refuse(w, http.StatusBadRequest, "bad_request")
	}
}

// turned answers what became of a wish for a motion.
func (p *Panel) turned(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
		return
	case errors.Is(err, ErrEStop):
		refuse(w, http.StatusConflict, "estop_pressed")
	default:
		refuse(w, http.StatusConflict, "turntable_refused")
	}
	p.log.Warn("the turntable refuses", "error", err)
}

type lightAsked struct {
	Level *float64 `json:"level"` // 0 to 1
}

func (p *Panel) serveLight(w http.ResponseWriter, r *http.Request) {
	asked, ok := ask[lightAsked](w, r)
	switch {
	case !ok:
	case p.deps.Studio == nil:
		refuse(w, http.StatusNotFound, "not_fitted")
	case asked.Level == nil || !within(*asked.Level, 0, 1):
		refuse(w, http.StatusBadRequest, "bad_request")
	default:
		p.deps.Studio.SetLight(*asked.Level)
		w.WriteHeader(http.StatusNoContent)
	}
}

type lookAsked struct {
	Name string `json:"name"`
}

func (p *Panel) serveLook(w http.ResponseWriter, r *http.Request) {
	asked, ok := ask[lookAsked](w, r)
	switch {
	case !ok:
	case p.deps.Looks == nil:
		refuse(w, http.StatusNotFound, "not_fitted")
	case !slices.Contains(p.deps.Snapshots.Snapshot().Studio.Looks, asked.Name):
		refuse(w, http.StatusBadRequest, "bad_request")
	default:
		if err := p.deps.Looks.SetLook(asked.Name); err != nil {
			p.log.Warn("a look could not be set whole", "error", err)
			refuse(w, http.StatusConflict, "look_in_part")
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

type lineAsked struct {
	Kbps *int `json:"kbps"` // 0 cuts the line
}

func (p *Panel) serveLine(w http.ResponseWriter, r *http.Request) {
	asked, ok := ask[lineAsked](w, r)
	switch {
	case !ok:
	case p.deps.Line == nil:
		refuse(w, http.StatusNotFound, "not_fitted")
	case asked.Kbps == nil || !within(*asked.Kbps, 0, maxLineKbps):
		refuse(w, http.StatusBadRequest, "bad_request")
	default:
		p.deps.Line.SetLineKbps(*asked.Kbps)
		w.WriteHeader(http.StatusNoContent)
	}
}

type remoteStartAsked struct {
	Allowed *bool `json:"allowed"`
}

func (p *Panel) serveRemoteStart(w http.ResponseWriter, r *http.Request) {
	asked, ok := ask[remoteStartAsked](w, r)
	switch {
	case !ok:
	case p.deps.RemoteStart == nil:
		refuse(w, http.StatusNotFound, "not_fitted")
	case asked.Allowed == nil:
		refuse(w, http.StatusBadRequest, "bad_request")
	default:
		p.log.Info("remote start changed on the page", "allowed", *asked.Allowed)
		p.deps.RemoteStart.AllowRemoteStart(*asked.Allowed)
		w.WriteHeader(http.StatusNoContent)
	}
}

// within is false for a number that is not one.
func within[T int | float64](v, low, high T) bool { return v >= low && v <= high }
