package showlog

import (
	"cmp"
	"slices"
	"time"
)

// Report is what is told of a show afterwards. All of it follows from the
// entries alone.
type Report struct {
	Summary
	// Kbps is the mean of what the ingest acknowledged while on air.
	Kbps int
	// Cuts is how often the rate fell by more than a tenth.
	Cuts int
	// Causes has a row for each reason, the longest first. Their times add up
	// to Duration less Unrecorded, what they lost to Lost, their cuts to Cuts.
	Causes []Cause
	// Worst are the worst moments, the worst first.
	Worst []Moment
	// Sizes is what was shown, the longest first; they add up as Causes do.
	Sizes []Size
	// Line is the course of the show in equal steps.
	Line []Point
}

// Cause is what one reason did to the show.
type Cause struct {
	Reason     string
	Time, Lost time.Duration
	// Cuts is how often it lowered the rate by more than a tenth; several
	// steps down within two seconds are one.
	Cuts int
}

// Size is a kind of picture and how long it was shown.
type Size struct {
	Mode          string
	Width, Height int
	Time          time.Duration
	// FPS is the mean of the pictures sent per second.
	FPS float64
}

// sameCut is the time in which steps down for one reason are one cut.
const sameCut = 2 * time.Second

// Of makes the report of one show's entries, in whatever order they come.
func Of(entries []Entry) Report {
	entries = ordered(entries)
	var sum tally
	var b builder
	var spans []span
	for _, e := range entries {
		s, closed := sum.add(e)
		if closed {
			spans = append(spans, s)
			b.spend(s)
		}
		b.count(e)
	}
	r := Report{Summary: sum.summary(), Causes: b.causes, Sizes: b.sizes, Worst: worst(entries)}
	if r.OnAir > 0 {
		r.Kbps = int(float64(r.Bytes) * 8 / 1000 / r.OnAir.Seconds())
	}
	for i := range r.Causes {
		r.Cuts += r.Causes[i].Cuts
	}
	slices.SortStableFunc(r.Causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.Reason, b.Reason))
	})
	for i := range r.Sizes {
		if seconds := r.Sizes[i].Time.Seconds(); seconds > 0 {
			r.Sizes[i].FPS /= seconds
		}
	}
	slices.SortStableFunc(r.Sizes, func(a, b Size) int { return cmp.Compare(b.Time, a.Time) })
	r.Line = line(spans, r.Duration)
	return r
}

// builder collects causes and sizes.
type builder struct {
	causes []Cause
	sizes  []Size
	cutAt  int64 // UpMs of the last step down
	cutBy  string
}

func (b *builder) cause(reason string) *Cause {
	i := slices.IndexFunc(b.causes, func(c Cause) bool { return c.Reason == reason })
	if i < 0 {
		i = len(b.causes)
		b.causes = append(b.causes, Cause{Reason: reason})
	}
	return &b.causes[i]
}

func (b *builder) spend(s span) {
	if !s.known {
		return
	}
	c := b.cause(s.at.Reason)
	c.Time += s.length
	c.Lost += s.lost

	kind := Size{Mode: s.at.Mode, Width: s.at.Width, Height: s.at.Height}
	i := slices.IndexFunc(b.sizes, func(k Size) bool {
		return k.Mode == kind.Mode && k.Width == kind.Width && k.Height == kind.Height
	})
	if i < 0 {
		i = len(b.sizes)
		b.sizes = append(b.sizes, kind)
	}
	b.sizes[i].Time += s.length
	b.sizes[i].FPS += float64(s.at.FPS) * s.length.Seconds()
}

func (b *builder) count(e Entry) {
	if !e.cut() {
		return
	}
	again := e.Reason == b.cutBy && e.UpMs-b.cutAt <= sameCut.Milliseconds()
	b.cutAt, b.cutBy = e.UpMs, e.Reason
	if !again {
		b.cause(e.Reason).Cuts++
	}
}
