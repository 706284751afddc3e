// Package profile says which pin of which board plays which role, as data.
package profile

import (
	"embed"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// Profile is the pin map of one kind of board.
type Profile struct {
	Name  string
	Title string
	// Models are beginnings of the device tree's model string.
	Models []string
	// Pi40 tells that the board has the header, and the pulls at reset, of a
	// Raspberry Pi.
	Pi40 bool
	// Wires holds the roles that are fitted, in the order of Uses.
	Wires []Wire
}

// Wire returns the wire of a role; false = not fitted.
func (p Profile) Wire(r Role) (Wire, bool) {
	for _, w := range p.Wires {
		if w.Role == r {
			return w, true
		}
	}
	return Wire{}, false
}

//go:embed *.toml
var files embed.FS

// Names returns the names of the built-in profiles, sorted.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil // an embedded directory always reads
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".toml"))
	}
	slices.Sort(names)
	return names
}

// Source returns the text of a built-in profile, to be copied and changed.
func Source(name string) ([]byte, error) {
	if text, err := files.ReadFile(name + ".toml"); err == nil {
		return text, nil
	}
	return nil, fmt.Errorf("board profile %q does not exist: use one of %s, or the path of a .toml file",
		name, strings.Join(Names(), ", "))
}

// Load returns a built-in profile by its name, or reads one from a file whose
// name ends in .toml.
func Load(name string) (Profile, error) {
	if !strings.HasSuffix(name, ".toml") {
		text, err := Source(name)
		if err != nil {
			return Profile{}, err
		}
		return Parse(name, text)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return Profile{}, fmt.Errorf("board profile: %w", err)
	}
	return Parse(strings.TrimSuffix(path.Base(name), ".toml"), text)
}

// Detect returns the built-in profile for a device tree's model string.
func Detect(model string) (Profile, bool) {
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			continue // proven impossible by the test that loads them all
		}
		for _, m := range p.Models {
			if strings.HasPrefix(model, m) {
				return p, true
			}
		}
	}
	return Profile{}, false
}
