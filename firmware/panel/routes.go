package panel

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// maxBody bounds every request body; an SDP offer is the largest.
const maxBody = 64 << 10

// routes is the whole surface of the page.
func (p *Panel) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.serveIndex)
	mux.HandleFunc("GET /{file...}", p.serveFile)
	mux.HandleFunc("GET /api/access", p.serveAccess)
	mux.HandleFunc("POST /api/claim", p.serveClaim)

	mux.HandleFunc("GET /report", p.privatePage(p.serveReport))
	mux.HandleFunc("GET /report/{show}", p.privatePage(p.serveReport))

	mux.HandleFunc("GET /api/events", p.private(p.serveEvents))
	mux.HandleFunc("GET /api/history", p.private(p.serveHistory))
	mux.HandleFunc("GET /api/status", p.private(p.serveStatus))
	mux.HandleFunc("POST /api/press", p.private(p.servePress))
	mux.HandleFunc("POST /api/stop", p.private(p.serveStop))
	mux.HandleFunc("POST /api/turntable", p.private(p.serveTurntable))
	mux.HandleFunc("POST /api/light", p.private(p.serveLight))
	mux.HandleFunc("POST /api/look", p.private(p.serveLook))
	mux.HandleFunc("POST /api/grey-card", p.private(p.serveGreyCard))
	mux.HandleFunc("POST /api/line", p.private(p.serveLine))
	mux.HandleFunc("POST /api/remote-start", p.private(p.serveRemoteStart))
	mux.HandleFunc("POST /api/end-others", p.private(p.serveEndOthers))
	mux.HandleFunc("POST /whep/{tile}", p.private(p.serveOffer))
	mux.HandleFunc("DELETE /whep/{tile}/{viewer}", p.private(p.serveHangUp))
	return p.guard(mux)
}

// serveStatus answers with the whole snapshot as JSON.
func (p *Panel) serveStatus(w http.ResponseWriter, _ *http.Request) {
	answer(w, p.deps.Snapshots.Snapshot())
}

// accessState is what a visitor may know before a session is open.
type accessState struct {
	Open   bool `json:"open"`   // this visitor has a session
	Window bool `json:"window"` // a press lately lets one in
}

func (p *Panel) serveAccess(w http.ResponseWriter, r *http.Request) {
	answer(w, accessState{Open: p.access.allowed(r), Window: p.access.windowOpen()})
}

func (p *Panel) serveClaim(w http.ResponseWriter, _ *http.Request) {
	token, ok := p.access.claim()
	if !ok {
		refuse(w, http.StatusForbidden, "press_first")
		return
	}
	setCookie(w, token)
	p.log.Info("a visitor opened a session on the page", "visitors", p.access.visitors())
	w.WriteHeader(http.StatusNoContent)
}

func (p *Panel) serveEndOthers(w http.ResponseWriter, r *http.Request) {
	token := tokenOf(r)
	p.access.endOthers(token)
	p.peers.hangUp(func(v *viewer) bool { return v.token != token })
	p.log.Info("a visitor ended all other sessions on the page")
	w.WriteHeader(http.StatusNoContent)
}

// refusal is the body of every answer that is not a success. The page has a
// text for each code.
type refusal struct {
	Code string `json:"code"`
}

func refuse(w http.ResponseWriter, status int, code string) {
	writeJSON(w, status, refusal{code})
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, body)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the visitor left: nobody to tell
}

// ask reads a JSON body of exactly the shape T. It answers and returns false
// when the body is anything else.
func ask[T any](w http.ResponseWriter, r *http.Request) (T, bool) {
	var body T
	decoder := json.NewDecoder(limitBody(w, r))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		refuse(w, http.StatusBadRequest, "bad_request")
		return body, false
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		refuse(w, http.StatusBadRequest, "bad_request")
		return body, false
	}
	return body, true
}

// limitBody bounds a body in bytes and in time.
func limitBody(w http.ResponseWriter, r *http.Request) io.Reader {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(5 * time.Second))
	return http.MaxBytesReader(w, r.Body, maxBody)
}
