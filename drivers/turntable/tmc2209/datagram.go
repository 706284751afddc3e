// Package tmc2209 speaks to a TMC2209 stepper driver over its single-wire UART.
package tmc2209

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// What a bus conversation can fail with. Chapter numbers are those of the data
// sheet, rev. 1.09.
var (
	ErrSilent  = errors.New("no reply: check the wire, the address pins and the motor supply")
	ErrCRC     = errors.New("checksum of the reply is wrong: check the ground wire and keep the line short")
	ErrForeign = errors.New("reply is not the one asked for: another chip may have the same address")
	ErrEcho    = errors.New("own bytes came back garbled: two talk at once, or the line is shorted")
	ErrCounter = errors.New("write was not counted by the chip (IFCNT): it was lost, or the chip restarted")
)

const (
	syncByte      = 0x05
	masterAddress = 0xFF
	writeBit      = 0x80
	requestLen    = 4
	datagramLen   = 8
)

// CRC8 is the checksum of a datagram: polynomial x^8+x^2+x+1, initial value 0,
// each byte from its lowest bit on (chapter 4.2).
func CRC8(data []byte) byte {
	var crc byte
	for _, b := range data {
		for range 8 {
			carry := crc>>7 ^ b&1
			crc = crc<<1 ^ carry*0x07
			b >>= 1
		}
	}
	return crc
}

// WriteDatagram writes value to a register (chapter 4.1.1).
func WriteDatagram(address byte, r Register, value uint32) []byte {
	b := []byte{syncByte, address, byte(r) | writeBit}
	b = binary.BigEndian.AppendUint32(b, value)
	return append(b, CRC8(b))
}

// ReadRequest asks for a register (chapter 4.1.2).
func ReadRequest(address byte, r Register) []byte {
	b := []byte{syncByte, address, byte(r)}
	return append(b, CRC8(b))
}

// Reply is what the chip answers to a ReadRequest.
func Reply(r Register, value uint32) []byte {
	b := []byte{syncByte, masterAddress, byte(r)}
	b = binary.BigEndian.AppendUint32(b, value)
	return append(b, CRC8(b))
}

// errShort means that more bytes may complete the reply.
var errShort = errors.New("reply is not complete")

// decode finds the value of a register in what was received after sent went
// out. On a single wire the receiver hears its own bytes first; where the two
// directions have a wire each it does not, and both are understood: a reply
// begins with the master's address, an echo with the chip's.
func decode(sent, received []byte, r Register) (uint32, error) {
	reply, err := dropEcho(sent, received)
	if err != nil {
		return 0, err
	}
	if len(reply) < datagramLen {
		return 0, errShort
	}
	switch {
	case len(reply) > datagramLen:
		return 0, fmt.Errorf("%w: %d bytes too many", ErrForeign, len(reply)-datagramLen)
	case CRC8(reply[:7]) != reply[7]:
		return 0, ErrCRC
	case reply[0] != syncByte || reply[1] != masterAddress || reply[2] != byte(r):
		return 0, fmt.Errorf("%w: header % x", ErrForeign, reply[:3])
	}
	return binary.BigEndian.Uint32(reply[3:7]), nil
}

func dropEcho(sent, received []byte) ([]byte, error) {
	if len(received) < 2 {
		return nil, errShort
	}
	if received[1] == masterAddress {
		return received, nil
	}
	heard := min(len(sent), len(received))
	if !bytes.Equal(sent[:heard], received[:heard]) {
		return nil, ErrEcho
	}
	return received[heard:], nil
}
