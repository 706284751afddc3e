package contract

// Limits of commands.
const (
	// MaxCommand is the largest command in bytes, signatures included.
	MaxCommand = 4096
	// MaxWant is the largest message of wished settings.
	MaxWant = 4096
	// LongestValid is for how many seconds a command may be valid.
	LongestValid = 24 * 3600
	// ClockSlack is by how many seconds a command may seem to come from the
	// future: the clocks of a box and of a desk differ.
	ClockSlack = 300
)

// Class says how much harm a command can do, and so who may sign it and when the
// box obeys.
type Class string

// The classes, harmless ones first.
const (
	ClassLook   Class = "look"   // reads only
	ClassSoft   Class = "soft"   // seen in the studio, changes no show
	ClassStream Class = "stream" // begins or ends a show
	ClassSystem Class = "system" // restarts; refused during a show
	ClassDanger Class = "danger" // cannot be undone; two signers; refused during a show
)

// Classes are all classes, harmless ones first.
func Classes() []Class {
	return []Class{ClassLook, ClassSoft, ClassStream, ClassSystem, ClassDanger}
}

// Op is what a command asks for.
type Op string

// The operations. There is none that moves a table, shows a picture or runs a
// program, and a box refuses what it does not know.
const (
	OpPing     Op = "ping"     // answers
	OpBurst    Op = "burst"    // health every 15 s for Arg.Minutes
	OpIdentify Op = "identify" // lamp and display show which box this is, for Arg.Minutes
	OpLook     Op = "look"     // sets the lights of Arg.Look; nothing moves
	OpStop     Op = "stop"     // ends the show
	OpStart    Op = "start"    // begins a show, where the business allowed that on the box
	OpRestart  Op = "restart"  // the program begins anew
	OpWipe     Op = "wipe"     // forgets all that the business and the fleet left on it
)

// ClassOf is an operation's class; ok is false for one that is not known.
func ClassOf(op Op) (class Class, ok bool) {
	switch op {
	case OpPing, OpBurst:
		return ClassLook, true
	case OpIdentify, OpLook:
		return ClassSoft, true
	case OpStop, OpStart:
		return ClassStream, true
	case OpRestart:
		return ClassSystem, true
	case OpWipe:
		return ClassDanger, true
	}
	return "", false
}

// Ops are all operations, harmless ones first.
func Ops() []Op {
	return []Op{OpPing, OpBurst, OpIdentify, OpLook, OpStop, OpStart, OpRestart, OpWipe}
}

// Command is the signed body of the cmd topic: a JWS (RFC 7515) with EdDSA.
type Command struct {
	V   int    `json:"v"`
	ID  string `json:"id"`  // ULID, made by the signer; a box obeys it once
	Box string `json:"box"` // the addressee, as <tenant>/<box>
	Op  Op     `json:"op"`
	Arg Arg    `json:"arg,omitzero"`
	Iat int64  `json:"iat"` // Unix seconds: signed
	Exp int64  `json:"exp"` // Unix seconds: refused from then on
}

// Arg is what an operation needs; fields that it does not need are absent.
type Arg struct {
	Minutes int    `json:"minutes,omitempty"` // 1 to 60
	Look    string `json:"look,omitempty"`
}

// Addressee is how a command and wished settings name their box.
func Addressee(tenant, box string) string { return tenant + "/" + box }

// The outcomes in an [Ack].
const (
	AckAccepted = "accepted" // begun
	AckDone     = "done"
	AckRefused  = "refused" // not begun; Why tells
	AckFailed   = "failed"  // begun; Why tells
)

// Refusal is why a box does not obey, as [Ack.Why] spells it.
type Refusal string

// The refusals, in the order of the checks.
const (
	RefusedRetained   Refusal = "retained"      // kept by the broker: nobody gives this order now
	RefusedSize       Refusal = "too_large"     // more than MaxCommand
	RefusedForm       Refusal = "not_jws"       // no JWS with EdDSA
	RefusedKey        Refusal = "unknown_key"   // signed with a key that this box does not know
	RefusedSignature  Refusal = "bad_signature" // changed on the way, or forged
	RefusedBody       Refusal = "bad_body"      // no command of this version
	RefusedField      Refusal = "unknown_field" // a key that this version does not know
	RefusedOp         Refusal = "unknown_op"    // this version has no such operation, and so no class for it
	RefusedClass      Refusal = "wrong_class"   // the key may not sign this class
	RefusedSecond     Refusal = "second_signer" // the class needs two different people
	RefusedBox        Refusal = "wrong_box"     // addressed to another
	RefusedExpired    Refusal = "expired"
	RefusedEarly      Refusal = "not_yet"        // signed in the future
	RefusedValidity   Refusal = "valid_too_long" // over LongestValid, or ends before it begins
	RefusedReplay     Refusal = "replayed"       // already taken; the Ack repeats what came of it
	RefusedArg        Refusal = "bad_argument"
	RefusedForbidden  Refusal = "not_permitted" // the business did not allow a start from afar
	RefusedOnAir      Refusal = "on_air"        // not during a show
	RefusedState      Refusal = "not_now"       // the session's state does not allow it
	RefusedMissing    Refusal = "not_fitted"    // this box has nothing that could do it
	RefusedRevision   Refusal = "old_revision"  // settings older than those in force
	RefusedFlood      Refusal = "too_many"      // more commands than anybody could mean
	RefusedNoKeys     Refusal = "no_keys"       // this box was given no keys, and so obeys nobody
	RefusedUnverified Refusal = "clock_wrong"   // the clock cannot be right, or is not set yet: times cannot be judged
)

// Ack is the payload of the ack topic.
type Ack struct {
	V   int     `json:"v"`
	TS  int64   `json:"ts"`
	ID  string  `json:"id"` // of the command; empty when it could not be read
	St  string  `json:"st"`
	Why Refusal `json:"why,omitempty"`
	// Was is what came of the command when it was taken first; only with
	// RefusedReplay.
	Was string `json:"was,omitempty"`
}

// Encode writes the payload. An id that is no ULID is left out, so that nobody
// can put words into a box's mouth.
func (a Ack) Encode() []byte { return encode(a.bounded()) }

func (a Ack) bounded() Ack {
	a.V = Version
	a.TS = moment(a.TS)
	if CheckID(a.ID) != nil {
		a.ID = ""
	}
	a.St, a.Was, a.Why = word(a.St), word(a.Was), a.Why.bounded()
	return a
}

// bounded keeps the letters of a code, at most 40.
func (r Refusal) bounded() Refusal { return Refusal(plain(string(r), 40)) }

// ParseAck reads the payload of an ack topic. Unknown keys are ignored.
func ParseAck(payload []byte) (Ack, error) { return acks.read(payload) }
