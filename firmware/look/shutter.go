package look

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// slowest is the longest shutter that live video can have.
const slowest = time.Second / 20

// Shutter is the time for which a picture is exposed, written as 1/100. 0 is
// automatic.
type Shutter time.Duration

// Calm is the shutter at which the lamps of the studio do not flicker under its
// prefecture's mains; Load makes a time of it.
const Calm Shutter = -1

// UnmarshalText reads 1/n, with n from 20 to 10000, or calm.
func (s *Shutter) UnmarshalText(text []byte) error {
	if string(text) == "calm" {
		*s = Calm
		return nil
	}
	under, isShare := strings.CutPrefix(string(text), "1/")
	n, err := strconv.Atoi(under)
	if !isShare || err != nil || n < int(time.Second/slowest) || n > 10000 {
		return fmt.Errorf("shutter %q: write it as 1/100, from 1/20 to 1/10000, or as calm", text)
	}
	*s = Shutter(time.Second / time.Duration(n))
	return nil
}
