package rtspcam

import (
	"bytes"
	"testing"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"
)

func TestAudioPacketsBecomeFramesAndGapsAreCounted(t *testing.T) {
	aacTrack, err := newAudioTrack(aac())
	if err != nil {
		t.Fatal(err)
	}
	plain, err := newAudioTrack(opus())
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name     string
		track    *audioTrack
		sequence uint16
		marker   bool
		payload  string
		frames   string // joined by |
		lost     int
		ok       bool
	}{
		{"first", plain, 65535, true, "a", "a", 0, true},
		{"next", plain, 0, true, "b", "b", 0, true},
		{"after a loss of two", plain, 3, true, "c", "c", 2, true},
		{"padding", plain, 4, true, "", "", 0, true},
		{"sender begins anew", plain, 40000, true, "d", "d", 1, true},
		{"two AAC frames", aacTrack, 1, true, "\x00\x20\x00\x08\x00\x10abc", "a|bc", 0, true},
		{"AAC frame in two parts, first", aacTrack, 2, false, "\x00\x10\x00\x10ab", "", 0, true},
		{"AAC frame in two parts, second", aacTrack, 3, true, "\x00\x10\x00\x08c", "abc", 0, true},
		{"AAC cut off", aacTrack, 4, true, "\x00\x10\x01\x00abc", "", 0, false},
		{"AAC part whose beginning is lost", aacTrack, 5, false, "\x00\x10\x00\x10ab", "", 0, true},
		{"AAC part after a loss", aacTrack, 7, true, "\x00\x10\x00\x08c", "", 1, true},
	}
	for _, s := range steps {
		lost, ok := s.track.take(&rtp.Packet{
			Header: rtp.Header{SequenceNumber: s.sequence, Marker: s.marker}, Payload: []byte(s.payload),
		})
		if got := string(bytes.Join(s.track.frames, []byte("|"))); got != s.frames {
			t.Errorf("%s: frames are %q, want %q", s.name, got, s.frames)
		}
		if lost != s.lost || ok != s.ok {
			t.Errorf("%s: %d lost, makes sense %v; want %d, %v", s.name, lost, ok, s.lost, s.ok)
		}
	}
}

func TestLATMFramesAreCutBySizesOfSeveralBytes(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 300)
	element := append([]byte{255, 45}, long...)
	element = append(element, "\x02ab\x00"...) // then an empty frame
	frames, err := latmFrames(element, 3)
	if err != nil || len(frames) != 3 || !bytes.Equal(frames[0], long) || string(frames[1]) != "ab" || len(frames[2]) != 0 {
		t.Errorf("frames are %q, error %v", frames, err)
	}
	for _, cut := range [][]byte{nil, {255}, {3, 'a', 'b'}} {
		if _, err := latmFrames(cut, 1); err == nil {
			t.Errorf("%q is taken", cut)
		}
	}
}

func TestAACWithHostileHeaderWidthsIsRefused(t *testing.T) {
	f := aac().(*format.MPEG4Audio)
	f.SizeLength = 64
	if _, err := newAudioTrack(f); err == nil {
		t.Error("sizes of 64 bits are taken: they would overflow the library's check")
	}
}
