// Package onvif asks an ONVIF camera for what RTSP cannot: another rate of its
// own encoder, a key frame now, another place of its lens, and fixed colours.
package onvif

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Config says which camera to ask and how.
type Config struct {
	// URL is the camera's device service, usually
	// http://host/onvif/device_service, with user:password@ where it asks for it.
	URL string
	// TLS is for https; nil trusts the system's roots.
	TLS *tls.Config
	// Timeout is for one request with its answer; 0 is 4 s.
	Timeout time.Duration
}

// Client talks to one camera. It is safe for concurrent use; requests go one at
// a time, since cameras are small. Each takes a connection of its own, so that
// nothing is left open between them.
type Client struct {
	device   *url.URL // without credentials
	user     string
	password string
	http     *http.Client
	timeout  time.Duration
	log      *slog.Logger

	mutex  sync.Mutex
	synced bool
	skew   time.Duration // camera's clock minus ours
	digest *challenge    // the camera wants HTTP digest; nil = not yet known to
	media  *mediaService // nil = not asked yet
	// services are the addresses that the camera names, by namespace; nil = not
	// asked yet.
	services map[string]string
}

// New reads the URL; it connects to nothing. log can be nil.
func New(cfg Config, log *slog.Logger) (*Client, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		// Without the text itself, which can hold a password.
		return nil, fmt.Errorf("ONVIF address cannot be read: write http://user:password@host/onvif/device_service, " +
			"with special characters of the password as %%XX")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 4 * time.Second
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Client{user: u.User.Username(), timeout: cfg.Timeout, log: log.With("onvif", u.Host)}
	c.password, _ = u.User.Password()
	u.User = nil
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/onvif/device_service" // where the Core Specification puts it
	}
	c.device = u
	c.http = &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:        cfg.TLS.Clone(),
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: maxHeader,
		},
		// A redirect would carry the credentials to somebody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// service is the address of another service of the camera. Path and query are
// the camera's; host and port stay those that the user wrote: behind a router the
// camera does not know its own, and the password is for this host only.
func (c *Client) service(xaddr string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(xaddr))
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return nil, fmt.Errorf("%w (it names no address for one of its services)", ErrNotONVIF)
	}
	return &url.URL{Scheme: c.device.Scheme, Host: c.device.Host, Path: u.Path, RawQuery: u.RawQuery}, nil
}

// call makes one authenticated request and gives the element that answers it. A
// refusal can mean that the camera has set its clock since, so it is asked
// for the time again, once. It is called under mutex.
func (c *Client) call(ctx context.Context, to *url.URL, namespace string, body *element) (*element, error) {
	if !c.synced {
		if err := c.syncClock(ctx); err != nil {
			return nil, err
		}
	}
	answer, err := c.attempt(ctx, to, namespace, body)
	if err == nil || !isAuth(err) || c.digest != nil || c.user == "" {
		return answer, err
	}
	before := c.skew
	if c.syncClock(ctx) != nil || (c.skew-before).Abs() < time.Second {
		return nil, err
	}
	return c.attempt(ctx, to, namespace, body)
}

// syncClock learns how far the camera's clock is off. The request needs no
// credentials by the specification; a camera that refuses all the same is taken
// to have our time.
func (c *Client) syncClock(ctx context.Context) error {
	asked := time.Now()
	answer, err := c.post(ctx, c.device, deviceNS, request(deviceNS, "GetSystemDateAndTime"), anonymous)
	switch {
	case isAuth(err), errors.Is(err, ErrFault), errors.Is(err, ErrUnsupported):
		c.log.Debug("the camera does not tell its time", "error", err)
	case err != nil:
		return err
	default:
		c.setClock(answer.find("SystemDateAndTime", "UTCDateTime"), asked.Add(time.Since(asked)/2))
	}
	c.synced = true
	return nil
}

// setClock takes the camera's time as it was at our time at. The specification
// leaves UTC to the camera; one that gives none is taken to have ours.
func (c *Client) setClock(utc *element, at time.Time) {
	date, clock := utc.find("Date"), utc.find("Time")
	camera := time.Date(date.int("Year"), time.Month(date.int("Month")), date.int("Day"),
		clock.int("Hour"), clock.int("Minute"), clock.int("Second"), 0, time.UTC)
	if utc != nil && camera.Year() >= 1970 {
		// Whole seconds, cut off: half of one is the best guess at the rest.
		c.skew = camera.Add(500 * time.Millisecond).Sub(at)
	}
}
