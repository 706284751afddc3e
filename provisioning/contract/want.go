package contract

// Want is the signed body of the want topic: the settings that the fleet wishes
// for this box, whole each time. Zero fields leave what the box has. A box
// applies a revision above the last one that it answered.
type Want struct {
	V   int    `json:"v"`
	Rev int64  `json:"rev"` // from 1, rising
	Box string `json:"box"` // see [Addressee]
	Iat int64  `json:"iat"` // Unix seconds: signed

	Health  int    `json:"health,omitempty"`  // seconds between health messages off air, 15 to 3600
	Floor   int    `json:"floor,omitempty"`   // kbit/s, lowest rate of a show
	Ceiling int    `json:"ceiling,omitempty"` // kbit/s, highest rate of a show
	Release string `json:"release,omitempty"` // version that the box should run; see the ota topic
	Window  string `json:"window,omitempty"`  // local hours in which it may restart for that, "02:00-05:00"
}

// Got is the payload of the got topic: what became of a revision.
type Got struct {
	V   int      `json:"v"`
	TS  int64    `json:"ts"`
	Rev int64    `json:"rev"`
	OK  int      `json:"ok"` // 1: all of it is in force
	No  []Denied `json:"no,omitempty"`
}

// Denied is one setting that is not in force, and why.
type Denied struct {
	Set string  `json:"set"` // key of the setting; "*" = the whole message
	Why Refusal `json:"why"`
}

// Encode writes the payload. At most eight refused settings are told; the list
// of settings is shorter.
func (g Got) Encode() []byte { return encode(g.bounded()) }

func (g Got) bounded() Got {
	g.V = Version
	g.TS, g.Rev = moment(g.TS), min(max(g.Rev, 0), maxCount)
	g.OK = bit(g.OK)
	var denied []Denied
	for _, d := range g.No[:min(len(g.No), 8)] {
		denied = append(denied, Denied{plain(d.Set, 12), d.Why.bounded()})
	}
	g.No = denied
	return g
}

// ParseGot reads the payload of a got topic. Unknown keys are ignored.
func ParseGot(payload []byte) (Got, error) { return gots.read(payload) }

// The phases of an update, as [OTA.St] spells them.
const (
	OTAIdle       = "idle"
	OTAQueued     = "queued"
	OTADownload   = "download"
	OTAInstall    = "install"
	OTAReboot     = "reboot"
	OTADone       = "done"
	OTAFailed     = "failed"
	OTARolledBack = "rolled_back"
)

// OTA is the payload of the ota topic: an update and its phase.
type OTA struct {
	V    int    `json:"v"`
	TS   int64  `json:"ts"`
	Job  string `json:"job,omitempty"`
	St   string `json:"st"`
	Pct  int    `json:"pct,omitempty"` // percent of the phase
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	Why  string `json:"why,omitempty"` // code of a failure
}

// Encode writes the payload; what is too long is cut.
func (o OTA) Encode() []byte { return encode(o.bounded()) }

func (o OTA) bounded() OTA {
	o.V = Version
	o.TS = moment(o.TS)
	o.Job, o.St = plain(o.Job, 40), word(o.St)
	o.Pct = min(max(o.Pct, 0), 100)
	o.From, o.To, o.Why = plain(o.From, 32), plain(o.To, 32), plain(o.Why, 40)
	return o
}

// ParseOTA reads the payload of an ota topic. Unknown keys are ignored.
func ParseOTA(payload []byte) (OTA, error) { return otas.read(payload) }
