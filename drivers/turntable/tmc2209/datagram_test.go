package tmc2209

import (
	"bytes"
	"errors"
	"testing"
)

// datagrams were recorded from real chips, except where made by hand from the
// data sheet.
var datagrams = []struct {
	name string
	got  []byte
	want []byte
}{
	{"read GCONF", ReadRequest(0, GCONF), []byte{0x05, 0x00, 0x00, 0x48}},
	{"write CHOPCONF", WriteDatagram(0, CHOPCONF, 0x10000053), []byte{0x05, 0x00, 0xEC, 0x10, 0x00, 0x00, 0x53, 0x9C}},
	{"reply of IOIN", Reply(IOIN, 0x21000241), []byte{0x05, 0xFF, 0x06, 0x21, 0x00, 0x02, 0x41, 0x9D}},
}

func TestDatagramsAreThoseOfARealChip(t *testing.T) {
	for _, d := range datagrams {
		if !bytes.Equal(d.got, d.want) {
			t.Errorf("%s: % x, want % x", d.name, d.got, d.want)
		}
	}
	// a request whose don't-care bits of the sync byte are set
	if crc := CRC8([]byte{0x55, 0x00, 0x06}); crc != 0xE8 {
		t.Errorf("crc %02x, want e8", crc)
	}
}

func TestTheSpeedWordIsThatOfTheDataSheet(t *testing.T) {
	for _, c := range []struct {
		speed float64
		want  uint32
	}{
		{0, 0}, {0.7153, 1}, {-0.7153, 0xFFFFFF}, {25600, 35791}, {-25600, 0x1000000 - 35791},
		{1e12, 0x7FFFFF}, {-1e12, 0x800001},
	} {
		if got := velocityWord(c.speed); got != c.want {
			t.Errorf("%g microsteps/s: %06x, want %06x", c.speed, got, c.want)
		}
	}
	if got := Velocity(velocityWord(-25600)); got > -25599.5 || got < -25600.5 {
		t.Errorf("-25600 came back as %g", got)
	}
}

func TestDecode(t *testing.T) {
	request := ReadRequest(0, IOIN)
	reply := Reply(IOIN, 0x21000241)
	with := func(b []byte, i int, x byte) []byte {
		b = bytes.Clone(b)
		b[i] ^= x
		return b
	}
	both := func(a, b []byte) []byte { return append(bytes.Clone(a), b...) }
	for name, c := range map[string]struct {
		received []byte
		want     error
	}{
		"after the echo":     {both(request, reply), nil},
		"without an echo":    {reply, nil},
		"nothing":            {nil, errShort},
		"half an echo":       {request[:3], errShort},
		"only the echo":      {request, errShort},
		"half a reply":       {both(request, reply[:7]), errShort},
		"a bit wrong":        {both(request, with(reply, 5, 4)), ErrCRC},
		"crc wrong":          {both(request, with(reply, 7, 1)), ErrCRC},
		"echo wrong":         {both(with(request, 2, 1), reply), ErrEcho},
		"another register":   {both(request, Reply(GSTAT, 1)), ErrForeign},
		"more than a reply":  {both(request, both(reply, []byte{0})), ErrForeign},
		"a wrong sync byte":  {both(request, resum(with(reply, 0, 0x08))), ErrForeign},
		"a wrong master":     {both(request, resum(with(reply, 1, 0x01))), ErrForeign},
		"a reply to nothing": {[]byte{0, 0, 0, 0}, ErrEcho},
	} {
		value, err := decode(request, c.received, IOIN)
		if !errors.Is(err, c.want) || (err == nil && value != 0x21000241) {
			t.Errorf("%s: %x, %v, want %v", name, value, err, c.want)
		}
	}
}

// resum makes the checksum right again.
func resum(b []byte) []byte {
	b[7] = CRC8(b[:7])
	return b
}

func FuzzDecode(f *testing.F) {
	for _, d := range datagrams {
		f.Add(d.want, byte(IOIN))
		f.Add(append(ReadRequest(0, IOIN), d.want...), byte(IOIN))
	}
	f.Add([]byte{}, byte(0))
	f.Fuzz(func(t *testing.T, received []byte, r byte) {
		request := ReadRequest(0, Register(r))
		value, err := decode(request, received, Register(r))
		if err != nil {
			return
		}
		// Whatever is taken ends with the one reply that says so.
		if want := Reply(Register(r), value); !bytes.HasSuffix(received, want) {
			t.Errorf("% x was taken for %x", received, value)
		}
	})
}
