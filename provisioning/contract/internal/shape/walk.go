package shape

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// walk goes through a JSON text that is known to be well-formed, and so looks
// only at what tells its parts from each other.
type walk struct {
	text   []byte
	at     int // the next byte
	strict bool
}

// next is the next byte that is no space.
func (w *walk) next() byte {
	for {
		switch c := w.text[w.at]; c {
		case ' ', '\t', '\r', '\n':
			w.at++
		default:
			return c
		}
	}
}

// value walks over one value. The shape is nil where only the form matters.
func (w *walk) value(s *Shape) error {
	switch w.next() {
	case 'n':
		return errors.New("null stands for nothing here")
	case '{':
		return w.object(s)
	case '[':
		return w.array(s)
	case '"':
		w.string()
	default: // a number, true or false
		for w.at < len(w.text) && !strings.ContainsRune(" \t\r\n,]}", rune(w.text[w.at])) {
			w.at++
		}
	}
	return nil
}

// string walks over a text and returns it as it is written, without its quotes.
func (w *walk) string() []byte {
	begin := w.at + 1
	for w.at = begin; w.text[w.at] != '"'; w.at++ {
		if w.text[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
	return w.text[begin : w.at-1]
}

// more tells whether another part follows before the closing bracket, and steps
// over the comma or the bracket.
func (w *walk) more(closing byte) bool {
	switch w.next() {
	case closing:
		w.at++
		return false
	case ',':
		w.at++
	}
	return true
}

func (w *walk) array(s *Shape) error {
	var item *Shape
	if s != nil && s.array {
		item = s.item
	}
	n := 0
	for w.at++; w.more(']'); n++ {
		if err := w.value(item); err != nil {
			return err
		}
	}
	if s != nil && s.array && s.length >= 0 && n != s.length {
		return fmt.Errorf("%d values, want %d", n, s.length)
	}
	return nil
}

func (w *walk) object(s *Shape) error {
	var fields []field
	typed := s != nil && s.object
	if typed {
		fields = s.fields
	}
	var room [32]bool
	seen := append(room[:0], make([]bool, len(fields))...) // by field
	var others []string
	for w.at++; w.more('}'); {
		w.next()
		key := plain(w.string())
		w.next()
		w.at++ // the colon
		i, err := find(fields, key)
		if err != nil {
			return err
		}
		var shape *Shape
		switch {
		case i < 0 && slices.Contains(others, string(key)), i >= 0 && seen[i]:
			return fmt.Errorf("%q is there twice", key)
		case i < 0 && typed && w.strict:
			return fmt.Errorf("%w %q", ErrKey, key)
		case i < 0:
			others = append(others, string(key))
		default:
			seen[i], shape = true, fields[i].shape
		}
		if err := w.value(shape); err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
	}
	for i, f := range fields {
		if !f.optional && !seen[i] {
			return fmt.Errorf("%q is missing", f.name)
		}
	}
	return nil
}

// plain is a key without its escapes. What is no text to encoding/json is none
// here either.
func plain(written []byte) []byte {
	if !slices.ContainsFunc(written, func(c byte) bool { return c == '\\' || c >= 0x80 }) {
		return written
	}
	var key string
	if err := json.Unmarshal(slices.Concat([]byte{'"'}, written, []byte{'"'}), &key); err != nil {
		return written
	}
	return []byte(key)
}

// find is the place of a key among the fields; -1 when it is not known.
func find(fields []field, key []byte) (int, error) {
	for i, f := range fields {
		if f.name == string(key) {
			return i, nil
		}
	}
	for _, f := range fields {
		if strings.EqualFold(f.name, string(key)) {
			return 0, fmt.Errorf("%w %q: it is written %q", ErrKey, key, f.name)
		}
	}
	return -1, nil
}
