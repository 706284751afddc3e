package publish

import (
	"net/url"
	"path"
)

// Redact returns an ingest address that may be shown: without credentials,
// query and the last part of the path, which is the stream key with most
// ingests.
func Redact(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "(ingest address hidden)"
	}
	shown := u.Scheme + "://" + u.Host
	if folder := path.Dir(path.Clean("/" + u.Path)); folder != "/" {
		shown += folder
	}
	return shown + "/***"
}
