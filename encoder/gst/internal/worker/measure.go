package worker

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"studiobox/encoder/gst/internal/native"
	"studiobox/encoder/gst/internal/wire"
	"studiobox/encoder/loudness"
)

// reportSamples is how much sound is measured between two reports: a second.
const reportSamples = loudness.Rate

// measure decodes sound and tells once a second how loud it is.
type measure struct {
	*stage
	out      *wire.Writer
	channels int
	meter    *loudness.Meter
	heard    int // samples of each channel since the last report
	raw      []byte
	samples  []float32
}

func newMeasure(lib *native.Library, config wire.Config, out *wire.Writer) (*measure, error) {
	if config.Sound == nil {
		return nil, fmt.Errorf("measure: the worker was told no format")
	}
	caps, elements, err := soundInput(*config.Sound)
	if err != nil {
		return nil, err
	}
	if err := lib.Need(append(elements, "audioconvert", "audioresample")...); err != nil {
		return nil, err
	}
	channels := min(max(config.Sound.Channels, 1), 2)
	chain := ""
	for _, element := range elements {
		chain += element + " ! "
	}
	chain += fmt.Sprintf("audioconvert ! audioresample ! audio/x-raw,format=F32LE,layout=interleaved,rate=%d,channels=%d",
		loudness.Rate, channels)
	s, err := newStage(lib, "measure", caps, chain)
	if err != nil {
		return nil, err
	}
	return &measure{stage: s, out: out, channels: channels, meter: loudness.New(channels)}, s.play()
}

// soundInput is GStreamer's name of the format and the elements that decode it.
func soundInput(f wire.SoundFormat) (caps string, elements []string, err error) {
	size := fmt.Sprintf("rate=(int)%d,channels=(int)%d", f.Rate, f.Channels)
	switch f.Codec {
	case wire.AAC:
		return fmt.Sprintf("audio/mpeg,mpegversion=(int)4,stream-format=(string)raw,framed=(boolean)true,codec_data=(buffer)%x,%s", f.Config, size),
			[]string{"avdec_aac"}, nil
	case wire.Opus:
		return "audio/x-opus,channel-mapping-family=(int)0," + size, []string{"opusdec"}, nil
	case wire.G711A:
		return "audio/x-alaw," + size, []string{"alawdec"}, nil
	case wire.G711U:
		return "audio/x-mulaw," + size, []string{"mulawdec"}, nil
	}
	return "", nil, fmt.Errorf("measure: no decoder for %q", f.Codec)
}

func (m *measure) feed(in input) error { return m.push(in.data.Buffer(in.pts)) }

func (m *measure) wishes() *wishes { return nil }

func (m *measure) backend() string { return "" }

func (m *measure) start(fail func(error)) {
	go func() { fail(m.pump(m.add)) }()
}

// add measures what was decoded and reports when it is time.
func (m *measure) add(s *native.Sample) error {
	m.raw = resize(m.raw, s.Size())
	s.CopyTo(m.raw)
	s.Free()
	m.samples = floats(m.samples[:0], m.raw)
	m.meter.Add(m.samples)
	if m.heard += len(m.samples) / m.channels; m.heard < reportSamples {
		return nil
	}
	m.heard = 0
	lufs, _ := m.meter.LUFS() // a second is more than it needs
	body, err := json.Marshal(wire.Loudness{LUFS: math.Round(lufs*10) / 10})
	if err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	return m.out.Send(wire.Header{Kind: wire.Report}, body)
}

// floats reads 32-bit numbers, little end first.
func floats(into []float32, raw []byte) []float32 {
	for ; len(raw) >= 4; raw = raw[4:] {
		into = append(into, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
	}
	return into
}
