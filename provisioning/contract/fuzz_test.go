package contract

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
)

// FuzzParsePayload holds for every kind: nothing panics; what a parser accepts,
// the schema accepts, and it is read again as it is written.
func FuzzParsePayload(f *testing.F) {
	for i, kind := range slices.Concat(BoxKinds(), FleetKinds()) {
		f.Add(uint8(i), []byte(everyKind()[kind].sample))
		f.Add(uint8(i), []byte(`{"v":1,"V":1,"ts":-0,"n":1e2,"al":["\u0000"],"no":[{}],"folded":[1,2,3]}`))
	}
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		kinds := slices.Concat(BoxKinds(), FleetKinds())
		kind := kinds[int(which)%len(kinds)]
		if everyKind()[kind].parse(text) != nil {
			return
		}
		if !slices.Contains(FleetKinds(), kind) { // their values are judged by the box
			schema, _ := compiled(t, kind)
			if err := valid(t, schema, text); err != nil {
				t.Fatalf("%s is accepted and invalid: %v\n%s", kind, err, text)
			}
		}
		switch kind {
		case KindState:
			same(t, text, ParseState, State.Encode)
		case KindInfo:
			same(t, text, ParseInfo, Info.Encode)
		case KindEvent:
			same(t, text, ParseEvent, Event.Encode)
		case KindGot:
			same(t, text, ParseGot, Got.Encode)
		case KindAck:
			same(t, text, ParseAck, Ack.Encode)
		case KindOTA:
			same(t, text, ParseOTA, OTA.Encode)
		}
	})
}

// same reads, writes and reads again.
func same[T any](t *testing.T, text []byte, parse func([]byte) (T, error), encode func(T) []byte) {
	t.Helper()
	first, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parse(encode(first))
	if err != nil || !reflect.DeepEqual(first, again) || !bytes.Equal(encode(first), encode(again)) {
		t.Fatalf("%+v is read again as %+v, %v", first, again, err)
	}
}

func FuzzCheckID(f *testing.F) {
	f.Add(anID)
	f.Add("81J9Z3N4Q5R6S7T8V9WAXBYCZD")
	f.Add("01j9z3n4q5r6s7t8v9waxbyczd")
	f.Fuzz(func(t *testing.T, id string) {
		schema, _ := compiled(t, KindAck)
		ack := Ack{V: 1, TS: aTime, ID: id, St: AckDone}
		if err := CheckID(id); id != "" && (err == nil) != (valid(t, schema, encode(ack)) == nil) {
			t.Errorf("id %q: %v, and the schema thinks otherwise", id, err)
		}
	})
}
