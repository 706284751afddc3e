// Package gcc is Google Congestion Control as a rival: H.264 over RTP and UDP
// through pion's own library, from a sender with its bandwidth estimator to a
// receiver that repairs, reorders and reports.
//
// The settings are pion's defaults (github.com/pion/interceptor v0.1.40) where
// it has them, and are these:
//
//   - estimator: pkg/gcc SendSideBWE, delay and loss part, started at
//     Limits.StartKbps and bounded by floor and ceiling. It remembers the last
//     250 packets it sent; feedback on older ones is not understood, which is
//     why its rate can stay where it is after a blackout.
//   - pacer: pion's leaky bucket, 1.5 times the target each 5 ms, unbounded.
//   - feedback: transport-wide congestion control, one report each 100 ms.
//   - repair: the receiver asks for what is missing each 200 ms, at most twice
//     for a packet, among the last 512; the sender keeps 1,024 and sends again
//     on every request, paced, on the same SSRC (no RTX). These two are not
//     pion's defaults, which are each 100 ms without end: behind a queue longer
//     than that each lost packet is sent several times, and after a drop of
//     the line's rate the repeats alone keep it congested. The values are in
//     GCC's favour.
//   - receiver reports each second.
//   - picture loss: asked for when a picture is given up, and again each
//     500 ms until a key picture comes. A hole is waited for 500 ms from the
//     arrival of the packet before it.
//   - no sound, no forward error correction, no simulcast, no encryption: SRTP
//     would add 10 bytes to packets of up to 1,220.
//
// There is no signalling: SSRC, payload type and extension number are fixed.
package gcc

import (
	"time"

	"github.com/pion/interceptor"
)

const (
	ssrc        = 0x67636331
	payloadType = 96
	clockHz     = 90_000 // RFC 6184
	payloadMost = 1200   // bytes of payload in a packet
	feedbackTag = 1      // number of the header extension (RFC 8285)
	feedbackURI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

	feedbackEvery = 100 * time.Millisecond
	nackEvery     = 200 * time.Millisecond
	nackMost      = 2    // requests for one packet
	nackHistory   = 512  // packets in which the receiver looks for holes
	resendHistory = 1024 // packets that the sender can send again
	reportEvery   = time.Second
	pliEvery      = 500 * time.Millisecond
	repairWait    = 500 * time.Millisecond
)

// datagramMost is above the largest datagram that either side sends.
const datagramMost = 2048

// stream is the one stream as both ends describe it to pion.
func stream() *interceptor.StreamInfo {
	return &interceptor.StreamInfo{
		ID: "video", SSRC: ssrc, PayloadType: payloadType, MimeType: "video/H264", ClockRate: clockHz,
		RTPHeaderExtensions: []interceptor.RTPHeaderExtension{{URI: feedbackURI, ID: feedbackTag}},
		RTCPFeedback: []interceptor.RTCPFeedback{
			{Type: "transport-cc"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"},
		},
	}
}

// toTicks is a time on the 90 kHz clock, modulo 2^32.
func toTicks(pts time.Duration) uint32 {
	whole, rest := pts/time.Second, pts%time.Second
	return uint32(int64(whole)*clockHz + int64(rest)*clockHz/int64(time.Second)) //nolint:gosec // wraps by design
}

// fromTicks is a number of ticks as a time.
func fromTicks(ticks int64) time.Duration {
	return time.Duration(ticks/clockHz)*time.Second + time.Duration(ticks%clockHz)*time.Second/clockHz
}
