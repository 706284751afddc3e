package contract

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// MaxHealth is the largest health payload in bytes. At one a minute it keeps a
// box below 18 MB a month on the wire, framing and TLS included.
const MaxHealth = 260

// Unknown stands for a number that this box cannot tell.
const Unknown = -1

// Health is the payload of the health topic. [Health.Encode] brings every value
// into the range that its comment names, so that the size holds whatever comes.
type Health struct {
	V   int     `json:"v"`
	TS  int64   `json:"ts"`  // Unix seconds
	N   uint64  `json:"n"`   // counts messages of one run, up to 10^10-1, then begins anew
	St  string  `json:"st"`  // session state, at most 12 bytes
	CPU int     `json:"cpu"` // percent, 0 to 100
	Mem int     `json:"mem"` // percent, 0 to 100
	TC  float64 `json:"tc"`  // degrees Celsius, -1 to 150, one decimal
	Thr int     `json:"thr"` // 1 while the supply voltage is too low
	Dsk int     `json:"dsk"` // MB, up to 99,999,999
	RTT int     `json:"rtt"` // ms, up to 99,999
	Cam []Cam   `json:"cam"` // at most 2
	Enc Enc     `json:"enc"`
	Up  Up      `json:"up"`
	// Al holds condition codes, worst first. As many as fit are sent; when some
	// did not fit the last entry counts them: "+3".
	Al []string `json:"al"`
}

// ParseHealth reads the payload of a health topic. Unknown keys are ignored.
func ParseHealth(payload []byte) (Health, error) {
	var h Health
	if err := json.Unmarshal(payload, &h); err != nil {
		return Health{}, fmt.Errorf("health payload: %w", err)
	}
	if h.V != Version {
		return Health{}, fmt.Errorf("health payload: version %d, want %d", h.V, Version)
	}
	return h, nil
}

// Encode writes the payload in at most [MaxHealth] bytes.
func (h Health) Encode() []byte {
	h = h.bounded()
	codes := h.Al
	for keep := len(codes); ; keep-- {
		h.Al = append([]string{}, codes[:keep]...)
		if left := len(codes) - keep; left > 0 {
			h.Al = append(h.Al, "+"+strconv.Itoa(left))
		}
		if text := encode(h); len(text) <= MaxHealth || keep == 0 {
			return text
		}
	}
}

// bounded brings every figure into its range. Without codes the result encodes
// to no more than MaxHealth bytes, which the tests prove at the extremes.
func (h Health) bounded() Health {
	h.V = Version
	h.N %= 10_000_000_000
	h.St = word(h.St)
	h.CPU, h.Mem = within(h.CPU, 100), within(h.Mem, 100)
	h.TC = celsius(h.TC)
	h.Thr = min(max(h.Thr, 0), 1)
	h.Dsk, h.RTT = within(h.Dsk, 99_999_999), within(h.RTT, 99_999)
	cams := make([]Cam, 0, 2)
	for _, c := range h.Cam[:min(len(h.Cam), 2)] {
		cams = append(cams, Cam{FPS: within(c.FPS, 999), Lost: within(c.Lost, 99_999_999)})
	}
	h.Cam = cams
	h.Enc = Enc{within(h.Enc.Height, 9999), within(h.Enc.Kbps, 999_999), within(h.Enc.Restarts, 99_999)}
	h.Up = Up{within(h.Up.Kbps, 999_999), within(h.Up.LossPercent, 100), within(h.Up.QueueMs, 99_999), within(h.Up.Reconnects, 99_999)}
	return h
}

// within keeps a figure between Unknown and its largest value.
func within(figure, largest int) int { return min(max(figure, Unknown), largest) }

// celsius rounds to one decimal; what is no number is Unknown.
func celsius(degrees float64) float64 {
	if math.IsNaN(degrees) {
		return Unknown
	}
	return math.Round(min(max(degrees, Unknown), 150)*10) / 10
}

// word keeps up to 12 letters of a state's name. What no name consists of is cut
// off, since JSON could write it in six bytes a letter.
func word(text string) string {
	for i := range len(text) {
		if c := text[i]; (c < 'a' || c > 'z') && c != '_' || i == 12 {
			return text[:i]
		}
	}
	return text
}
