package testcam

import (
	"fmt"
	"math"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/g711"

	"studiobox/encoder/unit"
)

const (
	soundRate   = 8000 // samples per second
	soundPacket = 20 * time.Millisecond
	packetSize  = soundRate / 50
	beepHertz   = 440
	beepLength  = 200 * time.Millisecond
	beepLevel   = 8000 // of 32767, about -12 dBFS
)

// soundFormat is the track's format, nil for no sound.
func soundFormat(codec unit.Codec) (*format.G711, error) {
	switch codec {
	case unit.NoCodec:
		return nil, nil
	case unit.G711A:
		return &format.G711{PayloadTyp: 8, SampleRate: soundRate, ChannelCount: 1}, nil
	case unit.G711U:
		return &format.G711{PayloadTyp: 0, MULaw: true, SampleRate: soundRate, ChannelCount: 1}, nil
	}
	return nil, fmt.Errorf("no sound in %s: take G.711 or none", codec)
}

// sound is one second of coded sound: a beep that starts with each second of
// the wall clock, so that a receiver can hold it against the time in the
// picture. A packet's worth of its beginning is repeated at the end.
type sound []byte

func newSound(muLaw bool) (sound, error) {
	lpcm := make([]byte, 0, 2*(soundRate+packetSize))
	for i := range soundRate + packetSize {
		sample := int16(beepLevel * beep(i%soundRate))
		lpcm = append(lpcm, byte(sample>>8), byte(sample))
	}
	if muLaw {
		return g711.Mulaw(lpcm).Marshal()
	}
	return g711.Alaw(lpcm).Marshal()
}

// beep is the sample of a second, -1 to 1, with ramps of 5 ms against clicks.
func beep(n int) float64 {
	at := float64(n) / soundRate
	end := beepLength.Seconds()
	envelope := smooth(0, 0.005, at) * smooth(end, end-0.005, at)
	return envelope * math.Sin(2*math.Pi*beepHertz*at)
}

// from is the packet that begins at a time of the wall clock.
func (s sound) from(t time.Time) []byte {
	first := int(int64(t.Nanosecond()) * soundRate / int64(time.Second))
	return s[first : first+packetSize]
}
