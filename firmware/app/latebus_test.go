package app

import (
	"errors"
	"testing"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2ctest"

	"studiobox/board/profile"
)

func TestADeviceThatComesLaterIsFoundThen(t *testing.T) {
	unplugged := errors.New("no answer")
	asked, there := 0, false
	record := &i2ctest.Record{}
	late := &lateBus{role: profile.Display, open: func(role profile.Role) (i2c.Bus, uint16, error) {
		if asked++; role != profile.Display || !there {
			return nil, 0, unplugged
		}
		return record, 0x3C, nil
	}}
	for range 2 {
		if err := late.Tx(0x3C, []byte{1}, nil); !errors.Is(err, unplugged) {
			t.Errorf("without the device: %v", err)
		}
	}
	there = true
	for range 2 {
		if err := late.Tx(0x3C, []byte{2}, nil); err != nil {
			t.Error(err)
		}
	}
	if asked != 3 || len(record.Ops) != 2 || record.Ops[1].Addr != 0x3C {
		t.Errorf("asked %d times, sent %+v", asked, record.Ops)
	}
}
