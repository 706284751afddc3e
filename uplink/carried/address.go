package carried

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
)

// hexadecimal writes an IPv4 address as /proc/net/route does on a little-endian
// machine; "" for anything else.
func hexadecimal(address string) string {
	parsed, err := netip.ParseAddr(address)
	if err != nil || !parsed.Is4() {
		return ""
	}
	octets := parsed.As4()
	slices.Reverse(octets[:])
	return strings.ToUpper(hex.EncodeToString(octets[:]))
}
