package onvif

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The namespaces of what is sent. Answers are read by local names.
const (
	soapNS   = "http://www.w3.org/2003/05/soap-envelope"
	deviceNS = "http://www.onvif.org/ver10/device/wsdl"
	media1NS = "http://www.onvif.org/ver10/media/wsdl"
	media2NS = "http://www.onvif.org/ver20/media/wsdl"
	schemaNS = "http://www.onvif.org/ver10/schema"

	ptzNS     = "http://www.onvif.org/ver20/ptz/wsdl"
	imagingNS = "http://www.onvif.org/ver20/imaging/wsdl"
)

// credentials is how a request says who asks.
type credentials uint8

const (
	anonymous credentials = iota
	byToken               // WS-UsernameToken in the envelope
	byDigest              // HTTP digest in the header
)

// attempt makes a request with the credentials that the camera wants: the
// token, until it answers 401 with a challenge.
func (c *Client) attempt(ctx context.Context, to *url.URL, namespace string, body *element) (*element, error) {
	how := byToken
	switch {
	case c.user == "":
		how = anonymous
	case c.digest != nil:
		how = byDigest
	}
	answer, err := c.post(ctx, to, namespace, body, how)
	challenged, ok := errors.AsType[*challengeError](err)
	if !ok {
		return answer, err
	}
	if c.user == "" || how == byDigest && !challenged.challenge.stale {
		c.digest = nil
		return nil, ErrAuth
	}
	c.digest = challenged.challenge
	answer, err = c.post(ctx, to, namespace, body, byDigest)
	if _, again := errors.AsType[*challengeError](err); again {
		c.digest = nil
		return nil, ErrAuth
	}
	return answer, err
}

// post sends one envelope and gives the first element of the answer's body.
func (c *Client) post(ctx context.Context, to *url.URL, namespace string, body *element, how credentials) (*element, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(c.envelope(body, how)))
	if err != nil {
		return nil, fmt.Errorf("ONVIF request: %w", err)
	}
	action := namespace + "/" + body.name.Local
	req.Header.Set("Content-Type", `application/soap+xml; charset=utf-8; action="`+action+`"`)
	req.Header.Set("User-Agent", "studiobox")
	if how == byDigest {
		req.Header.Set("Authorization", c.digest.answer(http.MethodPost, to.RequestURI(), c.user, c.password))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, explainNetwork(err)
	}
	defer resp.Body.Close()
	return c.read(resp)
}

// envelope is the SOAP 1.2 message.
func (c *Client) envelope(body *element, how credentials) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="` + soapNS + `">`)
	if how == byToken {
		b.WriteString("<s:Header>" + usernameToken(c.user, c.password, nonce(), time.Now().Add(c.skew)) + "</s:Header>")
	}
	b.WriteString("<s:Body>")
	body.write(&b, "")
	b.WriteString("</s:Body></s:Envelope>")
	return b.String()
}

// read takes the answer, or what is wrong with it.
func (c *Client) read(resp *http.Response) (*element, error) {
	if resp.StatusCode == http.StatusUnauthorized {
		if ch := readChallenge(resp.Header.Values("WWW-Authenticate")); ch != nil {
			return nil, &challengeError{ch}
		}
		return nil, ErrAuth
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return nil, ErrRedirected
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, explainNetwork(err)
	}
	if len(text) > maxBody {
		return nil, fmt.Errorf("%w (its answer is larger than %d kB)", ErrNotONVIF, maxBody>>10)
	}
	root, err := parse(strings.NewReader(string(text)))
	if err != nil || root.name.Local != "Envelope" {
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%w (HTTP %d)", ErrNotONVIF, resp.StatusCode)
		}
		return nil, ErrNotONVIF
	}
	body := root.find("Body")
	if fault := body.find("Fault"); fault != nil {
		return nil, c.explainFault(fault)
	}
	if body == nil || len(body.children) == 0 {
		return nil, fmt.Errorf("%w (an empty answer)", ErrNotONVIF)
	}
	return body.children[0], nil
}
