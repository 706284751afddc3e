package health

import "time"

// Snapshot is the one picture of the box that the page, MQTT and `status`
// read. The conductor makes a new one after every step; nobody alters it.
type Snapshot struct {
	At      time.Time `json:"at"`
	Version string    `json:"version"`
	Demo    bool      `json:"demo"`

	Session    SessionPart   `json:"session"`
	Camera     CameraPart    `json:"camera"`
	Encoder    EncoderPart   `json:"encoder"`
	Uplink     UplinkPart    `json:"uplink"`
	Rate       RatePart      `json:"rate"`
	Board      BoardPart     `json:"board"`
	Studio     StudioPart    `json:"studio"`
	Fitted     []string      `json:"fitted"` // what is there besides lamps and table; words of 12 letters at most
	Conditions []Condition   `json:"conditions"`
	Ingest     *IngestPart   `json:"ingest,omitempty"` // demo only: what arrived
	Line       *LinePart     `json:"line,omitempty"`   // demo only: the emulated line
	MQTT       MQTTPart      `json:"mqtt"`
	Checks     []CheckResult `json:"checks"`
	LastShow   *ShowPart     `json:"lastShow,omitempty"` // nil until a show has ended
}

// SessionPart is the go-live machine as people see it.
type SessionPart struct {
	// State is one of idle, checking, countdown, starting, live, degraded,
	// reconnecting, stopping, fault.
	State string    `json:"state"`
	Since time.Time `json:"since"`
	// Hold is how far the current press has come, 0 to 1.
	Hold float64 `json:"hold"`
	// OnAir is true only while the ingest acknowledged media within 2 s.
	OnAir bool `json:"onAir"`
	// Lamp names the indicator's pattern.
	Lamp string `json:"lamp"`
	// Why is the code of the last refusal or fault, empty when all is well.
	Why string `json:"why,omitempty"`
	// LiveSince is zero while not on air.
	LiveSince time.Time `json:"liveSince,omitzero"`
	// RemoteStart tells whether the business allows a start from afar.
	RemoteStart bool `json:"remoteStart"`
}

// CheckResult is one row of the gate before air.
type CheckResult struct {
	Code   string `json:"code"` // camera, audio, ingest, line, clock, disk, temperature, power, encoder
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"` // figures, never a sentence to translate
}

// CameraPart is what the camera delivers.
type CameraPart struct {
	Connected bool    `json:"connected"`
	URL       string  `json:"url"` // without credentials
	Codec     string  `json:"codec"`
	Audio     string  `json:"audio"` // codec name, or "none"
	Kbps      int     `json:"kbps"`
	FPS       float64 `json:"fps"`
	Lost      uint64  `json:"lost"` // RTP packets, since start
	// Loudness of the last 3 s in LUFS (ITU-R BS.1770); nil = not known.
	Loudness *float64 `json:"loudness,omitempty"`
	Error    string   `json:"error,omitempty"`
}

// EncoderPart is what the shaper makes of it.
type EncoderPart struct {
	Mode     string `json:"mode"` // pass, transcode
	Kbps     int    `json:"kbps"` // video leaving the shaper
	Width    int    `json:"width"`
	Height   int    `json:"height"`
	Restarts int    `json:"restarts"`
	Error    string `json:"error,omitempty"`
}

// UplinkPart is the connection to the ingest.
type UplinkPart struct {
	Connected  bool      `json:"connected"`
	URL        string    `json:"url"` // without credentials or stream key
	AckedKbps  int       `json:"ackedKbps"`
	AckedBytes uint64    `json:"ackedBytes"`
	LastAck    time.Time `json:"lastAck,omitzero"`
	QueueMs    int       `json:"queueMs"`
	RTTMs      int       `json:"rttMs"`
	// Loss is the fraction that the line lost lately, 0 to 1, as publish.Stats
	// has it; nil = not known.
	Loss       *float64 `json:"loss,omitempty"`
	Dropped    uint64   `json:"dropped"` // units
	Reconnects int      `json:"reconnects"`
	Error      string   `json:"error,omitempty"`
}

// RatePart is the bitrate decision with its reason and recent past.
type RatePart struct {
	TargetKbps int    `json:"targetKbps"`
	Reason     string `json:"reason"`
}

