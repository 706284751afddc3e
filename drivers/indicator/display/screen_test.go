package display

import (
	"os"
	"strings"
	"testing"
	"time"

	"periph.io/x/devices/v3/ssd1306/image1bit"
	"rsc.io/qr"
)

const address = "http://192.168.1.23/"

// art is a screen as text: one letter a pixel, # = it shines.
func art(img *image1bit.VerticalLSB) string {
	var b strings.Builder
	for y := range height {
		for x := range width {
			if img.BitAt(x, y) {
				b.WriteByte('#')
			} else {
				b.WriteByte('.')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func picture(t *testing.T, name string) string {
	t.Helper()
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(want)
}

func paint(t *testing.T, s Screen) *image1bit.VerticalLSB {
	t.Helper()
	img, err := draw(s)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestAScreenLooksLikeItsPicture(t *testing.T) {
	for name, s := range map[string]Screen{
		"live.txt":    {State: "on_air", RateKbps: 4250, Address: address},
		"elapsed.txt": {State: "on_air", RateKbps: 4250, Elapsed: 725 * time.Second, Address: address},
		"offline.txt": {State: "reconnecting", RateKbps: -1},
	} {
		if got := art(paint(t, s)); got != picture(t, name) {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

func TestEveryLetterOfTheFontIsWholeAndDiffers(t *testing.T) {
	if len(font) != len(letters)*glyphSize {
		t.Fatalf("the font has %d bytes for %d letters", len(font), len(letters))
	}
	seen := map[[glyphRows]byte]byte{}
	for i := range len(letters) {
		if font[i*glyphSize] != letters[i] {
			t.Fatalf("letter %d of the font is %q, want %q", i, font[i*glyphSize], letters[i])
		}
		if strings.Trim(font[i*glyphSize+1:(i+1)*glyphSize], "0123456789abcdef") != "" {
			t.Errorf("%q: rows are not hexadecimal", letters[i])
		}
		rows := glyph(letters[i])
		if twin, there := seen[rows]; there {
			t.Errorf("%q looks like %q", letters[i], twin)
		}
		seen[rows] = letters[i]
		for _, row := range rows {
			if row > 0x1F {
				t.Errorf("%q is wider than its cell", letters[i])
			}
		}
	}
}

func TestSmallAndUnknownLettersAreDrawn(t *testing.T) {
	if glyph('a') != glyph('A') {
		t.Error("a small letter has no look")
	}
	for _, letter := range []byte{'#', 0, 0x7F, 0xB5, 0xFF} {
		if glyph(letter) != glyph('?') {
			t.Errorf("0x%02x is no question mark", letter)
		}
	}
}

func TestNoTextLeavesItsPlace(t *testing.T) {
	long := strings.Repeat("W", 300)
	img := paint(t, Screen{State: long, RateKbps: 1 << 30})
	for y := range height {
		for x := range width {
			inState, inRate := y < 2*cellHeight, y >= 18 && y < 18+2*cellHeight || y >= 34 && y < 34+cellHeight
			if bool(img.BitAt(x, y)) && (x >= columns*cellWidth || !inState && !inRate) {
				t.Fatalf("pixel %d, %d shines", x, y)
			}
		}
	}
}

func TestTheCodeOnThePanelIsTheOneForTheAddress(t *testing.T) {
	for _, address := range []string{address, "http://192.168.100.200:8080/", "HTTP://BOX/", "http://studiobox-0123456789abcdef.local/panel"} {
		img := paint(t, Screen{Address: address})
		code, err := qr.Encode(address, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		got := modules(t, img, code.Size)
		for y := range code.Size {
			for x := range code.Size {
				if got[y][x] != code.Black(x, y) {
					t.Fatalf("%s: module %d, %d is wrong", address, x, y)
				}
			}
		}
		checkFinders(t, got)
		if text := decode(t, got); text != address {
			t.Errorf("the code reads %q, want %q", text, address)
		}
	}
}

func TestAnAddressTooLongForACodeIsNamedAndTheRestIsDrawn(t *testing.T) {
	longest := "http://" + strings.Repeat("x", 46)
	if _, err := draw(Screen{Address: longest}); err != nil {
		t.Errorf("%d bytes: %v", len(longest), err)
	}
	for _, address := range []string{longest + "x", strings.Repeat("x", 5000)} {
		img, err := draw(Screen{State: "idle", Address: address})
		if err == nil || !strings.Contains(err.Error(), "give at most 53") {
			t.Errorf("got %v", err)
		}
		if !bool(img.BitAt(2, 0)) { // the I of idle
			t.Error("the state is not drawn")
		}
		if bool(img.BitAt(half, 0)) {
			t.Error("the frame of a code is drawn")
		}
	}
}

func TestTheTimeOnAirFitsItsRow(t *testing.T) {
	for elapsed, want := range map[time.Duration]string{
		0: "kbit/s", time.Second: "kb/s  0:01", 59*time.Minute + 59*time.Second: "kb/s 59:59", 2000 * time.Hour: "kb/s999:00",
	} {
		if got := unitRow(elapsed); got != want || len(got) > columns {
			t.Errorf("%v: %q, want %q", elapsed, got, want)
		}
	}
}
