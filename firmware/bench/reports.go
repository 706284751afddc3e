package main

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	videoClock  = 90000              // Hz, RFC 6184
	reportEvery = 2 * clipFPS        // frames from one sender report to the next
	from1900    = uint64(2208988800) // seconds from NTP's epoch to Unix'
)

// rtpTime is frame n on the video clock, exact.
func rtpTime(n int) uint32 { return uint32(n) * (videoClock / clipFPS) }

// reporter makes the camera's sender reports.
type reporter struct {
	ssrc            uint32
	packets, octets uint32
}

func (r *reporter) count(packet *rtp.Packet) {
	r.packets++
	r.octets += uint32(len(packet.Payload))
}

// due is the report that ties frame n to the wall clock, nil when none is due.
func (r *reporter) due(n int, wall time.Time) *rtcp.SenderReport {
	if n%reportEvery != 0 {
		return nil
	}
	return &rtcp.SenderReport{
		SSRC: r.ssrc, NTPTime: ntpTime(wall), RTPTime: rtpTime(n),
		PacketCount: r.packets, OctetCount: r.octets,
	}
}

// ntpTime is a time as RFC 5905 writes it: 32 bits of seconds since 1900 and
// 32 of binary fraction.
func ntpTime(t time.Time) uint64 {
	return (uint64(t.Unix())+from1900)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
