package panel

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"
)

// answerLimit bounds the whole of an offer and its answer.
const answerLimit = 3 * time.Second

// serveOffer answers a browser's offer to watch a tile (WHEP): the answer
// holds all candidates, so nothing follows but the video.
func (p *Panel) serveOffer(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("tile")
	tile, found := p.tiles[name]
	if !found {
		refuse(w, http.StatusNotFound, "no_tile")
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/sdp" {
		refuse(w, http.StatusUnsupportedMediaType, "bad_request")
		return
	}
	offer, err := io.ReadAll(limitBody(w, r))
	if err != nil {
		refuse(w, http.StatusBadRequest, "bad_request")
		return
	}
	if state := tile.state(); state != tileOK {
		refuse(w, http.StatusConflict, string(state))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerLimit)
	defer cancel()
	id, answer, err := p.answerOffer(ctx, tile, tokenOf(r), string(offer))
	switch {
	case errors.Is(err, errTooMany), errors.Is(err, errNotRunning):
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, "too_many")
	case err != nil:
		p.log.Debug("an offer for video was refused", "visitor", r.RemoteAddr, "error", err)
		refuse(w, http.StatusBadRequest, "bad_offer")
	default:
		w.Header().Set("Content-Type", "application/sdp")
		w.Header().Set("Location", "/whep/"+name+"/"+id)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, answer) // the visitor left: the viewer will notice
	}
}

// answerOffer starts a viewer, or closes all that it opened.
func (p *Panel) answerOffer(ctx context.Context, tile *Preview, token, offer string) (id, answer string, err error) {
	peer, err := p.peers.connection()
	if err != nil {
		return "", "", err
	}
	v, answer, err := newViewer(ctx, tile, peer, offer, p.log)
	if err == nil {
		v.id, v.token = rand.Text(), token
		err = p.peers.start(v)
	}
	if err != nil {
		_ = peer.GracefulClose()
		return "", "", err
	}
	return v.id, answer, nil
}

// serveHangUp ends a viewer that the browser no longer wants. One that has
// already gone is no error: its connection may have told us first.
func (p *Panel) serveHangUp(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("viewer")
	p.peers.hangUp(func(v *viewer) bool { return v.id == id })
	w.WriteHeader(http.StatusNoContent)
}
