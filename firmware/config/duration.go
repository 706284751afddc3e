package config

import (
	"fmt"
	"strings"
	"time"
)

// Duration is a length of time that as text needs a unit: "1.5s", "300ms", "0s".
type Duration struct{ time.Duration }

// UnmarshalText reads a duration from a file or a flag.
func (d *Duration) UnmarshalText(text []byte) error {
	value, err := time.ParseDuration(string(text))
	if err != nil || !strings.HasSuffix(string(text), "s") && !strings.HasSuffix(string(text), "m") {
		return fmt.Errorf("%q is no duration; write for example \"1.5s\" or \"300ms\"", text)
	}
	d.Duration = value
	return nil
}
