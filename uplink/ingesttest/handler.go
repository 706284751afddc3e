package ingesttest

import (
	"errors"
	"slices"
	"strings"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/headers"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"

	"studiobox/encoder/unit"
)

// handler is the Server as the RTSP library calls it.
type handler Server

var (
	errBusy  = errors.New("another publisher holds the path")
	errCodec = errors.New("codec is refused")
	errPath  = errors.New("path does not exist")
)

// OnRequest honours a TEARDOWN for a session that another connection made:
// RFC 2326 ties sessions to no connection, and a publisher whose old line went
// dead has only a new one to say it on.
func (h *handler) OnRequest(conn *gortsplib.ServerConn, req *base.Request) {
	if req.Method != base.Teardown {
		return
	}
	s := (*Server)(h)
	if key := s.named(sessionName(req.Header), conn); key != nil {
		s.forget(key)
		key.Close()
	}
}

// named finds the session of that name when another connection holds it.
func (s *Server) named(name string, asking *gortsplib.ServerConn) *gortsplib.ServerSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Teardowns++
	for key, session := range s.sessions {
		if session.name != "" && session.name == name && session.conn != asking {
			return key
		}
	}
	return nil
}

// OnAnnounce decides whether a publisher may have the path.
func (h *handler) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	s := (*Server)(h)
	if s.cfg.User != "" && !ctx.Conn.VerifyCredentials(ctx.Request, s.cfg.User, s.cfg.Password) {
		return &base.Response{StatusCode: base.StatusUnauthorized}, liberrors.ErrServerAuth{}
	}
	path := strings.Trim(ctx.Path, "/")
	if s.cfg.Paths != nil && !slices.Contains(s.cfg.Paths, path) {
		return &base.Response{StatusCode: base.StatusNotFound}, errPath
	}
	session, err := newSession(s, path, ctx.Description)
	if err != nil || s.refuses(session.media) {
		return &base.Response{StatusCode: base.StatusUnsupportedMediaType}, errCodec
	}
	if !s.take(ctx.Session, session) {
		return &base.Response{StatusCode: base.StatusBadRequest}, errBusy
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (s *Server) refuses(media unit.Media) bool {
	return slices.Contains(s.cfg.RefuseCodecs, media.Video.Codec) ||
		media.Audio != nil && slices.Contains(s.cfg.RefuseCodecs, media.Audio.Codec)
}

// take gives the path to a new session; false when it is taken for good.
func (s *Server) take(key *gortsplib.ServerSession, session *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other, holder := range s.sessions {
		if holder.path != session.path {
			continue
		}
		if s.cfg.SingleSession {
			return false
		}
		other.Close()
	}
	s.sessions[key] = session
	return true
}

// OnSetup accepts every track that was announced.
func (h *handler) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil, nil
}

// OnRecord starts the flow of units.
func (h *handler) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	s := (*Server)(h)
	s.mu.Lock()
	session := s.sessions[ctx.Session]
	if session == nil { // overtaken between ANNOUNCE and RECORD
		s.mu.Unlock()
		return &base.Response{StatusCode: base.StatusSessionNotFound}, errBusy
	}
	session.recording = true
	session.name, session.conn = sessionName(ctx.Request.Header), ctx.Conn
	s.stats.Sessions++
	s.mu.Unlock()
	if s.OnMedia != nil {
		s.OnMedia(session.path, session.media)
	}
	session.listen(ctx.Session)
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnSessionClose frees the path.
func (h *handler) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	(*Server)(h).forget(ctx.Session)
}

// forget frees the session's path and tells of its end, once.
func (s *Server) forget(key *gortsplib.ServerSession) {
	s.mu.Lock()
	session := s.sessions[key]
	delete(s.sessions, key)
	s.mu.Unlock()
	if session != nil && session.recording && s.OnEnd != nil {
		s.OnEnd(session.path)
	}
}

// OnPacketsLost counts gaps in the sequence numbers.
func (h *handler) OnPacketsLost(ctx *gortsplib.ServerHandlerOnPacketsLostCtx) {
	s := (*Server)(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.LostPackets += ctx.Lost
}

// OnDecodeError counts packets that are no RTP or RTCP.
func (h *handler) OnDecodeError(*gortsplib.ServerHandlerOnDecodeErrorCtx) { (*Server)(h).countBad() }

func (s *Server) countBad() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.BadPackets++
}

// sessionName is the session id in a request's or a response's header.
func sessionName(header base.Header) string {
	var value headers.Session
	if value.Unmarshal(header["Session"]) != nil {
		return ""
	}
	return value.Session
}
