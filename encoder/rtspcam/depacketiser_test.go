package rtspcam

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/pion/rtp"

	"studiobox/encoder/unit"
)

// bench is a depacketiser with its output laid open.
type bench struct {
	depacketiser
	sequence uint16
	units    [][][]byte
	times    []uint32
	lost     int
	corrupt  int
}

func newBench(s syntax) *bench {
	b := &bench{sequence: 65530}
	b.syntax = s
	b.deliver = func(nalus [][]byte, timestamp uint32) {
		b.units = append(b.units, nalus)
		b.times = append(b.times, timestamp)
	}
	b.damage = func(lost int) {
		b.lost += lost
		if lost == 0 {
			b.corrupt++
		}
	}
	return b
}

// packet sends a payload; skip is how many packets are lost before it.
func (b *bench) packet(timestamp uint32, marker bool, payload string, skip int) {
	b.sequence += uint16(1 + skip)
	b.push(&rtp.Packet{
		Header:  rtp.Header{SequenceNumber: b.sequence, Timestamp: timestamp, Marker: marker},
		Payload: []byte(payload),
	})
}

// sent is one packet of a table.
type sent struct {
	timestamp uint32
	marker    bool
	payload   string
	skip      int
}

func TestH264PacketsBecomeWholePictures(t *testing.T) {
	const sps, pps, aud = "\x67abc", "\x68d", "\x09\xf0"
	const key, delta = "\x65\x88key", "\x41\x9adelta"
	cases := []struct {
		name    string
		packets []sent
		want    []string // NAL units of each picture, joined by |
		lost    int
		corrupt int
	}{
		{"single NAL units", []sent{{1, false, sps, 0}, {1, false, pps, 0}, {1, true, key, 0}, {2, true, delta, 0}},
			[]string{sps + "|" + pps + "|" + key, delta}, 0, 0},
		{"aggregate", []sent{{1, true, "\x78\x00\x04" + sps + "\x00\x02" + pps + "\x00\x05" + key, 0}},
			[]string{sps + "|" + pps + "|" + key}, 0, 0},
		{"aggregate with padding", []sent{{1, true, "\x78\x00\x05" + key + "\x00\x00\x00", 0}}, []string{key}, 0, 0},
		{"fragments", []sent{{1, false, "\x7c\x85\x88k", 0}, {1, false, "\x7c\x05e", 0}, {1, true, "\x7c\x45y", 0}},
			[]string{key}, 0, 0},
		{"fragment with both bits", []sent{{1, true, "\x7c\xc5\x88key", 0}}, []string{key}, 0, 0},
		{"no markers", []sent{{1, false, key, 0}, {2, false, delta, 0}, {3, false, delta, 0}}, []string{key, delta}, 0, 0},
		{"start codes inside", []sent{{1, true, sps + "\x00\x00\x00\x01" + pps + "\x00\x00\x00\x01" + key, 0}},
			[]string{sps + "|" + pps + "|" + key}, 0, 0},
		{"start code in front", []sent{{1, true, key, 0}, {2, true, "\x00\x00\x00\x01" + delta, 0}}, []string{key, delta}, 0, 0},
		{"type 0", []sent{{1, true, key, 0}, {2, true, "\x00\x00\x00\x02" + delta, 0}}, []string{key}, 0, 1},
		{"padding packet in between", []sent{{1, false, sps, 0}, {1, false, "", 0}, {1, true, key, 0}}, []string{sps + "|" + key}, 0, 0},
		{"begins in the middle", []sent{{1, false, "\x7c\x05e", 0}, {1, true, "\x7c\x45y", 0}, {2, true, delta, 0}}, []string{delta}, 0, 0},
		{"begins with the second slice", []sent{{1, true, "\x65\x28key", 0}, {2, true, delta, 0}}, []string{delta}, 0, 0},
		{"begins with a fragment's first", []sent{{1, false, "\x7c\x85\x88k", 0}, {1, true, "\x7c\x45ey", 0}}, []string{key}, 0, 0},
		{"middle of a fragment lost", []sent{{1, false, "\x7c\x85\x88k", 0}, {1, true, "\x7c\x45y", 1}, {2, true, delta, 0}}, []string{delta}, 1, 0},
		{"last slice lost, next picture whole", []sent{{1, false, key, 0}, {2, true, delta, 1}}, []string{delta}, 1, 0},
		{"first packets lost", []sent{{1, true, delta, 0}, {2, true, "\x41\x28delta", 3}, {3, true, delta, 0}}, []string{delta, delta}, 3, 0},
		{"sets may be lost before a slice", []sent{{1, false, sps, 0}, {1, true, key, 0}, {2, true, key, 1}}, []string{sps + "|" + key}, 1, 0},
		{"delimiter proves the beginning", []sent{{1, false, sps, 0}, {1, true, key, 0}, {2, false, aud, 2}, {2, true, key, 0}},
			[]string{sps + "|" + key, aud + "|" + key}, 2, 0},
		{"sender begins anew", []sent{{1, true, key, 0}, {2, true, key, 30000}}, []string{key, key}, 1, 0},
		{"unknown payload type", []sent{{1, true, key, 0}, {2, true, "\x7axx", 0}, {3, true, delta, 0}}, []string{key, delta}, 0, 1},
		{"size beyond the aggregate", []sent{{1, true, "\x78\x00\x09" + key, 0}}, nil, 0, 1},
		{"fragment without beginning", []sent{{1, true, key, 0}, {2, false, delta, 0}, {2, true, "\x7c\x45y", 0}}, []string{key}, 0, 1},
		{"fragment without end", []sent{{1, false, "\x7c\x85\x88k", 0}, {2, true, delta, 0}}, []string{delta}, 0, 1},
		{"fragment cut by another unit", []sent{{1, false, "\x7c\x85\x88k", 0}, {1, true, delta, 0}}, nil, 0, 1},
		{"forbidden bit", []sent{{1, true, key, 0}, {2, true, "\xe5\x88key", 0}}, []string{key}, 0, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(h264Syntax{})
			for _, p := range c.packets {
				b.packet(p.timestamp, p.marker, p.payload, p.skip)
			}
			var got []string
			for _, nalus := range b.units {
				got = append(got, string(bytes.Join(nalus, []byte("|"))))
			}
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("picture %d is %q, want %q", i, got[i], c.want[i])
				}
			}
			if b.lost != c.lost || b.corrupt != c.corrupt {
				t.Errorf("%d lost and %d corrupt, want %d and %d", b.lost, b.corrupt, c.lost, c.corrupt)
			}
		})
	}
}

