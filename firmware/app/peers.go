package app

import (
	"time"

	"studiobox/encoder/rtspcam"
	"studiobox/firmware/config"
	"studiobox/uplink/publish"
	"studiobox/uplink/rate"
)

// builtAfter is a moment before which this program did not exist: a clock that
// tells an earlier one is wrong.
var builtAfter = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// startKbps is the first rate of a line that nobody knows yet.
const startKbps = 1500

// peers are camera and ingest as the settings name them.
func peers(settings *config.Config) (rtspcam.Config, publish.Config) {
	camera, uplink := settings.Camera, settings.Uplink
	return rtspcam.Config{URL: camera.URL, Transport: camera.Transport, TLS: camera.TLS.Client()},
		publish.Config{URL: uplink.URL, Transport: uplink.Transport, TLS: uplink.TLS.Client()}
}

func rateLimits(settings *config.Config) rate.Limits {
	floor, ceiling := int(settings.Uplink.Floor), int(settings.Uplink.Ceiling)
	return rate.Limits{FloorKbps: floor, CeilingKbps: ceiling, StartKbps: min(max(startKbps, floor), ceiling)}
}
