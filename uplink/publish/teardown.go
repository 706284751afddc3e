package publish

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
)

// tearDown ends a session that the ingest still holds although its connection
// is gone, over a connection of its own. Servers that tie sessions to their
// connection (gortsplib, and so mediamtx) refuse that and free the path when
// they notice by themselves; any answer is fine.
func (p *Publisher) tearDown(ctx context.Context, session string) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	conn, err := p.dial(ctx, p.dialIngest)
	if err != nil {
		return fmt.Errorf("tear down the old session: %w", err)
	}
	defer conn.socket.abort()
	defer onEnd(ctx, conn.socket.abort)()
	_ = conn.Conn.SetDeadline(time.Now().Add(stepTimeout))

	reader := bufio.NewReader(conn)
	response, err := p.askTearDown(conn, reader, session, 1, nil)
	if err == nil && response.StatusCode == base.StatusUnauthorized && p.url.User != nil {
		password, _ := p.url.User.Password()
		sender := &auth.Sender{WWWAuth: response.Header["WWW-Authenticate"], User: p.url.User.Username(), Pass: password}
		if err = sender.Initialize(); err == nil {
			_, err = p.askTearDown(conn, reader, session, 2, sender)
		}
	}
	if err != nil {
		return fmt.Errorf("tear down the old session: %w", err)
	}
	return nil
}

func (p *Publisher) askTearDown(conn *control, reader *bufio.Reader, session string, cseq int, sender *auth.Sender) (*base.Response, error) {
	request := &base.Request{
		Method: base.Teardown,
		URL:    p.url.CloneWithoutCredentials(),
		Header: base.Header{
			"CSeq":       base.HeaderValue{strconv.Itoa(cseq)},
			"Session":    base.HeaderValue{session},
			"User-Agent": base.HeaderValue{"studiobox"},
		},
	}
	if sender != nil {
		sender.AddAuthorization(request)
	}
	message, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(message); err != nil {
		return nil, err
	}
	response := &base.Response{}
	return response, response.Unmarshal(reader)
}
