package look

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// slowest is the longest shutter that live video can have.
const slowest = time.Second / 20

// Shutter is the time for which a picture is exposed, written as 1/100.
type Shutter time.Duration

// UnmarshalText reads 1/n, with n from 20 to 10000.
func (s *Shutter) UnmarshalText(text []byte) error {
	under, isShare := strings.CutPrefix(string(text), "1/")
	n, err := strconv.Atoi(under)
	if !isShare || err != nil || n < int(time.Second/slowest) || n > 10000 {
		return fmt.Errorf("shutter %q: write it as 1/100; it can be 1/20 to 1/10000", text)
	}
	*s = Shutter(time.Second / time.Duration(n))
	return nil
}