// ShowPart is a show that has ended, in one line.
type ShowPart struct {
	ID           int       `json:"id"` // counts the shows of this box
	Ended        time.Time `json:"ended"`
	OnAirSeconds int       `json:"onAirS"`
	// LostSeconds is an estimate of what viewers did not see.
	LostSeconds float64 `json:"lostS"`
}

// BoardPart is the computer itself. Negative numbers mean "not known here".
type BoardPart struct {
	Model        string  `json:"model"`
	Serial       string  `json:"serial,omitempty"`  // of the computer; empty = it tells none
	Slot         string  `json:"slot,omitempty"`    // the system that runs, A or B; empty = there is one only
	Network      string  `json:"network,omitempty"` // way to the internet: wired, wifi, mobile; empty = none
	CPUPercent   float64 `json:"cpu"`
	MemPercent   float64 `json:"mem"`
	TempC        float64 `json:"tempC"`
	DiskFreeMB   int     `json:"diskFreeMB"`
	UnderVoltage bool    `json:"underVoltage"`
	Throttled    bool    `json:"throttled"` // slowed down by heat or supply
	DiskWorn     bool    `json:"diskWorn"`  // the memory card or eMMC nears its end
	ClockSynced  bool    `json:"clockSynced"`
}

// StudioPart is what moves and shines.
type StudioPart struct {
	Turntable  bool    `json:"turntable"` // fitted
	AngleDeg   float64 `json:"angleDeg"`
	SpeedDegS  float64 `json:"speedDegS"`
	Light      bool    `json:"light"`      // fitted
	LightLevel float64 `json:"lightLevel"` // 0 to 1, perceived

	Looks      []string `json:"looks"`      // that can be set
	Look       string   `json:"look"`       // set last; empty = none yet
	TableFault string   `json:"tableFault"` // code of what stopped the table; empty = nothing

	Table *TablePart `json:"table,omitempty"` // nil = not fitted
}

// TablePart is how well the turntable follows its plans. Steps and lateness count
// from the start of the program, in either direction.
type TablePart struct {
	Homed    bool    `json:"homed"`    // the angle is that of the home mark
	DriftDeg float64 `json:"driftDeg"` // of the mark, at its last passage
	Asked    int64   `json:"stepsAsked"`
	Done     int64   `json:"stepsDone"`
	// Missed steps were made up for, later than the plan says.
	Missed int64 `json:"stepsMissed"`
	// How late steps were, in µs; only for pulses that a thread makes.
	LateP50Us int64 `json:"lateP50Us"`
	LateP99Us int64 `json:"lateP99Us"`
	LateMaxUs int64 `json:"lateMaxUs"`
	// Realtime: that thread goes before everything else. Ordinary: it was refused.
	Realtime bool `json:"realtime"`
	Ordinary bool `json:"realtimeRefused"`
	Warm     bool `json:"warm"` // the motor driver is near its limit of temperature
	Load     int  `json:"load"` // 0 = overload to 510 = none; -1 = not known
}

// IngestPart is what the demo's own ingest received.
type IngestPart struct {
	Publishing bool    `json:"publishing"`
	Kbps       int     `json:"kbps"`
	FPS        float64 `json:"fps"`
	DelayMs    int     `json:"delayMs"` // camera to ingest, read from the picture; -1 unknown
}

// LinePart is the demo's emulated line.
type LinePart struct {
	Available bool   `json:"available"`
	Why       string `json:"why,omitempty"` // why not available
	Kbps      int    `json:"kbps"`
}

// MQTTPart is the way to the fleet side.
type MQTTPart struct {
	Enabled       bool   `json:"enabled"`
	Connected     bool   `json:"connected"`
	Listening     bool   `json:"listening"` // orders and wishes arrive
	Error         string `json:"error,omitempty"`
	EventsWaiting int    `json:"eventsWaiting"` // that the fleet side does not have yet
	BytesToday    uint64 `json:"bytesToday"`    // on the wire, both ways, of this day (UTC)
	Dropped       uint64 `json:"dropped"`       // messages of the fleet side that came too fast, since start
}

// Condition is one thing that is wrong now.
type Condition struct {
	Code     string    `json:"code"`
	Severity string    `json:"severity"` // info, warn, fault
	Since    time.Time `json:"since"`
	Detail   string    `json:"detail,omitempty"`
}
