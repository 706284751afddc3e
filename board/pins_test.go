package board

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"studiobox/board/profile"
)

// whole is the Pi's profile with all its examples wired.
func whole(t *testing.T) profile.Profile {
	t.Helper()
	raw, err := profile.Source("rpi4")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^# (\[[a-z0-9.]+\]|[a-z0-9]+ = .+)$`).ReplaceAllString(string(raw), "$1")
	p, err := profile.Parse("whole", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThePinsTableShowsEveryRole(t *testing.T) {
	table := PinsTable(rpi4(t))
	for _, want := range []string{"button.golive", "GPIO17", "pin 11", "lamp.air", "GPIO27", "pin 13", "pull down: dark", "lamp.red", "not fitted"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	table = PinsTable(whole(t))
	for _, want := range []string{"fe20c000.pwm/0", "pca9685/2", "dmx/1", "i2c-1/0x3c", "pin 3, 5", "/dev/serial0", "pull up: motor without current", "high, normally closed"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	t.Log("\n" + table)
}

func TestTheDrawingPutsEveryRoleBesideItsPinWithinEightyColumns(t *testing.T) {
	p := whole(t)
	rows := strings.Split(strings.TrimRight(HeaderDrawing(p), "\n"), "\n")
	if len(rows) != 20 {
		t.Fatalf("%d rows", len(rows))
	}
	bar := strings.Index(rows[0], "|")
	for i, row := range rows {
		if len(row) > 80 || strings.Index(row, "|") != bar {
			t.Errorf("row %d has %d columns, its bar is not below the first: %q", i+1, len(row), row)
		}
	}
	for _, w := range p.Wires {
		for _, position := range p.Positions(w) {
			row := rows[(position-1)/2]
			side := row[:bar]
			if position%2 == 0 {
				side = row[bar:]
			}
			if !strings.Contains(side, string(w.Role)) {
				t.Errorf("%s is not at pin %d: %q", w.Role, position, row)
			}
		}
	}
	if !strings.Contains(rows[1], "display, bus.pca9685") {
		t.Errorf("the bus shows %q", rows[1])
	}
}

func TestAConflictIsShownInTableAndDrawing(t *testing.T) {
	_, err := profile.Parse("clash", []byte("header = \"rpi40\"\n[button.golive]\npin = \"GPIO17\"\n[lamp.air]\npin = \"GPIO17\"\n[estop]\npin = \"GPIO17\"\n"))
	var clash *profile.ConflictError
	if !errors.As(err, &clash) {
		t.Fatal(err)
	}
	table := PinsTable(clash.Draft)
	for _, want := range []string{"!! pin GPIO17: button.golive and estop\n", "!! pin GPIO17: button.golive and lamp.air\n", "! button.golive, estop +1 GPIO17 11|12"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
}

func TestTheDrawingMatchesThePageOfTheHeader(t *testing.T) {
	names := profile.HeaderPins()
	for pin, want := range map[int]string{1: "3V3", 2: "5V", 6: "GND", 9: "GND", 14: "GND", 17: "3V3", 20: "GND", 25: "GND",
		30: "GND", 34: "GND", 39: "GND", 3: "GPIO2", 40: "GPIO21", 27: "ID_SD"} {
		if names[pin-1] != want {
			t.Errorf("pin %d is %q, want %q", pin, names[pin-1], want)
		}
	}
	for i, name := range names {
		if name == "" {
			t.Errorf("pin %d has no name", i+1)
		}
	}
}
