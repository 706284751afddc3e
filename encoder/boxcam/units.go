package boxcam

import (
	"bytes"
	"time"

	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

// Types of H.264 NAL units (ITU-T H.264, table 7-1) that matter here.
const (
	naluSPS = 7
	naluPPS = 8
)

// What the microphone's sound is coded as; gst makes nothing else.
const (
	soundRate     = 48000
	soundChannels = 2
)

// put takes a unit of the encoder on to the sink. Sound waits for the first
// picture, since nobody knows the media before.
func (c *Camera) put(u *unit.Unit) {
	if u.Key {
		c.describe(u)
	}
	if !c.told {
		c.tally.dropped(u)
		return
	}
	if floor := c.floor[u.Track]; u.PTS < floor {
		moved := *u
		moved.PTS = floor
		u = &moved
	}
	c.floor[u.Track] = u.PTS + time.Microsecond
	c.tally.forwarded(time.Now(), u)
	c.sink.Put(u)
}

// describe tells the media with the first key picture and whenever its
// parameter sets are others.
func (c *Camera) describe(key *unit.Unit) {
	video := unit.Format{Codec: unit.H264}
	for _, nalu := range key.NALUs {
		switch nalu[0] & 0x1f {
		case naluSPS:
			video.SPS = bytes.Clone(nalu)
		case naluPPS:
			video.PPS = bytes.Clone(nalu)
		}
	}
	old := c.media.Video
	if c.told && bytes.Equal(old.SPS, video.SPS) && bytes.Equal(old.PPS, video.PPS) {
		return
	}
	c.told = true
	c.media = unit.Media{Video: video, Audio: soundFormat(c.cfg.Address.Microphone)}
	c.tally.connected(c.media)
	if c.OnMedia != nil {
		c.OnMedia(c.media)
	}
}

// soundFormat is nil without a microphone. One that is silent for now is there: the
// stream keeps its track, or each loss would cost a new connection. Whether sound
// comes is told by Stats.LastAudio.
func soundFormat(microphone gst.SourceKind) *unit.Format {
	if microphone == "" {
		return nil
	}
	return &unit.Format{Codec: unit.Opus, SampleRate: soundRate, Channels: soundChannels}
}
