package config

import (
	"fmt"
	"net/url"
	"strings"
)

// optional checks an address that may be left out.
func optional(address, example string, check func(address, example string) error) error {
	if address == "" {
		return nil
	}
	return check(address, example)
}

// web checks the address of a web service. Like media it repeats only the scheme.
func web(address, example string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return fmt.Errorf("cannot be understood; write for example %q, special characters in a password as %%40", example)
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("begins with %q; write http:// or https://", u.Scheme+"://")
	case u.Hostname() == "":
		return fmt.Errorf("names no host; write for example %q", example)
	}
	return nil
}

// sameSecurity refuses a small stream in the clear beside an encrypted large one:
// its password is the same.
func sameSecurity(address, sub string) error {
	if strings.HasPrefix(address, "rtsps://") && strings.HasPrefix(sub, "rtsp://") {
		return fmt.Errorf("is not encrypted while url is; write rtsps:// for both")
	}
	return nil
}

// needsONVIF refuses a permission that nothing could use.
func needsONVIF(c Camera) error {
	if c.ONVIFAsk && c.ONVIF == "" {
		return fmt.Errorf("needs camera.onvif beside it")
	}
	return nil
}

// shareUser lends the camera's user and password to its other addresses on the
// same host, where they name none. The addresses have been checked.
func (c *Camera) shareUser() {
	own, err := url.Parse(c.URL)
	if err != nil || own.User == nil {
		return
	}
	for _, address := range []*string{&c.SubURL, &c.ONVIF} {
		u, err := url.Parse(*address)
		if err == nil && u.User == nil && u.Hostname() == own.Hostname() {
			u.User = own.User
			*address = u.String()
		}
	}
}
