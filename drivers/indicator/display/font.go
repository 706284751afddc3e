package display

import (
	"strconv"
	"strings"
)

// The letters are five by seven pixels in cells of six by eight.
const (
	cellWidth  = 6
	cellHeight = 8
	glyphRows  = 7
	glyphSize  = 1 + 2*glyphRows // a letter and its rows in hexadecimal
)

// letters are what the font holds, in its order.
const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ .:-/_[]?"

// font holds each letter with its rows from the top, two digits each; a row's
// leftmost pixel is bit 4.
const font = "" +
	"00e11131519110e1040c040404040e20e11010608101f31e01010e01011e402060a121f0202" +
	"51f101e0101110e60608101e11110e71f01020404080880e11110e11110e90e11110f01020c" +
	"A0e11111f111111B1e11111e11111eC0e11101010110eD1c12111111121cE1f10101e10101f" +
	"F1f10101e101010G0e11101711110fH1111111f111111I0e04040404040eJ0702020202120c" +
	"K11121418141211L1010101010101fM111b1515111111N11191513111111O0e11111111110e" +
	"P1e11111e101010Q0e11111115120dR1e11111e141211S0f10100e01011eT1f040404040404" +
	"U1111111111110eV111111110a0a04W11111115151b11X110a0404040a11Y110a0404040404" +
	"Z1f01020408101f 00000000000000.00000000000c0c:000c0c000c0c00-0000001f000000" +
	"/01020204080810_0000000000001f[0e08080808080e]0e02020202020e?0e110106040004"

// glyph returns the rows of a letter; small ones look like capitals, and one that
// the font lacks like a question mark.
func glyph(letter byte) (rows [glyphRows]byte) {
	letter = strings.ToUpper(string(rune(letter)))[0]
	at := strings.IndexByte(letters, letter)
	if at < 0 {
		return glyph('?')
	}
	hex := font[at*glyphSize+1:][:2*glyphRows]
	for i := range rows {
		row, _ := strconv.ParseUint(hex[2*i:2*i+2], 16, 8) // a constant; a test reads it all
		rows[i] = byte(row)
	}
	return rows
}
