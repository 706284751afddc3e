package look

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"

	"github.com/BurntSushi/toml"
)

// Load returns the looks of a studio: the built-in ones as far as they fit, and
// those of the business's own file, which take the place of built-in ones of the
// same name. An empty path is no file. The error is one line with the mend.
func Load(path string, fitted Fitted) (map[string]Look, error) {
	looks, err := Builtin()
	if err != nil {
		return nil, err
	}
	for name, l := range looks {
		looks[name] = fitted.Fit(l)
	}
	if path == "" {
		return looks, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file; write one, or take studio.looks out of the settings", path)
	}
	if err != nil {
		return nil, fmt.Errorf("looks: %w", err)
	}
	own, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for name, l := range own {
		if err := fitted.Check(name, l); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		own[name] = fitted.Eye.settle(l)
	}
	maps.Copy(looks, own)
	return looks, nil
}

// parse reads looks strictly: a mistyped word must not leave a lamp dark.
func parse(text string) (map[string]Look, error) {
	own := map[string]Look{}
	meta, err := toml.Decode(text, &own)
	var wrong toml.ParseError
	if errors.As(err, &wrong) {
		return nil, fmt.Errorf("line %d: %s", wrong.Position.Line, strings.ReplaceAll(wrong.Message, "\n", " "))
	}
	if err != nil {
		return nil, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("unknown key %q; a look has lights, kelvin, table, zoom, focus, white_balance, shutter, gain, exposure and lock", unknown[0].String())
	}
	return own, nil
}
