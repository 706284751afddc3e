package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Kbps is a bit rate in kbit/s (1 kbit = 1,000 bit). As text it needs a unit:
// "300k", "1.5M". It is usable as a command line flag.
type Kbps int

// maxRate is the largest rate that a setting may name: 1 Gbit/s.
const maxRate Kbps = 1_000_000

// ParseKbps reads a rate such as "300k" or "6M".
func ParseKbps(text string) (Kbps, error) {
	number, perUnit := text, 0.0
	switch {
	case strings.HasSuffix(text, "k"):
		number, perUnit = text[:len(text)-1], 1
	case strings.HasSuffix(text, "M"):
		number, perUnit = text[:len(text)-1], 1000
	}
	value, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || strings.ContainsAny(number, "eExXpP_+nN"):
		return 0, fmt.Errorf("%q is no bit rate; write for example \"300k\" or \"6M\"", text)
	case perUnit == 0:
		return 0, fmt.Errorf("%q has no unit; write \"%sk\" for kbit/s or \"%sM\" for Mbit/s", text, text, text)
	}
	kbps := value * perUnit
	if kbps < 1 || kbps > float64(maxRate) {
		return 0, fmt.Errorf("%q is out of range; a bit rate lies between \"1k\" and \"1000M\"", text)
	}
	return Kbps(kbps + 0.5), nil
}

// UnmarshalText reads a rate from a file or a flag.
func (k *Kbps) UnmarshalText(text []byte) error {
	rate, err := ParseKbps(string(text))
	if err != nil {
		return err
	}
	*k = rate
	return nil
}

// String writes the rate in the form that ParseKbps reads.
func (k Kbps) String() string {
	if k != 0 && k%1000 == 0 {
		return strconv.Itoa(int(k/1000)) + "M"
	}
	return strconv.Itoa(int(k)) + "k"
}
