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
		// Two boxes with one identity throw each other out: both see the broker go.
		{Code: IdentityClash},
		{Code: MQTTRefused, DependsOn: []string{ClockWrong, IdentityClash}},
		// A show needs no broker: two minutes without one are no news.
		{Code: MQTTDown, Patience: 2 * time.Minute, DependsOn: []string{ClockWrong, IdentityClash, MQTTRefused, UplinkDown, UplinkDead}},
		{Code: SpoolBroken, Patience: 10 * time.Second, DependsOn: []string{DiskLow, DiskWorn}},
		// A spool overflows because nobody empties it, or because there is no room.
		{Code: EventsFolded, DependsOn: []string{SpoolBroken, DiskLow, MQTTDown, MQTTRefused, IdentityClash}},
		{Code: SettingsRefused},
	}
}
