package rtspcam

import (
	"errors"
	"fmt"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpfragmented"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpmpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"

	"studiobox/encoder/unit"
)

// aacFrameTicks is the length of an AAC frame in samples.
const aacFrameTicks = 1024

// audioTrack makes frames of the RTP packets of the sound.
type audioTrack struct {
	format     unit.Format
	clockRate  int    // Hz
	frameTicks uint32 // length of one frame in ticks, where a packet can hold several
	// frames of the packet that was taken last; they stay valid, the slice does not.
	frames  [][]byte
	decode  func(*rtp.Packet) ([][]byte, error)
	started bool
	next    uint16
}

// newAudioTrack picks the depacketiser for a format of the SDP.
func newAudioTrack(f format.Format) (*audioTrack, error) {
	t := &audioTrack{clockRate: f.ClockRate()}
	var err error
	switch f := f.(type) {
	case *format.Opus:
		t.format = unit.Format{Codec: unit.Opus, SampleRate: 48000, Channels: f.ChannelCount}
	case *format.G711:
		t.format = unit.Format{Codec: unit.G711A, SampleRate: f.SampleRate, Channels: f.ChannelCount}
		if f.MULaw {
			t.format.Codec = unit.G711U
		}
	case *format.MPEG4Audio:
		err = t.useAAC(f)
	case *format.MPEG4AudioLATM:
		err = t.useLATM(f)
	default:
		err = fmt.Errorf("audio codec %s is not supported", codecName(f))
	}
	if err == nil && t.clockRate <= 0 {
		err = errors.New("audio has no clock rate")
	}
	return t, err
}

// useAAC is RFC 3640 in its mode AAC-hbr.
func (t *audioTrack) useAAC(f *format.MPEG4Audio) error {
	// The decoder trusts these widths; the mode's own are 13, 3 and 3.
	if f.SizeLength > 16 || f.IndexLength > 8 || f.IndexDeltaLength > 8 {
		return errors.New("AAC with unusual header widths is not supported")
	}
	decoder := &rtpmpeg4audio.Decoder{
		SizeLength:       f.SizeLength,
		IndexLength:      f.IndexLength,
		IndexDeltaLength: f.IndexDeltaLength,
	}
	t.frameTicks = aacFrameTicks
	t.decode = func(pkt *rtp.Packet) ([][]byte, error) {
		frames, err := decoder.Decode(pkt)
		if errors.Is(err, rtpmpeg4audio.ErrMorePacketsNeeded) {
			return nil, nil
		}
		return frames, err
	}
	return t.describeAAC(f.Config)
}

// useLATM is RFC 6416 with the configuration in the SDP.
func (t *audioTrack) useLATM(f *format.MPEG4AudioLATM) error {
	if f.CPresent || f.StreamMuxConfig == nil {
		return errors.New("LATM with its configuration in band is not supported")
	}
	if len(f.StreamMuxConfig.Programs) != 1 || len(f.StreamMuxConfig.Programs[0].Layers) != 1 {
		return errors.New("LATM with several programs or layers is not supported")
	}
	decoder := &rtpfragmented.Decoder{}
	t.frameTicks = aacFrameTicks
	t.decode = func(pkt *rtp.Packet) ([][]byte, error) {
		data, err := decoder.Decode(pkt)
		if errors.Is(err, rtpfragmented.ErrMorePacketsNeeded) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return latmFrames(data, int(f.StreamMuxConfig.NumSubFrames)+1)
	}
	return t.describeAAC(f.StreamMuxConfig.Programs[0].Layers[0].AudioSpecificConfig)
}

// latmFrames takes count frames out of an audioMuxElement without configuration
// (ISO/IEC 14496-3, 1.7.3, frameLengthType 0): each has its size in front as a
// sum of bytes of which only the last is not 255. gortsplib's own reader refuses
// what GStreamer sends.
func latmFrames(element []byte, count int) ([][]byte, error) {
	frames := make([][]byte, 0, count)
	for range count {
		size, more := 0, true
		for more && len(element) > 0 {
			size += int(element[0])
			more = element[0] == 255
			element = element[1:]
		}
		if more || size > len(element) {
			return nil, errors.New("LATM frame is cut off")
		}
		frames = append(frames, element[:size])
		element = element[size:]
	}
	return frames, nil
}

func (t *audioTrack) describeAAC(config *mpeg4audio.AudioSpecificConfig) error {
	data, err := config.Marshal()
	if err != nil {
		return errors.New("AAC configuration cannot be read")
	}
	t.format = unit.Format{
		Codec:      unit.AAC,
		SampleRate: config.SampleRate,
		Channels:   config.ChannelCount,
		Config:     data,
	}
	return nil
}

// take unpacks a packet into frames and tells how many packets are missing
// before it, and whether it makes sense.
func (t *audioTrack) take(pkt *rtp.Packet) (lost int, ok bool) {
	if t.started && pkt.SequenceNumber != t.next {
		if lost = int(pkt.SequenceNumber - t.next); lost > maxDropout {
			lost = 1
		}
	}
	t.started = true
	t.next = pkt.SequenceNumber + 1
	t.frames = t.frames[:0]
	if len(pkt.Payload) == 0 {
		return lost, true // padding
	}
	if t.decode == nil { // one frame, as it is
		t.frames = append(t.frames, pkt.Payload)
		return lost, true
	}
	frames, err := t.decode(pkt)
	if err != nil {
		return lost, lost > 0 // the rest of a frame whose beginning is lost is no nonsense
	}
	for _, frame := range frames {
		if len(frame) > 0 {
			t.frames = append(t.frames, frame)
		}
	}
	return lost, true
}
