package ingesttest

import (
	"errors"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph265"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpmpeg4audio"
	"github.com/pion/rtp"

	"studiobox/encoder/unit"
)

// aacFrameSamples is the length of an AAC-LC frame (ISO/IEC 14496-3).
const aacFrameSamples = 1024

// open finds out what a format of the SDP is and how its packets are opened;
// the depacketizer is nil for a format that the box does not know.
func open(f format.Format) (unit.Track, unit.Format, depacketizer) {
	switch f := f.(type) {
	case *format.H264:
		return unit.Video, unit.Format{Codec: unit.H264, SPS: f.SPS, PPS: f.PPS}, openH264(f)
	case *format.H265:
		return unit.Video, unit.Format{Codec: unit.H265, VPS: f.VPS, SPS: f.SPS, PPS: f.PPS}, openH265(f)
	case *format.MPEG4Audio:
		if f.Config == nil {
			return unit.Audio, unit.Format{}, nil
		}
		config, _ := f.Config.Marshal()
		return unit.Audio, unit.Format{
			Codec: unit.AAC, SampleRate: f.Config.SampleRate, Channels: f.Config.ChannelCount, Config: config,
		}, openAAC(f)
	case *format.Opus:
		return unit.Audio, unit.Format{Codec: unit.Opus, SampleRate: 48000, Channels: f.ChannelCount}, plain
	case *format.G711:
		codec := unit.G711A
		if f.MULaw {
			codec = unit.G711U
		}
		return unit.Audio, unit.Format{Codec: codec, SampleRate: f.SampleRate, Channels: f.ChannelCount}, plain
	}
	return unit.Audio, unit.Format{}, nil
}

func openH264(f *format.H264) depacketizer {
	decoder, err := f.CreateDecoder()
	if err != nil {
		return nil
	}
	return func(packet *rtp.Packet) ([]piece, error) {
		nalus, err := decoder.Decode(packet)
		if errors.Is(err, rtph264.ErrMorePacketsNeeded) || errors.Is(err, rtph264.ErrNonStartingPacketAndNoPrevious) {
			return nil, nil
		}
		return []piece{{nalus: nalus}}, err
	}
}

func openH265(f *format.H265) depacketizer {
	decoder, err := f.CreateDecoder()
	if err != nil {
		return nil
	}
	return func(packet *rtp.Packet) ([]piece, error) {
		nalus, err := decoder.Decode(packet)
		if errors.Is(err, rtph265.ErrMorePacketsNeeded) || errors.Is(err, rtph265.ErrNonStartingPacketAndNoPrevious) {
			return nil, nil
		}
		return []piece{{nalus: nalus}}, err
	}
}

func openAAC(f *format.MPEG4Audio) depacketizer {
	decoder, err := f.CreateDecoder()
	if err != nil {
		return nil
	}
	frame := aacFrameSamples * time.Second / time.Duration(f.ClockRate())
	return func(packet *rtp.Packet) ([]piece, error) {
		frames, err := decoder.Decode(packet)
		if errors.Is(err, rtpmpeg4audio.ErrMorePacketsNeeded) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		pieces := make([]piece, len(frames))
		for i := range frames {
			pieces[i] = piece{frame: frames[i], after: time.Duration(i) * frame}
		}
		return pieces, nil
	}
}

// plain is for audio whose packet payload is the frame: Opus and G.711.
func plain(packet *rtp.Packet) ([]piece, error) {
	if len(packet.Payload) == 0 {
		return nil, errors.New("empty audio packet")
	}
	return []piece{{frame: packet.Payload}}, nil
}
