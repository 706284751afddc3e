package contract

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestPayloadsAreWrittenAsTheDocumentationShows(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{string(State{V: 1, On: 1, TS: 1795246134, St: "live", Boot: "3f9c1e7a"}.Encode()),
			`{"v":1,"on":1,"ts":1795246134,"st":"live","boot":"3f9c1e7a"}`},
		{string(Will("3f9c1e7a").Encode()), `{"v":1,"on":0,"st":"lost","boot":"3f9c1e7a"}`},
		{string(Info{V: 1, Model: "Raspberry Pi 4 Model B", SW: "1.0.0", Cap: []string{"light", "turntable"}}.Encode()),
			`{"v":1,"model":"Raspberry Pi 4 Model B","sw":"1.0.0","cap":["light","turntable"],"rs":0}`},
		{string(Info{V: 1, Demo: 1}.Encode()), `{"v":1,"model":"","sw":"","cap":[],"rs":0,"demo":1}`},
		{string(usual().Encode()), `{"v":1,"ts":1795246134,"n":8812,"st":"live","cpu":41,"mem":57,"tc":63.4,"thr":0,"dsk":11800,` +
			`"rtt":34,"cam":[[30,0]],"enc":[720,5980,3],"up":[5920,-1,18,1],"al":["too_hot"]}`},
		{string(Health{}.Encode()), `{"v":1,"ts":0,"n":0,"st":"","cpu":0,"mem":0,"tc":0,"thr":0,"dsk":0,` +
			`"rtt":0,"cam":[],"enc":[0,0,0],"up":[0,0,0,0],"al":[]}`},
	} {
		if c.got != c.want {
			t.Errorf("\n got %s\nwant %s", c.got, c.want)
		}
	}
}

func usual() Health {
	return Health{
		V: 1, TS: 1795246134, N: 8812, St: "live", CPU: 41, Mem: 57, TC: 63.44, Dsk: 11800, RTT: 34,
		Cam: []Cam{{30, 0}}, Enc: Enc{720, 5980, 3}, Up: Up{5920, Unknown, 18, 1}, Al: []string{"too_hot"},
	}
}

func TestAPayloadIsReadAsItWasWritten(t *testing.T) {
	want := usual()
	want.TC = 63.4
	if got, err := ParseHealth(want.Encode()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	will := Will("3f9c1e7a")
	if got, err := ParseState(will.Encode()); err != nil || got != will {
		t.Errorf("got %+v, %v; want %+v", got, err, will)
	}
}

func TestAReaderIgnoresWhatALaterMinorVersionAdds(t *testing.T) {
	state, err := ParseState([]byte(`{"v":1,"on":1,"st":"live","boot":"3f9c1e7a","mood":"good"}`))
	if err != nil || state.St != "live" {
		t.Errorf("state %+v, %v", state, err)
	}
	later := strings.Replace(string(usual().Encode()), `"enc":[720,5980,3]`, `"enc":[720,5980,3,25],"fan":{"rpm":[1200]}`, 1)
	health, err := ParseHealth([]byte(later))
	if err != nil || health.Enc != (Enc{720, 5980, 3}) {
		t.Errorf("health %+v, %v", health, err)
	}
}

func TestPayloadsOfAnotherVersionOrShapeAreRefused(t *testing.T) {
	for _, text := range []string{``, `{`, `[]`, `{}`, `{"v":2}`, `{"v":1,"st":7}`, `{"v":1,"enc":[1,2]}`, `{"v":1,"up":"x"}`, `{"v":1,"cam":[[1]]}`} {
		_, state := ParseState([]byte(text))
		_, health := ParseHealth([]byte(text))
		if state == nil && health == nil {
			t.Errorf("%s: accepted as state and as health", text)
		}
	}
}

// extremes are the values that a field of each kind can take at worst.
var extremes = map[reflect.Kind][]any{
	reflect.Int:     {math.MinInt, -1, 0, math.MaxInt},
	reflect.Int64:   {int64(math.MinInt64), int64(0), int64(math.MaxInt64)},
	reflect.Uint64:  {uint64(0), uint64(math.MaxUint64), uint64(9_999_999_999)},
	reflect.Float64: {math.NaN(), math.Inf(1), math.Inf(-1), -1.0, 149.96, -69.94, 1e-300, math.MaxFloat64},
	reflect.String:  {"", "reconnecting", strings.Repeat("<", 100), "\x00\xff\u2028", strings.Repeat("z", 12)},
}

// fill sets every field of the value, at any depth, to the i-th extreme of its
// kind.
func fill(v reflect.Value, i int) {
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, i)
		}
	case reflect.Pointer:
		if v.SetZero(); i%2 == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), i/2)
		}
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice {
			v.Set(reflect.MakeSlice(v.Type(), 8, 8))
		}
		for j := range v.Len() {
			fill(v.Index(j), i)
		}
	default:
		values := extremes[v.Kind()]
		v.Set(reflect.ValueOf(values[i%len(values)]).Convert(v.Type()))
	}
}

func TestHealthNeverOutgrowsItsBudget(t *testing.T) {
	largest := 0
	for i := range 840 { // all combinations of 4, 3, 3, 8 and 5 extremes, with loudness and without
		var h Health
		fill(reflect.ValueOf(&h).Elem(), i)
		largest = max(largest, checkSize(t, h))
		for _, codes := range [][]string{nil, {"camera_no_audio"}, {strings.Repeat("y", 300)}} {
			h.Al = codes
			largest = max(largest, checkSize(t, h))
		}
		h.Al = slices.Repeat([]string{"camera_no_audio"}, 20)
		if got, _ := ParseHealth(h.Encode()); len(got.Al) == 0 || got.Al[0] != "camera_no_audio" {
			t.Errorf("not even the worst condition is told: %q", got.Al)
		}
	}
	t.Logf("largest payload: %d of %d bytes", largest, MaxHealth)
}

// checkSize encodes, checks the size and that it is JSON, and returns the size.
func checkSize(t *testing.T, h Health) int {
	t.Helper()
	text := h.Encode()
	if len(text) > MaxHealth || !json.Valid(text) {
		t.Errorf("%d bytes, valid JSON %t: %s", len(text), json.Valid(text), text)
	}
	if _, err := ParseHealth(text); err != nil {
		t.Error(err)
	}
	return len(text)
}

func TestConditionsThatDoNotFitAreCounted(t *testing.T) {
	h := usual()
	h.Al = nil
	for i := range 20 {
		h.Al = append(h.Al, "condition_"+string(rune('a'+i)))
	}
	got, err := ParseHealth(h.Encode())
	if err != nil {
		t.Fatal(err)
	}
	kept := len(got.Al) - 1
	if kept < 3 || got.Al[0] != "condition_a" || got.Al[kept] != "+"+string(rune('0'+(20-kept)/10))+string(rune('0'+(20-kept)%10)) {
		t.Errorf("codes %q", got.Al)
	}
}

func TestTheUsualHealthWithThreeConditionsIsSentWhole(t *testing.T) {
	h := usual()
	h.Al = []string{"camera_lost", "uplink_down", "too_hot"}
	if got, err := ParseHealth(h.Encode()); err != nil || len(got.Al) != 3 || got.Al[2] != "too_hot" {
		t.Errorf("codes %q, %v", got.Al, err)
	}
}

func FuzzParseHealth(f *testing.F) {
	f.Add(usual().Encode())
	f.Add([]byte(`{"v":1,"cam":[[1,2,3]],"al":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if h, err := ParseHealth(text); err == nil {
			checkSize(t, h)
		}
	})
}
