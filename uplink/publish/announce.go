package publish

import (
	"fmt"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"studiobox/encoder/unit"
)

// RTP payload types: dynamic ones, and the static ones of RFC 3551.
const (
	videoPayload = 96
	audioPayload = 97
	pcmuPayload  = 0
	pcmaPayload  = 8
)

// announce describes the media for SDP, and makes the track for each of it.
func announce(media unit.Media) (*description.Session, []*track, error) {
	video, err := videoFormat(media.Video)
	if err != nil {
		return nil, nil, err
	}
	desc := &description.Session{
		Title:  "studiobox",
		Medias: []*description.Media{{Type: description.MediaTypeVideo, Formats: []format.Format{video}}},
	}
	tracks := []*track{newTrack(unit.Video, media.Video, video.PayloadType(), video.ClockRate())}
	if media.Audio != nil {
		audio, err := audioFormat(*media.Audio)
		if err != nil {
			return nil, nil, err
		}
		desc.Medias = append(desc.Medias, &description.Media{Type: description.MediaTypeAudio, Formats: []format.Format{audio}})
		tracks = append(tracks, newTrack(unit.Audio, *media.Audio, audio.PayloadType(), audio.ClockRate()))
	}
	return desc, tracks, nil
}

func videoFormat(f unit.Format) (format.Format, error) {
	switch f.Codec {
	case unit.H264:
		return &format.H264{PayloadTyp: videoPayload, SPS: f.SPS, PPS: f.PPS, PacketizationMode: 1}, nil
	case unit.H265:
		return &format.H265{PayloadTyp: videoPayload, VPS: f.VPS, SPS: f.SPS, PPS: f.PPS}, nil
	}
	return nil, fmt.Errorf("%w (%s has no RTP format here)", ErrCodec, f.Codec)
}

func audioFormat(f unit.Format) (format.Format, error) {
	channels := max(1, f.Channels)
	switch f.Codec {
	case unit.AAC:
		config := &mpeg4audio.AudioSpecificConfig{}
		if err := config.Unmarshal(f.Config); err != nil {
			return nil, fmt.Errorf("%w (AAC configuration: %w)", ErrCodec, err)
		}
		return &format.MPEG4Audio{
			PayloadTyp: audioPayload, ProfileLevelID: 1, Config: config,
			SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3,
		}, nil
	case unit.Opus:
		return &format.Opus{PayloadTyp: audioPayload, ChannelCount: channels}, nil
	case unit.G711A, unit.G711U:
		return g711Format(f.Codec == unit.G711U, f.SampleRate, channels), nil
	}
	return nil, fmt.Errorf("%w (%s has no RTP format here)", ErrCodec, f.Codec)
}

func g711Format(mu bool, sampleRate, channels int) format.Format {
	f := &format.G711{PayloadTyp: audioPayload, MULaw: mu, SampleRate: sampleRate, ChannelCount: channels}
	if sampleRate == 0 {
		f.SampleRate = 8000
	}
	if f.SampleRate == 8000 && channels == 1 {
		f.PayloadTyp = pcmaPayload
		if mu {
			f.PayloadTyp = pcmuPayload
		}
	}
	return f
}

func sameTracks(a, b unit.Media) bool {
	if !sameFormat(a.Video, b.Video) || (a.Audio == nil) != (b.Audio == nil) {
		return false
	}
	return a.Audio == nil || sameFormat(*a.Audio, *b.Audio)
}

// sameFormat ignores video parameter sets: they travel in band.
func sameFormat(a, b unit.Format) bool {
	return a.Codec == b.Codec && a.SampleRate == b.SampleRate && a.Channels == b.Channels && string(a.Config) == string(b.Config)
}
