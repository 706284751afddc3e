package seal

import (
	"crypto/ed25519"
	"encoding/hex"
	"slices"
)

// weak tells a public key of small order: for such a one a signature can be made
// without any secret. There are eight such points; these are all spellings of
// their y coordinates, with the sign bit of x cleared.
func weak(public ed25519.PublicKey) bool {
	y := slices.Clone(public)
	y[len(y)-1] &= 0x7f
	return slices.Contains([]string{
		"0000000000000000000000000000000000000000000000000000000000000000", // order 4
		"0100000000000000000000000000000000000000000000000000000000000000", // order 1
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 0, not reduced
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 1, not reduced
	}, hex.EncodeToString(y))
}
