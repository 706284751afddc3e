package health

import (
	"time"

	"studiobox/provisioning/contract/condition"
)

// The severities of a condition, as [Condition.Severity] spells them.
const (
	Info  = condition.Info
	Warn  = condition.Warn
	Fault = condition.Fault
)

// The codes of the conditions that a box reports, see contract/condition.
const (
	CameraLost       = condition.CameraLost
	CameraRefused    = condition.CameraRefused
	CameraNoAudio    = condition.CameraNoAudio
	ColourDrift      = condition.ColourDrift
	CameraSettings   = condition.CameraSettings
	EncoderDown      = condition.EncoderDown
	IngestRefused    = condition.IngestRefused
	UplinkDown       = condition.UplinkDown
	UplinkDead       = condition.UplinkDead
	IngestSlow       = condition.IngestSlow
	RateFloor        = condition.RateFloor
	DiskLow          = condition.DiskLow
	DiskWorn         = condition.DiskWorn
	TooHot           = condition.TooHot
	UnderVoltage     = condition.UnderVoltage
	Throttled        = condition.Throttled
	ClockWrong       = condition.ClockWrong
	MQTTRefused      = condition.MQTTRefused
	MQTTDown         = condition.MQTTDown
	ButtonStuck      = condition.ButtonStuck
	ButtonCut        = condition.ButtonCut
	TurntableStopped = condition.TurntableStopped
	IdentityClash    = condition.IdentityClash
	EventsFolded     = condition.EventsFolded
	SpoolBroken      = condition.SpoolBroken
	SettingsRefused  = condition.SettingsRefused
	EventsDenied     = condition.EventsDenied
	AnswersLost      = condition.AnswersLost

	CertificateExpired = condition.CertificateExpired
	CertificateExpires = condition.CertificateExpires

	TurntableWarm      = condition.TurntableWarm
	TurntableUneven    = condition.TurntableUneven
	StudioPartDown     = condition.StudioPartDown
	CameraPowerCycled  = condition.CameraPowerCycled
	CameraPowerLimited = condition.CameraPowerLimited
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

// Definitions is the table of all conditions that a box reports, deepest causes
// first. What a code means and how bad it is stands in contract/condition.
func Definitions() []Definition {
	table := behaviour()
	for i, d := range table {
		meaning, _ := condition.Of(d.Code) // a test holds both tables together
		table[i].Severity = meaning.Severity
	}
	return table
}

// behaviour is the table without severities.
func behaviour() []Definition {
	return []Definition{
		// Under-voltage upsets everything else on the board, but each of its
		// effects may also have a cause of its own, so that it hides nothing.
		{Code: UnderVoltage, Patience: 2 * time.Second},
		{Code: ClockWrong, Patience: 30 * time.Second},
		{Code: CameraRefused},
		{Code: CameraLost, Patience: 1500 * time.Millisecond, DependsOn: []string{CameraRefused}},
		{Code: CameraNoAudio, Patience: 3 * time.Second, DependsOn: []string{CameraLost, CameraRefused}},
		// A hand in the picture or a change of look passes in less.
		{Code: ColourDrift, Patience: 30 * time.Second, DependsOn: []string{CameraLost, CameraRefused}},
		// A look measures for three seconds before it locks.
		{Code: CameraSettings, Patience: 5 * time.Second, DependsOn: []string{CameraLost, CameraRefused}},
		{Code: EncoderDown, Patience: 2 * time.Second},
		// On a wrong clock no certificate is valid: peers refuse, and are refused.
		{Code: IngestRefused, DependsOn: []string{ClockWrong}},
		{Code: UplinkDown, Patience: 2 * time.Second, DependsOn: []string{IngestRefused, ClockWrong}},
		{Code: UplinkDead, DependsOn: []string{IngestRefused, UplinkDown}},
		{Code: IngestSlow, Patience: 5 * time.Second, DependsOn: []string{IngestRefused, UplinkDown, UplinkDead}},
		{Code: RateFloor, Patience: 5 * time.Second, DependsOn: []string{IngestRefused, UplinkDown, UplinkDead, IngestSlow}},
		{Code: DiskWorn, Patience: 10 * time.Second},
		{Code: DiskLow, Patience: 10 * time.Second},
		{Code: TooHot, Patience: 10 * time.Second},
		{Code: Throttled, Patience: 10 * time.Second, DependsOn: []string{UnderVoltage, TooHot}},
		{Code: ButtonStuck},
		{Code: ButtonCut},
		{Code: TurntableStopped},
		// A table that stands is neither hot nor uneven for long.
		{Code: TurntableWarm, Patience: 2 * time.Second, DependsOn: []string{TurntableStopped}},
		{Code: TurntableUneven, Patience: 2 * time.Second, DependsOn: []string{TurntableStopped}},
		// A guard that is replaced is back before that.
		{Code: StudioPartDown, Patience: 5 * time.Second},
		// The last power cycle gets its time to help.
		{Code: CameraPowerLimited, Patience: time.Minute, DependsOn: []string{CameraRefused}},
		{Code: CameraPowerCycled, DependsOn: []string{CameraPowerLimited}},
		// Two boxes with one identity throw each other out: both see the broker go.
		{Code: IdentityClash},
		{Code: CertificateExpired, DependsOn: []string{ClockWrong}},
		{Code: CertificateExpires, DependsOn: []string{ClockWrong, CertificateExpired}},
		{Code: MQTTRefused, DependsOn: []string{ClockWrong, IdentityClash, CertificateExpired}},
		// A show needs no broker: two minutes without one are no news.
		{Code: MQTTDown, Patience: 2 * time.Minute, DependsOn: []string{ClockWrong, IdentityClash, CertificateExpired, MQTTRefused, UplinkDown, UplinkDead}},
		{Code: EventsDenied},
		{Code: SpoolBroken, Patience: 10 * time.Second, DependsOn: []string{DiskLow, DiskWorn}},
		// A spool overflows because nobody empties it, or because there is no room.
		{Code: EventsFolded, DependsOn: []string{SpoolBroken, DiskLow, MQTTDown, MQTTRefused, IdentityClash}},
		{Code: SettingsRefused},
		// Answers wait for five minutes: those of a line that was away are old news.
		{Code: AnswersLost, DependsOn: []string{MQTTDown, MQTTRefused, IdentityClash}},
	}
}
