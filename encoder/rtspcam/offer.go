package rtspcam

import (
	"fmt"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"

	"studiobox/encoder/unit"
)

// offer is what is taken of a camera's SDP: one video track and at most one
// audio track.
type offer struct {
	videoMedia *description.Media
	video      format.Format
	syntax     syntax
	sets       parameters

	audioMedia  *description.Media
	audioFormat format.Format
	audio       *audioTrack

	notes []string // what is left aside, and why
}

// choose takes the first video track that can be carried and the first audio
// track that can, if there is one.
func choose(medias []*description.Media) (*offer, error) {
	o := &offer{}
	var refused string
	for _, m := range medias {
		for _, f := range m.Formats {
			switch {
			case m.IsBackChannel:
			case m.Type == description.MediaTypeVideo && o.video == nil:
				if why := o.takeVideo(m, f); why != "" {
					refused = why
					o.note(why)
				}
			case m.Type == description.MediaTypeAudio && o.audio == nil:
				o.takeAudio(m, f)
			default:
				o.note(fmt.Sprintf("%s track %s left aside", m.Type, codecName(f)))
			}
		}
	}
	switch {
	case o.video != nil:
		return o, nil
	case refused != "":
		return nil, fmt.Errorf("%w (%s)", ErrCodec, oneLine(refused, ""))
	}
	return nil, ErrNoVideo
}

// codecName is the codec as the SDP names it where gortsplib has no name.
func codecName(f format.Format) string {
	if generic, ok := f.(*format.Generic); ok {
		name, _, _ := strings.Cut(generic.RTPMap(), "/")
		return name
	}
	return f.Codec()
}

func (o *offer) note(text string) { o.notes = append(o.notes, oneLine(text, "")) }

// takeVideo takes a video format or says why it cannot.
func (o *offer) takeVideo(m *description.Media, f format.Format) (refused string) {
	switch f := f.(type) {
	case *format.H264:
		if f.PacketizationMode > 1 {
			return "H.264 in interleaved packets"
		}
		o.syntax = h264Syntax{}
		o.sets = parameters{codec: unit.H264, sps: f.SPS, pps: f.PPS}
	case *format.H265:
		if f.MaxDONDiff != 0 {
			return "H.265 in interleaved packets"
		}
		o.syntax = h265Syntax{}
		o.sets = parameters{codec: unit.H265, vps: f.VPS, sps: f.SPS, pps: f.PPS}
	default:
		return codecName(f)
	}
	o.videoMedia, o.video = m, f
	return ""
}

func (o *offer) takeAudio(m *description.Media, f format.Format) {
	track, err := newAudioTrack(f)
	if err != nil {
		o.note(err.Error())
		return
	}
	o.audioMedia, o.audioFormat, o.audio = m, f, track
}

// medias are the tracks to set up.
func (o *offer) medias() []*description.Media {
	if o.audio == nil {
		return []*description.Media{o.videoMedia}
	}
	return []*description.Media{o.videoMedia, o.audioMedia}
}

// audioRate is the RTP clock of the sound in Hz, 0 without sound.
func (o *offer) audioRate() int {
	if o.audio == nil {
		return 0
	}
	return o.audio.clockRate
}