func TestAPictureKeepsItsOwnTimeWithoutMarkers(t *testing.T) {
	b := newBench(h264Syntax{})
	for n := range uint32(4) {
		b.packet(100*n, false, "\x41\x9adelta", 0)
		b.packet(100*n, false, "\x41\x1asecond", 0)
	}
	if len(b.times) != 3 || b.times[0] != 0 || b.times[1] != 100 || b.times[2] != 200 {
		t.Errorf("times are %v", b.times)
	}
	for _, nalus := range b.units {
		if len(nalus) != 2 {
			t.Errorf("a picture has %d slices", len(nalus))
		}
	}
}

func TestAPictureOfManySlicesIsTaken(t *testing.T) {
	b := newBench(h264Syntax{})
	for n := range 500 { // packetization-mode 0: a slice in each packet
		b.packet(1, n == 499, "\x41\x9aslice", 0)
	}
	if len(b.units) != 1 || len(b.units[0]) != 500 {
		t.Errorf("%d pictures", len(b.units))
	}
}

func TestAPictureWithoutEndIsGivenUp(t *testing.T) {
	b := newBench(h264Syntax{})
	body := "\x7c\x05" + string(make([]byte, 60000))
	b.packet(1, false, "\x7c\x85\x88", 0)
	for range 2 * maxUnitBytes / 60000 {
		b.packet(1, false, body, 0)
	}
	for range 2 * maxUnitNALUs {
		b.packet(2, false, "\x41\x9aslice", 0)
	}
	b.packet(3, true, "\x41\x9aslice", 0)
	if b.corrupt != 2 || len(b.units) != 1 {
		t.Errorf("%d corrupt, %d pictures", b.corrupt, len(b.units))
	}
	if b.partSize > maxUnitBytes || cap(b.fragments) > 1000 {
		t.Errorf("%d bytes in %d parts are kept", b.partSize, cap(b.fragments))
	}
}

