package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// messages feeds the round trip, the bytes and the fuzz seeds.
var messages = []struct {
	name    string
	header  Header
	payload string
	bytes   string
}{
	{"a ping", Header{Kind: Ping}, "", "\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
	{"a unit", Header{Kind: Unit, Flags: DecodeOnly | Restart, Value: 0x0102030405060708, Size: 3}, "abc",
		"\x03\x00\x00\x00\x02\x03\x00\x00\x08\x07\x06\x05\x04\x03\x02\x01abc"},
	{"a negative value", Header{Kind: Taken, Value: -1}, "",
		"\x00\x00\x00\x00\x09\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"},
}

func TestMessagesGoOutAndComeInAsTheTableSays(t *testing.T) {
	for _, m := range messages {
		t.Run(m.name, func(t *testing.T) {
			var sent bytes.Buffer
			record(t, &sent, func(w *Writer) error {
				return w.Send(Header{Kind: m.header.Kind, Flags: m.header.Flags, Value: m.header.Value}, []byte(m.payload))
			})
			if sent.String() != m.bytes {
				t.Errorf("sent %q, want %q", sent.String(), m.bytes)
			}
			r := NewReader(strings.NewReader(m.bytes))
			h, err := r.Next()
			if err != nil || h != m.header {
				t.Fatalf("read %+v, %v", h, err)
			}
			payload := make([]byte, h.Size)
			if err := r.Payload(payload); err != nil || string(payload) != m.payload {
				t.Errorf("payload %q, %v", payload, err)
			}
			if _, err := r.Next(); err != io.EOF {
				t.Errorf("after the last message: %v", err)
			}
		})
	}
}

// record gives send a writer to one end of a pipe and collects what came out.
func record(t *testing.T, into *bytes.Buffer, send func(*Writer) error) {
	t.Helper()
	a, b := net.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- send(NewWriter(a, time.Second))
		a.Close()
	}()
	if _, err := io.Copy(into, b); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestPartsAndNALUnitsAreOnePayload(t *testing.T) {
	var sent bytes.Buffer
	record(t, &sent, func(w *Writer) error {
		if err := w.SendNALUs(Header{Kind: Unit}, [][]byte{[]byte("ab"), nil, []byte("c")}); err != nil {
			return err
		}
		return w.SendParts(Header{Kind: Frame}, []byte("12"), []byte("345"))
	})
	r := NewReader(&sent)
	for _, want := range []string{"\x00\x00\x00\x01ab\x00\x00\x00\x01\x00\x00\x00\x01c", "12345"} {
		h, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		payload := make([]byte, h.Size)
		if err := r.Payload(payload); err != nil || string(payload) != want {
			t.Errorf("payload %q, %v, want %q", payload, err, want)
		}
	}
}

func TestMalformedHeadersAreRefused(t *testing.T) {
	for name, b := range map[string]string{
		"kind 0":       "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"unknown kind": "\x00\x00\x00\x00\x0f\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"too long":     "\x01\x00\x00\x02\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"reserved":     "\x00\x00\x00\x00\x07\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00",
	} {
		if _, err := NewReader(strings.NewReader(b)).Next(); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPeerThatTakesNothingDoesNotHoldTheWriter(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	err := NewWriter(a, 10*time.Millisecond).Send(Header{Kind: Ping}, nil)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("Send returned %v", err)
	}
}

func TestSizesSurvivePacking(t *testing.T) {
	for _, s := range [][3]int{{0, 0, 0}, {1920, 1080, 30}, {65535, 65535, 65535}} {
		if w, h, fps := UnpackSize(PackSize(s[0], s[1], s[2])); w != s[0] || h != s[1] || fps != s[2] {
			t.Errorf("%v came back as %d %d %d", s, w, h, fps)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, m := range messages {
		f.Add([]byte(m.bytes))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := NewReader(bytes.NewReader(data))
		for {
			h, err := r.Next()
			if err != nil {
				return
			}
			if h.Size < 0 || h.Size > MaxPayload || h.Kind == 0 || h.Kind > lastKind {
				t.Fatalf("accepted %+v", h)
			}
			if r.Payload(make([]byte, min(h.Size, len(data)+1))) != nil {
				return
			}
		}
	})
}
