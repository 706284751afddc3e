package score

import "time"

// Result is what a viewer got in one run. Times are in seconds from frame 0
// unless a name says otherwise; a nil pointer means that the run has nothing
// to measure it on.
type Result struct {
	Run
	// CapacityKbps is the mean of the line's capacity over the run, every
	// second's mean capped at the ceiling.
	CapacityKbps float64 `json:"capacityKbps"`
	// From and To bound what was judged: from the capture of the first frame
	// that reached the ingest (no later than latestStart) to Seconds.
	From float64 `json:"from"`
	To   float64 `json:"to"`

	// Frames reached the ingest with all their references and a readable
	// number; Unread ones had none, Broken ones lacked a reference.
	Frames int `json:"frames"`
	Unread int `json:"unread"`
	Broken int `json:"broken"`

	At1s Shown `json:"at1s"` // for a viewer one second behind the camera
	At3s Shown `json:"at3s"` // for one three seconds behind

	DelayP50Ms *float64 `json:"delayP50Ms"`
	DelayP95Ms *float64 `json:"delayP95Ms"`
	DelayP99Ms *float64 `json:"delayP99Ms"`

	// Utilisation is delivered media bits by the capacity's integral, 0 to 1.
	Utilisation float64 `json:"utilisation"`
	// LostFrames were captured and never displayable three seconds behind the
	// camera, whoever left them out; LostShare is their part of all.
	LostFrames int     `json:"lostFrames"`
	LostShare  float64 `json:"lostShare"`
	// SSIMdB is -10 log10(1 - mean SSIM) of what the viewer at one second saw
	// against what the camera filmed; nil without a clip.
	SSIMdB *float64 `json:"ssimDb"`

	Rises     []Rise     `json:"rises,omitempty"`
	Falls     []Fall     `json:"falls,omitempty"`
	Blackouts []Blackout `json:"blackouts,omitempty"`

	// Changes of the produced rate by over 20 % and 10 %, per minute: of the
	// whole run, and of what comes after its first 30 s.
	Changes20      *float64 `json:"changes20PerMin"`
	Changes10      *float64 `json:"changes10PerMin"`
	LaterChanges20 *float64 `json:"laterChanges20PerMin"`
	LaterChanges10 *float64 `json:"laterChanges10PerMin"`

	// CPU is processor seconds of the box per second of the run.
	CPU float64 `json:"cpu"`

	Series Series `json:"series"`
}

// Shown is what a viewer at a fixed distance behind the camera can show.
type Shown struct {
	Kbps float64 `json:"kbps"`
	// FreezePerMin is seconds in each minute without anything new for over 200 ms.
	FreezePerMin float64 `json:"freezePerMin"`
	// Freezes are those times, as capture times.
	Freezes []Span `json:"freezes,omitempty"`
}

// Span is a stretch of time in seconds from frame 0.
type Span struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// Rise is a step up of the line's capacity.
type Rise struct {
	At       float64 `json:"at"`
	FromKbps float64 `json:"fromKbps"`
	ToKbps   float64 `json:"toKbps"`
	// Seconds until the produced rate was at 90 % of the new capacity (capped
	// at the ceiling). Where it was not Reached, how long the level lasted.
	Seconds float64 `json:"seconds"`
	Reached bool    `json:"reached"`
}

// Fall is a step down of the line's capacity.
type Fall struct {
	At       float64 `json:"at"`
	FromKbps float64 `json:"fromKbps"`
	ToKbps   float64 `json:"toKbps"`
	// PeakDelayMs is the greatest delay in the ten seconds after it.
	PeakDelayMs float64 `json:"peakDelayMs"`
}

// Blackout is a stretch of at least half a second in which the line carried nothing.
type Blackout struct {
	At      float64 `json:"at"`
	Seconds float64 `json:"seconds"`
	// FreshAfter is the time from its end until the ingest had a displayable
	// frame that was captured after the end or less than 200 ms before it.
	// Where none was Reached, how long the run went on.
	FreshAfter float64 `json:"freshAfter"`
	Reached    bool    `json:"reached"`
}

// Series are the run's curves on a grid of GridStep from frame 0 on. A
// negative value means that there is none.
type Series struct {
	CapacityKbps  []float64 `json:"capacityKbps"`
	ProducedKbps  []float64 `json:"producedKbps"`  // by capture time, of what arrived at all
	DeliveredKbps []float64 `json:"deliveredKbps"` // by arrival time
	DelayMs       []float64 `json:"delayMs"`       // greatest of the frames that were captured then
	TargetKbps    []float64 `json:"targetKbps,omitempty"`
	Reason        []string  `json:"reason,omitempty"`
}

// GridStep is the grain of Series.
const GridStep = 100 * time.Millisecond