func TestH265PacketsBecomeWholePictures(t *testing.T) {
	const vps, sps, pps, key = "\x40\x01v", "\x42\x01s", "\x44\x01p", "\x26\x01\x80key"
	b := newBench(h265Syntax{})
	b.packet(1, false, "\x60\x01\x00\x03"+vps+"\x00\x03"+sps+"\x00\x03"+pps, 0)
	b.packet(1, false, "\x62\x01\x93\x80k", 0)
	b.packet(1, false, "\x62\x01\x13e", 0)
	b.packet(1, true, "\x62\x01\x53y", 0)
	b.packet(2, true, "\x02\x01\x80delta", 0)
	b.packet(3, true, "\x64\x01PACI", 0)
	b.packet(4, true, "\x02\x00\x80temporal id 0 is forbidden", 0)
	want := []string{vps + "|" + sps + "|" + pps + "|" + key, "\x02\x01\x80delta"}
	if len(b.units) != 2 || b.corrupt != 2 {
		t.Fatalf("%d pictures, %d corrupt", len(b.units), b.corrupt)
	}
	for i := range want {
		if got := string(bytes.Join(b.units[i], []byte("|"))); got != want[i] {
			t.Errorf("picture %d is %q, want %q", i, got, want[i])
		}
	}
}

// paperReceiver is a receiver without a connection.
func paperReceiver(codec unit.Codec, s syntax) (*receiver, *recorder) {
	sink := &recorder{woken: make(chan struct{}, 1)}
	r := &receiver{
		epoch: time.Now(), sink: sink, onMedia: sink.onMedia, tally: &tally{},
		timeline: newTimeline(90000, 48000, 0), syntax: s, sets: parameters{codec: codec}, needKey: true,
	}
	r.depacketiser = depacketiser{syntax: s, deliver: r.picture, damage: r.damaged}
	return r, sink
}

func TestAKeyPictureBeginsWithItsParameterSets(t *testing.T) {
	sps, pps := unhex(spsHex), unhex(ppsHex)
	other := append(bytes.Clone(pps), 1)
	aud, sei, key := []byte{9, 0xf0}, []byte{6, 1}, []byte{0x65, 0x88, 1}
	held := parameters{codec: unit.H264, sps: sps, pps: pps}
	for name, c := range map[string]struct{ in, want [][]byte }{
		"in order":                 {[][]byte{sps, pps, sei, key, key}, [][]byte{sps, pps, sei, key, key}},
		"none":                     {[][]byte{key}, [][]byte{sps, pps, key}},
		"none, with SEI":           {[][]byte{sei, key}, [][]byte{sps, pps, sei, key}},
		"only SPS":                 {[][]byte{sps, key}, [][]byte{sps, pps, key}},
		"only PPS":                 {[][]byte{other, key}, [][]byte{sps, other, key}},
		"delimiter first":          {[][]byte{aud, sps, pps, key}, [][]byte{sps, pps, key}},
		"SEI first":                {[][]byte{sei, sps, pps, key}, [][]byte{sps, pps, sei, key}},
		"two PPS":                  {[][]byte{sps, pps, other, key}, [][]byte{sps, pps, other, key}},
		"PPS before SPS":           {[][]byte{pps, sps, key}, [][]byte{sps, pps, key}},
		"sets after the delimiter": {[][]byte{aud, key}, [][]byte{sps, pps, key}},
	} {
		got := held.lead(c.in, h264Syntax{})
		if !bytes.Equal(bytes.Join(got, []byte("|")), bytes.Join(c.want, []byte("|"))) {
			t.Errorf("%s: got %x, want %x", name, got, c.want)
		}
		if name == "in order" && &got[0] != &c.in[0] {
			t.Error("a picture in order was copied")
		}
	}
}

