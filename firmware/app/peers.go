package app

import (
	"studiobox/encoder/rtspcam"
	"studiobox/firmware/config"
	"studiobox/uplink/publish"
	"studiobox/uplink/rate"
)

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
