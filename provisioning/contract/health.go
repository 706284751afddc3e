package contract

import (
	"strconv"
)

// MaxHealth is the largest health payload in bytes. At one a minute it keeps a
// box below 18 MB a month on the wire, framing and TLS included.
const MaxHealth = 260

// maxCodes is how many conditions are named at most.
const maxCodes = 16

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
	// Lufs is the loudness of the sound over the last seconds, in LUFS (ITU-R
	// BS.1770), -70 to 0 with one decimal; nil where it is not measured.
	Lufs *float64 `json:"lufs,omitempty"`
	// Al holds condition codes, worst first. As many as fit are sent; when some
	// did not fit the last entry counts them: "+3".
	Al []string `json:"al"`
}

// ParseHealth reads the payload of a health topic. Unknown keys are ignored.
func ParseHealth(payload []byte) (Health, error) { return healths.read(payload) }

// Encode writes the payload in at most [MaxHealth] bytes.
func (h Health) Encode() []byte {
	codes := h.Al
	h = h.bounded().rounded()
	for keep := min(len(codes), maxCodes); ; keep-- {
		h.Al = make([]string, 0, keep+1)
		for _, code := range codes[:keep] {
			h.Al = append(h.Al, plain(code, 40))
		}
		if left := len(codes) - keep; left > 0 {
			h.Al = append(h.Al, "+"+strconv.Itoa(left))
		}
		if text := encode(h); len(text) <= MaxHealth || keep == 0 {
			return text
		}
	}
}

// rounded leaves one decimal, which is what the sensors are good for.
func (h Health) rounded() Health {
	h.TC = decimal(h.TC)
	if h.Lufs != nil {
		lufs := decimal(*h.Lufs)
		h.Lufs = &lufs
	}
	return h
}

// bounded brings every figure into its range. Without codes the result encodes
// to no more than MaxHealth bytes, which the tests prove at the extremes.
func (h Health) bounded() Health {
	h.V = Version
	h.TS = moment(h.TS)
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
	h.Lufs = loudness(h.Lufs)
	codes := []string{}
	for _, code := range h.Al[:min(len(h.Al), maxCodes+1)] {
		codes = append(codes, plain(code, 40))
	}
	h.Al = codes
	h.Up = Up{within(h.Up.Kbps, 999_999), within(h.Up.LossPercent, 100), within(h.Up.QueueMs, 99_999), within(h.Up.Reconnects, 99_999)}
	return h
}