func TestChangedParameterSetsAreToldBeforeTheirPicture(t *testing.T) {
	r, sink := paperReceiver(unit.H264, h264Syntax{})
	sps, pps, key := unhex(spsHex), unhex(ppsHex), []byte{0x65, 0x88, 1}
	r.picture([][]byte{key}, 0) // cannot be shown without sets
	r.picture([][]byte{sps, pps, key}, 3600)
	r.picture([][]byte{sps, pps, key}, 7200)
	other := bytes.Clone(pps)
	other[1] ^= 0x10
	r.picture([][]byte{other}, 9000) // on its own
	r.picture([][]byte{key}, 10800)
	r.picture([][]byte{{0x67, 1, 2}, key}, 14400) // an SPS that cannot be read is not believed
	if got := len(sink.media); got != 2 {
		t.Fatalf("media told %d times, want 2", got)
	}
	if !bytes.Equal(sink.media[0].Video.PPS, pps) || !bytes.Equal(sink.media[1].Video.PPS, other) {
		t.Error("wrong parameter sets were told")
	}
	if len(sink.units) != 4 || !bytes.Equal(sink.units[2].NALUs[1], other) {
		t.Errorf("%d units", len(sink.units))
	}
	if got := sink.order; got[0] != "media" || got[1] != "unit" || got[3] != "media" || got[4] != "unit" {
		t.Errorf("order is %v", got)
	}
}

func TestLeadingPicturesOfAKeyAfterALossAreWithheld(t *testing.T) {
	const cra, rasl, trail = 21 << 1, 9 << 1, 1 << 1
	r, sink := paperReceiver(unit.H265, h265Syntax{})
	r.sets.vps, r.sets.sps, r.sets.pps = unhex(hevcVPSHex), unhex(hevcSPSHex), unhex(hevcPPSHex)
	show := func(kinds ...byte) (shown int) {
		before := len(sink.units)
		for _, k := range kinds {
			r.picture([][]byte{{k, 1, 0x80}}, uint32(len(sink.units)*3600))
		}
		return len(sink.units) - before
	}
	if got := show(cra, rasl, rasl, trail, rasl); got != 3 {
		t.Errorf("at the start %d pictures pass, want 3", got)
	}
	if got := show(cra, rasl, trail); got != 3 {
		t.Errorf("without a loss %d pictures pass, want 3", got)
	}
	r.damaged(1)
	if got := show(trail, rasl, cra, rasl, trail); got != 2 {
		t.Errorf("after a loss %d pictures pass, want 2", got)
	}
}

func TestPacketsAllocateNothingOfOurOwn(t *testing.T) {
	r, _ := paperReceiver(unit.H264, h264Syntax{})
	r.sets.sps, r.sets.pps = unhex(spsHex), unhex(ppsHex)
	r.sink = unit.SinkFunc(func(*unit.Unit) {})
	sequence, timestamp := uint16(0), uint32(0)
	pkt := &rtp.Packet{}
	send := func(marker bool, payload []byte) {
		sequence++
		pkt.SequenceNumber, pkt.Timestamp, pkt.Marker, pkt.Payload = sequence, timestamp, marker, payload
		r.videoPacket(pkt)
	}
	slice := append([]byte{0x41, 0x9a}, bytes.Repeat([]byte{1}, 1000)...)
	begin := append([]byte{0x7c, 0x81, 0x9a}, bytes.Repeat([]byte{1}, 1000)...)
	middle := append([]byte{0x7c, 0x01}, bytes.Repeat([]byte{1}, 1000)...)
	end := append([]byte{0x7c, 0x41}, bytes.Repeat([]byte{1}, 1000)...)
	send(true, bytes.Repeat([]byte{0x65, 0x88, 1}, 300))
	whole := func() { timestamp += 3600; send(false, slice); send(true, slice) }
	cut := func() {
		timestamp += 3600
		send(false, begin)
		for range 20 {
			send(false, middle)
		}
		send(true, end)
	}
	for range 10 {
		whole()
		cut()
	}
	// Per picture: the Unit and the slice of its NAL units. A fragmented NAL unit
	// is joined once more.
	if n := testing.AllocsPerRun(1000, whole); n > 2 {
		t.Errorf("a picture in 2 packets allocates %v times, want 2", n)
	}
	if n := testing.AllocsPerRun(1000, cut); n > 3 {
		t.Errorf("a picture in 22 fragments allocates %v times, want 3", n)
	}
	if r.tally.stats.VideoUnits < 2000 {
		t.Fatalf("only %d units came out: the test proves nothing", r.tally.stats.VideoUnits)
	}
	r.audio = &audioTrack{clockRate: 48000, format: unit.Format{Codec: unit.Opus}}
	sound := func() {
		sequence++
		timestamp += 960
		pkt.SequenceNumber, pkt.Timestamp, pkt.Payload = sequence, timestamp, slice
		r.audioPacket(pkt)
	}
	if n := testing.AllocsPerRun(1000, sound); n > 1 {
		t.Errorf("a frame of sound allocates %v times, want 1", n)
	}
}

