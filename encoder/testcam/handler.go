package testcam

import (
	"context"
	"strings"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
)

// handler answers the server's requests. Each reader gets a stream of the
// library's own, so that it can begin with a key frame of its own.
type handler struct {
	camera *Camera
	ctx    context.Context // of Run
}

func (h *handler) OnConnOpen(c *gortsplib.ServerHandlerOnConnOpenCtx) { h.camera.connected(c.Conn) }
func (h *handler) OnConnClose(c *gortsplib.ServerHandlerOnConnCloseCtx) {
	h.camera.disconnected(c.Conn)
}

// OnSessionClose ends the reader of a session, if it came so far.
func (h *handler) OnSessionClose(c *gortsplib.ServerHandlerOnSessionCloseCtx) {
	if r := h.camera.forget(c.Session); r != nil {
		r.leave()
	}
}

// OnDescribe starts to film, since PLAY will follow, and answers with the
// parameter sets once they are known.
func (h *handler) OnDescribe(c *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	s, response, err := h.admit(c.Conn, c.Request, c.Path)
	if s == nil {
		return response, nil, err
	}
	s.warmUp(h.ctx)
	return &base.Response{StatusCode: base.StatusOK}, s.described, nil
}

// OnSetup makes the session's reader at the first of its tracks.
func (h *handler) OnSetup(c *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	s, response, err := h.admit(c.Conn, c.Request, c.Path)
	if s == nil {
		return response, nil, err
	}
	r, err := h.camera.readerOf(c.Session, s)
	if err != nil {
		return &base.Response{StatusCode: base.StatusInternalServerError}, nil, err
	}
	return &base.Response{StatusCode: base.StatusOK}, r.out, nil
}

// OnPlay only notes who will play: the session takes packets from the moment
// when its response goes out, and the first must not be lost.
func (h *handler) OnPlay(c *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	c.Conn.SetUserData(h.camera.known(c.Session))
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnResponse lets a reader join after its PLAY was accepted.
func (h *handler) OnResponse(conn *gortsplib.ServerConn, _ *base.Response) {
	if r, ok := conn.UserData().(*reader); ok && r != nil {
		conn.SetUserData((*reader)(nil))
		r.join()
	}
}

// OnStreamWriteError hears of readers that are too slow; their packets are
// lost, as a real camera's would be.
func (h *handler) OnStreamWriteError(c *gortsplib.ServerHandlerOnStreamWriteErrorCtx) {
	h.camera.log.Debug("test camera: a reader is too slow", "error", c.Error)
}

// admit checks path and credentials; without a stream the response says why.
func (h *handler) admit(conn *gortsplib.ServerConn, req *base.Request, path string) (*stream, *base.Response, error) {
	cfg := h.camera.cfg
	if cfg.User != "" && !conn.VerifyCredentials(req, cfg.User, cfg.Password) {
		return nil, &base.Response{StatusCode: base.StatusUnauthorized}, liberrors.ErrServerAuth{}
	}
	s := h.camera.streams[strings.Trim(path, "/")]
	if s == nil {
		return nil, &base.Response{StatusCode: base.StatusNotFound}, nil
	}
	return s, nil, nil
}

// readerOf is the session's reader, made at the first call.
func (c *Camera) readerOf(session *gortsplib.ServerSession, s *stream) (*reader, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.sessions[session]; r != nil {
		return r, nil
	}
	r, err := s.newReader()
	if err != nil {
		return nil, err
	}
	c.sessions[session] = r
	return r, nil
}

func (c *Camera) known(session *gortsplib.ServerSession) *reader {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sessions[session]
}

func (c *Camera) forget(session *gortsplib.ServerSession) *reader {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.sessions[session]
	delete(c.sessions, session)
	return r
}
