package telemetry

import (
	"math"
	"time"

	"studiobox/firmware/health"
	"studiobox/provisioning/contract"
)

// infoOf takes from the snapshot what seldom changes.
func infoOf(s *health.Snapshot) contract.Info {
	info := contract.Info{
		V:     contract.Version,
		Model: s.Board.Model,
		SW:    s.Version,
		RS:    bit(s.Session.RemoteStart),
		Ser:   s.Board.Serial,
		Slot:  s.Board.Slot,
		Net:   s.Board.Network,
		Demo:  bit(s.Demo),
	}
	if s.Studio.Light {
		info.Cap = append(info.Cap, "light")
	}
	if s.Studio.Turntable {
		info.Cap = append(info.Cap, "turntable")
	}
	info.Cap = append(info.Cap, s.Fitted...)
	return info
}

// healthOf takes the figures from the snapshot. Conditions come worst first
// from the tracker, and so stay in that order.
func healthOf(s *health.Snapshot, n uint64, now time.Time) contract.Health {
	h := contract.Health{
		V:   contract.Version,
		TS:  now.Unix(),
		N:   n,
		St:  s.Session.State,
		CPU: whole(s.Board.CPUPercent),
		Mem: whole(s.Board.MemPercent),
		TC:  s.Board.TempC,
		Thr: bit(s.Board.UnderVoltage),
		Dsk: s.Board.DiskFreeMB,
		RTT: contract.Unknown,
		Cam: []contract.Cam{{FPS: whole(s.Camera.FPS), Lost: int(min(s.Camera.Lost, math.MaxInt32))}},
		Enc: contract.Enc{Height: s.Encoder.Height, Kbps: s.Encoder.Kbps, Restarts: s.Encoder.Restarts},
		Up: contract.Up{
			Kbps:        s.Uplink.AckedKbps,
			LossPercent: contract.Unknown,
			QueueMs:     s.Uplink.QueueMs,
			Reconnects:  s.Uplink.Reconnects,
		},
	}
	h.Lufs = s.Camera.Loudness
	if s.Uplink.RTTMs > 0 {
		h.RTT = s.Uplink.RTTMs
	}
	if s.Uplink.Loss != nil {
		h.Up.LossPercent = whole(100 * *s.Uplink.Loss)
	}
	for _, c := range s.Conditions {
		h.Al = append(h.Al, c.Code)
	}
	return h
}

// bit is a truth as JSON carries it in a byte.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// whole rounds a figure; what is no number is unknown.
func whole(figure float64) int {
	if math.IsNaN(figure) {
		return contract.Unknown
	}
	return int(math.Round(min(max(figure, contract.Unknown), math.MaxInt32)))
}