// FuzzDepacketise feeds bytes as RTP packets of all codecs: each packet is a
// control byte, a size and a payload. Nothing may panic, and what comes out must
// keep the promises of unit.Unit.
func FuzzDepacketise(f *testing.F) {
	encoder := &rtph264.Encoder{PayloadType: 96}
	if err := encoder.Init(); err != nil {
		f.Fatal(err)
	}
	packets, err := encoder.Encode([][]byte{unhex(spsHex), unhex(ppsHex), append([]byte{0x65, 0x88}, make([]byte, 3000)...)})
	if err != nil {
		f.Fatal(err)
	}
	var seed []byte
	for _, p := range packets {
		seed = append(seed, 1)
		seed = binary.BigEndian.AppendUint16(seed, uint16(len(p.Payload)))
		seed = append(seed, p.Payload...)
	}
	seed[0] |= 2
	f.Add(seed)
	f.Add([]byte("\x03\x00\x06\x60\x01\x00\x03\x40\x01v"))
	f.Add([]byte("\x01\x00\x09\x7c\x85\x88aaaaaa\x03\x00\x09\x7c\x45bbbbbbb\x0b\x00\x05\x00\x10\x00\x08a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h264, shown := paperReceiver(unit.H264, h264Syntax{})
		h265, shown265 := paperReceiver(unit.H265, h265Syntax{})
		sound, err := newAudioTrack(aac())
		if err != nil {
			t.Fatal(err)
		}
		h264.audio = sound
		pkt := &rtp.Packet{}
		for len(data) >= 3 {
			control, size := data[0], int(binary.BigEndian.Uint16(data[1:]))
			data = data[3:]
			size = min(size, len(data))
			pkt.SequenceNumber += uint16(control >> 6)
			pkt.Timestamp += uint32(control>>2&3) * 1_500_000_000
			pkt.Marker = control&2 != 0
			pkt.Payload, data = data[:size], data[size:]
			h264.videoPacket(pkt)
			h265.videoPacket(pkt)
			h264.audioPacket(pkt)
		}
		checkPromises(t, shown.units, h264Syntax{})
		checkPromises(t, shown265.units, h265Syntax{})
	})
}

// checkPromises proves what every unit must be, whatever came in.
func checkPromises(t *testing.T, units []*unit.Unit, s syntax) {
	lastKey, lastFrame := time.Duration(-1), time.Duration(-1)
	started := false
	for _, u := range units {
		if u.Track == unit.Audio {
			if u.PTS <= lastFrame || len(u.Frame) == 0 {
				t.Fatalf("frame of %d bytes at %v after %v", len(u.Frame), u.PTS, lastFrame)
			}
			lastFrame = u.PTS
			continue
		}
		started = started || u.Key
		if !started || len(u.NALUs) == 0 {
			t.Fatal("a picture before the first key, or an empty one")
		}
		if u.Key {
			if k := s.kind(u.NALUs[0]); k != sequenceSet && k != videoSet || u.PTS <= lastKey {
				t.Fatalf("key picture begins with kind %d, at %v after %v", k, u.PTS, lastKey)
			}
			lastKey = u.PTS
		}
		for _, nalu := range u.NALUs {
			if s.kind(nalu) == invalidUnit {
				t.Fatalf("invalid NAL unit %x", nalu)
			}
		}
	}
}
