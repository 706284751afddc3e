package health

import "time"

// The severities of a condition, as [Condition.Severity] spells them.
const (
	Info  = "info"  // worth knowing; nobody has to do anything now
	Warn  = "warn"  // a show goes on, but worse than it could
	Fault = "fault" // a show stops or cannot begin
)

// The codes of the conditions. They are part of the contract with page, MQTT and
// tests: a code never changes its meaning.
const (
	CameraLost    = "camera_lost"
	CameraRefused = "camera_refused"
	CameraNoAudio = "camera_no_audio"
	EncoderDown   = "encoder_down"
	IngestRefused = "ingest_refused"
	UplinkDown    = "uplink_down"
	UplinkDead    = "uplink_dead"
	IngestSlow    = "ingest_slow"
	RateFloor     = "rate_floor"
	DiskLow       = "disk_low"
	TooHot        = "too_hot"
	UnderVoltage  = "under_voltage"
	ClockWrong    = "clock_wrong"
	MQTTRefused   = "mqtt_refused"
	MQTTDown      = "mqtt_down"
	ButtonStuck   = "button_stuck"
	ButtonCut     = "button_cut"

	TurntableStopped = "turntable_stopped"
	Throttled        = "throttled"
	DiskWorn         = "disk_worn"
)

// Definition says how a condition behaves.
type Definition struct {
	Code     string
	Severity string
	// Patience is how long the condition must hold without a break before it
	// shows. Zero shows it at once.
	Patience time.Duration
	// DependsOn names conditions of which this one is a mere consequence:
	// while one of them is bad, mending this one would be wasted effort.
	DependsOn []string
}

// Definitions is the table of all conditions, worst and deepest causes first.
func Definitions() []Definition {
	return []Definition{
		// Under-voltage upsets everything else on the board, but each of its
		// effects may also have a cause of its own, so that it hides nothing.
		{Code: UnderVoltage, Severity: Fault, Patience: 2 * time.Second},
		{Code: CameraRefused, Severity: Fault},
		{Code: CameraLost, Severity: Fault, Patience: 1500 * time.Millisecond, DependsOn: []string{CameraRefused}},
		{Code: CameraNoAudio, Severity: Warn, Patience: 3 * time.Second, DependsOn: []string{CameraLost, CameraRefused}},
		{Code: EncoderDown, Severity: Fault, Patience: 2 * time.Second},
		{Code: IngestRefused, Severity: Fault},
		{Code: UplinkDown, Severity: Fault, Patience: 2 * time.Second, DependsOn: []string{IngestRefused}},
		{Code: UplinkDead, Severity: Fault, DependsOn: []string{IngestRefused, UplinkDown}},
		{Code: IngestSlow, Severity: Warn, Patience: 5 * time.Second, DependsOn: []string{IngestRefused, UplinkDown, UplinkDead}},
		{Code: RateFloor, Severity: Warn, Patience: 5 * time.Second, DependsOn: []string{IngestRefused, UplinkDown, UplinkDead, IngestSlow}},
		{Code: ClockWrong, Severity: Fault, Patience: 30 * time.Second},
		{Code: DiskLow, Severity: Warn, Patience: 10 * time.Second},
		{Code: TooHot, Severity: Warn, Patience: 10 * time.Second},
		{Code: Throttled, Severity: Warn, Patience: 10 * time.Second, DependsOn: []string{UnderVoltage, TooHot}},
		{Code: DiskWorn, Severity: Warn, Patience: 10 * time.Second},
		{Code: ButtonStuck, Severity: Warn},
		{Code: ButtonCut, Severity: Warn},
		{Code: TurntableStopped, Severity: Warn},
		{Code: MQTTRefused, Severity: Warn},
		// A show needs no broker: two minutes without one are no news.
		{Code: MQTTDown, Severity: Info, Patience: 2 * time.Minute, DependsOn: []string{MQTTRefused, UplinkDown, UplinkDead}},
	}
}
