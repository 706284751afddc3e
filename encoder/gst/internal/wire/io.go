package wire

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// startCode goes before every NAL unit of a byte stream (H.264 annex B).
var startCode = []byte{0, 0, 0, 1}

// Writer sends messages on a connection from any goroutine. It reuses its
// buffers: a message costs no allocation and one system call.
type Writer struct {
	mu      sync.Mutex
	conn    net.Conn
	timeout time.Duration
	head    [HeaderSize]byte
	parts   net.Buffers // grows to the most NAL units seen in a picture
	left    net.Buffers // what net.Buffers.WriteTo eats up
}

// NewWriter makes a Writer. A peer that takes nothing for the timeout makes
// the write fail, so that a hung peer cannot hold the writer for ever.
func NewWriter(conn net.Conn, timeout time.Duration) *Writer {
	return &Writer{conn: conn, timeout: timeout}
}

// Send writes one message; h.Size is set from the payload.
func (w *Writer) Send(h Header, payload []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin()
	w.add(payload)
	return w.flush(h)
}

// SendParts writes one message whose payload is a and b together.
func (w *Writer) SendParts(h Header, a, b []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin()
	w.add(a)
	w.add(b)
	return w.flush(h)
}

// SendNALUs writes one message whose payload is the NAL units as a byte stream.
func (w *Writer) SendNALUs(h Header, nalus [][]byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin()
	for _, nalu := range nalus {
		w.add(startCode)
		w.add(nalu)
	}
	return w.flush(h)
}

func (w *Writer) begin() { w.parts = append(w.parts[:0], w.head[:]) }

func (w *Writer) add(b []byte) {
	if len(b) > 0 {
		w.parts = append(w.parts, b)
	}
}

func (w *Writer) flush(h Header) error {
	h.Size = -HeaderSize
	for _, part := range w.parts {
		h.Size += len(part)
	}
	if h.Size > MaxPayload {
		return fmt.Errorf("%w: payload of %d bytes", ErrMalformed, h.Size)
	}
	h.put(w.head[:])
	if err := w.conn.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil {
		return err
	}
	w.left = w.parts
	_, err := w.left.WriteTo(w.conn)
	clear(w.parts) // do not keep the caller's pictures alive
	return err
}

// Reader takes messages off a connection; one goroutine at a time.
type Reader struct {
	br   *bufio.Reader
	head [HeaderSize]byte
}

// NewReader makes a Reader.
func NewReader(r io.Reader) *Reader {
	return &Reader{br: bufio.NewReaderSize(r, 16<<10)}
}

// Next reads a header. Exactly h.Size bytes must be taken with Payload before
// the next call. io.EOF says that the peer closed between two messages.
func (r *Reader) Next() (Header, error) {
	if _, err := io.ReadFull(r.br, r.head[:]); err != nil {
		return Header{}, err
	}
	return parseHeader(r.head[:])
}

// Payload fills p from the message's payload.
func (r *Reader) Payload(p []byte) error {
	if _, err := io.ReadFull(r.br, p); err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	return nil
}
