package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/BurntSushi/toml"
)

// maxFile bounds what is read: a settings file has a few hundred bytes, and the
// path may by mistake name something endless.
const maxFile = 64 << 10

// file is a settings file in memory, with the name that errors begin with.
type file struct {
	name string
	text string
}

// read reads a small file whole. Its errors leave out the path, which the
// callers name in their own words.
func read(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", withoutPath(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", withoutPath(err)
	}
	if len(text) > maxFile {
		return "", fmt.Errorf("is larger than %d kB", maxFile>>10)
	}
	return string(text), nil
}

// withoutPath drops the operation and path that the os package puts into errors.
func withoutPath(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// decode fills cfg from the text. Keys are taken in the order of the file, so
// that the same file always gives the same first error.
func (f file) decode(cfg *Config) error {
	var tree map[string]toml.Primitive
	meta, err := toml.Decode(f.text, &tree)
	if err != nil {
		return f.syntax(err)
	}
	settings := fieldsOf(cfg)
	for _, key := range meta.Keys() {
		name := key.String() // a part that itself has a dot is in quotes
		setting, known := settings.fields[name]
		switch {
		case known:
			err = f.set(key, setting)
		case settings.isSection(name):
			err = f.section(key, meta.Type(key...))
		case meta.Type(key...) == "Hash" && len(key) == 1 && hasChildren(meta, key):
			continue // its children are unknown too, and say more
		default:
			err = f.at(key, fmt.Errorf("unknown key %q%s", name, settings.suggest(name)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// section refuses a section's name that is used for a value or for a list.
func (f file) section(key toml.Key, kind string) error {
	if kind == "Hash" {
		return nil
	}
	return f.at(key, fmt.Errorf("%q is a section; write [%s] on a line of its own, once", key[0], key[0]))
}

// hasChildren tells whether the file sets anything below the key.
func hasChildren(meta toml.MetaData, parent toml.Key) bool {
	for _, key := range meta.Keys() {
		if len(key) > len(parent) && key[:len(parent)].String() == parent.String() {
			return true
		}
	}
	return false
}

// syntax turns the parser's complaint into one line with the position.
func (f file) syntax(err error) error {
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		return fmt.Errorf("%s: %s", f.name, oneLine(err.Error()))
	}
	message := oneLine(parse.Message)
	if f.cutOff(message) {
		message = "the file ends in the middle of something; it seems cut off"
	}
	return fmt.Errorf("%s:%d:%d: %s", f.name, max(parse.Position.Line, 1), max(parse.Position.Col, 1), message)
}

// cutOff tells whether the parser met the end of the file where it expected more.
// In some places it calls the end a zero byte.
func (f file) cutOff(message string) bool {
	zero := strings.Contains(message, `'\x00'`) && !strings.Contains(f.text, "\x00")
	return zero || strings.HasPrefix(message, "unexpected EOF")
}

// at puts the file and the line of the key before the error. A key that is not
// in the file has no line.
func (f file) at(key toml.Key, err error) error {
	if line := f.line(key); line > 0 {
		return fmt.Errorf("%s:%d: %w", f.name, line, err)
	}
	return fmt.Errorf("%s: %w", f.name, err)
}

// oneLine folds line breaks, which some of the parser's messages quote.
func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
