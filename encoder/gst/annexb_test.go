package gst

import (
	"bytes"
	"testing"
	"time"
)

func TestAByteStreamIsCutIntoItsNALUnits(t *testing.T) {
	tests := []struct {
		name   string
		stream string
		want   []string
		key    bool
	}{
		{"nothing", "", nil, false},
		{"no start code", "\x65\x88", nil, false},
		{"one unit, short code", "\x00\x00\x01\x41\x9a", []string{"\x41\x9a"}, false},
		{"key with parameter sets", "\x00\x00\x00\x01\x67\x42\x00\x00\x00\x01\x68\xce\x00\x00\x01\x65\x88",
			[]string{"\x67\x42", "\x68\xce", "\x65\x88"}, true},
		{"delimiter goes", "\x00\x00\x00\x01\x09\xf0\x00\x00\x00\x01\x67\x42", []string{"\x67\x42"}, false},
		{"trailing zeros go", "\x00\x00\x01\x41\x9a\x00\x00\x00\x00", []string{"\x41\x9a"}, false},
		{"codes without a unit", "\x00\x00\x01\x00\x00\x01\x41", []string{"\x41"}, false},
		{"more slices than fit the first list", "\x00\x00\x01\x41\x00\x00\x01\x42\x00\x00\x01\x43\x00\x00\x01\x44" +
			"\x00\x00\x01\x41\x00\x00\x01\x42\x00\x00\x01\x43\x00\x00\x01\x44\x00\x00\x01\x45",
			[]string{"\x41", "\x42", "\x43", "\x44", "\x41", "\x42", "\x43", "\x44", "\x45"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := newUnit(time.Second, time.Time{}, []byte(tt.stream))
			var got []string
			for _, n := range u.NALUs {
				got = append(got, string(n))
			}
			if len(got) != len(tt.want) || u.Key != tt.key {
				t.Fatalf("got %q key %v, want %q key %v", got, u.Key, tt.want, tt.key)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("NAL unit %d is %q, want %q", i, got[i], tt.want[i])
				}
			}
		})
	}
}

func FuzzCutNALU(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01\x67\x42\x00\x00\x01\x65\x88"))
	f.Add([]byte("\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		for rest := stream; ; {
			before := len(rest)
			var nalu []byte
			if nalu, rest = cutNALU(rest); nalu == nil {
				return
			}
			if len(nalu) == 0 || len(rest) >= before || bytes.Contains(nalu, []byte{0, 0, 1}) {
				t.Fatalf("cut %q of %q", nalu, stream)
			}
		}
	})
}
