package panel

import (
	"net/http"
	"strconv"
	"time"

	"studiobox/firmware/showlog"
)

// firstHistory is how much of the past a page gets when it opens; it asks for
// the hour when somebody wants to see it.
const firstHistory = 10 * time.Minute

// What an entry did, as the bits of history.Did.
const (
	didFlush = 1 << iota
	didKey
	didSkip
)

// history is the rate chart in columns, which are a third of the size of rows.
type history struct {
	// Boot changes when the box starts again: Up then begins anew.
	Boot string `json:"boot"`
	// Zero is the moment at which Up was zero, by the box's present clock, in
	// ms since 1970. The clock may jump; Up does not.
	Zero     int64     `json:"zero"`
	Up       []int64   `json:"up"` // ms
	Show     []int     `json:"show"`
	Target   []int     `json:"target"`
	From     []int     `json:"from"` // the target before, 0 = the same
	Capacity []int     `json:"capacity"`
	Acked    []int     `json:"acked"`
	Queue    []int     `json:"queue"`
	RTT      []int     `json:"rtt"`
	Loss     []float64 `json:"loss"`
	Width    []int     `json:"width"`
	Height   []int     `json:"height"`
	FPS      []int     `json:"fps"`
	Did      []int     `json:"did"`
	Lost     []int     `json:"lost"` // ms
	Reason   []string  `json:"reason"`
}

// historyOf puts entries into columns. None makes empty columns, not null.
func historyOf(entries []showlog.Entry, boot string) history {
	h := history{
		Boot: boot, Up: []int64{}, Show: []int{}, Target: []int{}, From: []int{}, Capacity: []int{}, Acked: []int{},
		Queue: []int{}, RTT: []int{}, Loss: []float64{}, Width: []int{}, Height: []int{}, FPS: []int{}, Did: []int{},
		Lost: []int{}, Reason: []string{},
	}
	for _, e := range entries {
		h.Zero = e.At.UnixMilli() - e.UpMs
		h.Up = append(h.Up, e.UpMs)
		h.Show = append(h.Show, e.Show)
		h.Target = append(h.Target, e.TargetKbps)
		h.From = append(h.From, e.FromKbps)
		h.Capacity = append(h.Capacity, e.CapacityKbps)
		h.Acked = append(h.Acked, e.AckedKbps)
		h.Queue = append(h.Queue, e.QueueMs)
		h.RTT = append(h.RTT, e.RTTMs)
		h.Loss = append(h.Loss, e.Loss)
		h.Width = append(h.Width, e.Width)
		h.Height = append(h.Height, e.Height)
		h.FPS = append(h.FPS, e.FPS)
		h.Did = append(h.Did, did(e))
		h.Lost = append(h.Lost, e.LostMs)
		h.Reason = append(h.Reason, e.Reason)
	}
	return h
}

func did(e showlog.Entry) int {
	bits := 0
	if e.Flush {
		bits |= didFlush
	}
	if e.Key {
		bits |= didKey
	}
	if e.Skip {
		bits |= didSkip
	}
	return bits
}

// since is what is new since count; nothing where no record is kept.
func (p *Panel) since(count uint64) ([]showlog.Entry, uint64) {
	if p.deps.Shows == nil {
		return nil, 0
	}
	return p.deps.Shows.Since(count)
}

// serveHistory answers with the last ten minutes before the newest entry, or
// with as many (up to 60) as the query asks for.
func (p *Panel) serveHistory(w http.ResponseWriter, r *http.Request) {
	length := firstHistory
	if text := r.URL.Query().Get("minutes"); text != "" {
		minutes, err := strconv.Atoi(text)
		if err != nil || minutes < 1 || minutes > 60 {
			refuse(w, http.StatusBadRequest, "bad_request")
			return
		}
		length = time.Duration(minutes) * time.Minute
	}
	entries, _ := p.since(0)
	if len(entries) > 0 {
		begin := entries[len(entries)-1].UpMs - length.Milliseconds()
		for len(entries) > 0 && entries[0].UpMs < begin {
			entries = entries[1:]
		}
	}
	answer(w, historyOf(entries, p.boot))
}
