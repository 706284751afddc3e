// Package condition names what can be wrong with a box: codes, severities, what
// they concern, and words for the people beside the box and for ops.
package condition

// The severities of a condition.
const (
	Info  = "info"  // worth knowing; nobody has to do anything now
	Warn  = "warn"  // a show goes on, but worse than it could
	Fault = "fault" // a show stops or cannot begin
)

// Concerns is what a condition speaks of: "the box is dead" and "the stream is
// dead" are different words.
type Concerns string

// What a condition can concern.
const (
	Box    Concerns = "box"    // the computer itself
	Camera Concerns = "camera" // picture and sound before the box
	Stream Concerns = "stream" // the show on its way to the viewers
	Line   Concerns = "line"   // the studio's way to the internet
	Studio Concerns = "studio" // what is pressed, turns and shines
	Fleet  Concerns = "fleet"  // the box's word with ops; shows go on without it
)

// The codes that a box reports. A code never changes its meaning.
const (
	CameraLost       = "camera_lost"
	CameraRefused    = "camera_refused"
	CameraNoAudio    = "camera_no_audio"
	ColourDrift      = "colour_drift"    // the picture's colours moved away from the grey card
	CameraSettings   = "camera_settings" // the camera does not take all that the look sets
	EncoderDown      = "encoder_down"
	IngestRefused    = "ingest_refused"
	UplinkDown       = "uplink_down"
	UplinkDead       = "uplink_dead"
	IngestSlow       = "ingest_slow"
	RateFloor        = "rate_floor"
	DiskLow          = "disk_low"
	DiskWorn         = "disk_worn"
	TooHot           = "too_hot"
	UnderVoltage     = "under_voltage"
	Throttled        = "throttled"
	ClockWrong       = "clock_wrong"
	MQTTRefused      = "mqtt_refused"
	MQTTDown         = "mqtt_down"
	ButtonStuck      = "button_stuck"
	ButtonCut        = "button_cut"
	TurntableStopped = "turntable_stopped"
	IdentityClash    = "identity_clash"   // two boxes use one identity
	EventsFolded     = "events_folded"    // old events made room in a full spool
	SpoolBroken      = "spool_broken"     // events cannot be kept on disk
	SettingsRefused  = "settings_refused" // wished settings are not in force
	EventsDenied     = "events_denied"    // the broker forbids the box to tell events
	AnswersLost      = "answers_lost"     // answers to commands did not get through
	// CertificateExpired and CertificateExpires concern the box's own one.
	CertificateExpired = "certificate_expired"
	CertificateExpires = "certificate_expires" // soon

	TurntableWarm      = "turntable_warm"       // its motor driver is near its limit of temperature
	TurntableUneven    = "turntable_uneven"     // its pulses have no real-time priority
	StudioPartDown     = "studio_part_down"     // a display, dimmer or the like does not answer; the detail names it
	CameraPowerCycled  = "camera_power_cycled"  // the camera hung, and the box took its power away for a moment
	CameraPowerLimited = "camera_power_limited" // that helps no more: it is done a few times an hour at most
)

// The codes that only the console gives, from what it does and does not hear.
const (
	BoxLost         = "box_lost"         // the box itself is silent
	StreamDead      = "stream_dead"      // the box speaks, but its show does not arrive
	UnstableNetwork = "unstable_network" // the box comes and goes, 4 times an hour or more
	NeverSeen       = "never_seen"       // known from the bank's list, never heard of
	RolledBack      = "rolled_back"      // an update failed, and the box runs the version before it
	UpdateFailed    = "update_failed"    // an update failed before anything was replaced
)

// Definition is what a code means apart from its words.
type Definition struct {
	Code     string
	Severity string
	Concerns Concerns
	Console  bool // the console finds it; a box never reports it
}

// All is the table of all conditions, worst and deepest causes first.
func All() []Definition {
	return []Definition{
		{BoxLost, Fault, Box, true},
		{StreamDead, Fault, Stream, true},
		{UnderVoltage, Fault, Box, false},
		{CameraRefused, Fault, Camera, false},
		{CameraLost, Fault, Camera, false},
		{EncoderDown, Fault, Stream, false},
		{IngestRefused, Fault, Stream, false},
		{UplinkDown, Fault, Line, false},
		{UplinkDead, Fault, Stream, false},
		{ClockWrong, Fault, Box, false},
		{IdentityClash, Fault, Fleet, false},
		{UnstableNetwork, Warn, Line, true},
		{RolledBack, Warn, Box, true},
		{UpdateFailed, Warn, Box, true},
		{CameraNoAudio, Warn, Camera, false},
		{ColourDrift, Warn, Camera, false},
		{IngestSlow, Warn, Stream, false},
		{RateFloor, Warn, Line, false},
		{DiskLow, Warn, Box, false},
		{TooHot, Warn, Box, false},
		{Throttled, Warn, Box, false},
		{DiskWorn, Warn, Box, false},
		{SpoolBroken, Warn, Box, false},
		{ButtonStuck, Warn, Studio, false},
		{ButtonCut, Warn, Studio, false},
		{TurntableStopped, Warn, Studio, false},
		{CertificateExpired, Warn, Fleet, false},
		{MQTTRefused, Warn, Fleet, false},
		{TurntableWarm, Warn, Studio, false},
		{StudioPartDown, Warn, Studio, false},
		{CameraPowerLimited, Warn, Camera, false},
		{EventsDenied, Warn, Fleet, false},
		{CertificateExpires, Warn, Fleet, false},
		{CameraSettings, Info, Camera, false},
		{MQTTDown, Info, Fleet, false},
		{EventsFolded, Info, Box, false},
		{SettingsRefused, Info, Fleet, false},
		{AnswersLost, Info, Fleet, false},
		{NeverSeen, Info, Fleet, true},
		{TurntableUneven, Info, Studio, false},
		{CameraPowerCycled, Info, Camera, false},
	}
}

// Of is the definition of a code; ok is false for one that is not known. Such a
// one comes from a newer box: show its code, and count it as a [Warn].
func Of(code string) (d Definition, ok bool) {
	for _, d := range All() {
		if d.Code == code {
			return d, true
		}
	}
	return Definition{}, false
}
