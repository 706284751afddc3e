package contract

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"studiobox/provisioning/contract/internal/shape"
)

// spoken is one kind of message: its type, a good example, and its parser.
type spoken struct {
	zero   any
	sample string
	parse  func([]byte) error
}

const (
	anID  = "01J9Z3N4Q5R6S7T8V9WAXBYCZD"
	aBox  = "b-0412/SB-4F2A91"
	aTime = 1795246134
)

// everyKind is the whole contract, with every optional key in the examples.
func everyKind() map[Kind]spoken {
	lufs := -16.2
	health := usual()
	health.Lufs = &lufs
	body := func(v any) string { return string(encode(v)) }
	return map[Kind]spoken{
		KindState:  {State{}, body(State{1, 1, aTime, "live", "3f9c1e7a"}), discard(ParseState)},
		KindInfo:   {Info{}, body(Info{1, "Raspberry Pi 4 Model B", "1.0.0", []string{"light"}, 1, "10000000c0ffee", "A", "wired", 1}), discard(ParseInfo)},
		KindHealth: {Health{}, string(health.Encode()), discard(ParseHealth)},
		KindEvent:  {Event{}, body(Event{1, aTime, "k3", 8813, "camera_lost", "fault", 1, "cam1", "ops:anna", nil}), discard(ParseEvent)},
		KindGot:    {Got{}, body(Got{1, aTime, 42, 1, []Denied{{"floor", RefusedArg}}}), discard(ParseGot)},
		KindAck:    {Ack{}, body(Ack{1, aTime, anID, AckRefused, RefusedReplay, AckDone}), discard(ParseAck)},
		KindOTA:    {OTA{}, body(OTA{1, aTime, "r182", OTAFailed, 45, "1.8.1", "1.8.2", "disk"}), discard(ParseOTA)},
		KindWant:   {Want{}, body(Want{1, 42, aBox, aTime, 300, 500, 6000, "1.8.2", "02:00-05:00"}), discard(ParseWant)},
		KindCmd:    {Command{}, body(Command{1, anID, aBox, OpBurst, Arg{15, "gold"}, aTime, aTime + 60}), discard(ParseCommand)},
	}
}

// discard makes every parser alike.
func discard[T any](parse func([]byte) (T, error)) func([]byte) error {
	return func(text []byte) error {
		_, err := parse(text)
		return err
	}
}

// figureArrays are types that travel as an array of figures.
var figureArrays = []reflect.Type{reflect.TypeFor[Cam](), reflect.TypeFor[Enc](), reflect.TypeFor[Up]()}

// compiled is the schema of a kind, as a validator and as data.
func compiled(t *testing.T, kind Kind) (*jsonschema.Schema, map[string]any) {
	t.Helper()
	text, err := Schema(kind)
	if err != nil {
		t.Fatal(err)
	}
	data, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("contract.json", data); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("contract.json")
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	return schema, data.(map[string]any)
}

// valid asks the schema.
func valid(t *testing.T, schema *jsonschema.Schema, text []byte) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

func TestEverySchemaHasTheKeysOfItsTypeAndTheirRanges(t *testing.T) {
	for _, kind := range slices.Concat(BoxKinds(), FleetKinds()) {
		_, data := compiled(t, kind)
		compareObject(t, string(kind), reflect.TypeOf(everyKind()[kind].zero), data)
	}
	if _, err := Schema("log"); err == nil {
		t.Error("an unknown kind has a schema")
	}
}

// compareObject compares a struct with the schema of an object, both ways.
func compareObject(t *testing.T, path string, typ reflect.Type, data map[string]any) {
	properties, _ := data["properties"].(map[string]any)
	required := data["required"].([]any)
	for field := range typ.Fields() {
		key, optional := shape.Key(field)
		property, ok := properties[key].(map[string]any)
		if !ok {
			t.Errorf("%s.%s is not in the schema", path, key)
			continue
		}
		if slices.Contains(required, any(key)) == optional {
			t.Errorf("%s.%s: optional %t in Go, the contrary in the schema", path, key, optional)
		}
		if property["description"] == nil {
			t.Errorf("%s.%s is not described", path, key)
		}
		compareValue(t, path+"."+key, field.Type, property)
		delete(properties, key)
	}
	for key := range properties {
		t.Errorf("%s.%s is in the schema and not in Go", path, key)
	}
}

func compareValue(t *testing.T, path string, typ reflect.Type, data map[string]any) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if slices.Contains(figureArrays, typ) {
		items := data["items"].([]any)
		if data["type"] != "array" || len(items) != typ.NumField() || fmt.Sprint(data["minItems"]) != strconv.Itoa(typ.NumField()) {
			t.Errorf("%s: %d figures in Go, %v in the schema", path, typ.NumField(), data["minItems"])
			return
		}
		for i, item := range items {
			compareValue(t, fmt.Sprintf("%s[%d]", path, i), typ.Field(i).Type, item.(map[string]any))
		}
		return
	}
	want := map[reflect.Kind]string{
		reflect.Int: "integer", reflect.Int64: "integer", reflect.Uint64: "integer", reflect.Float64: "number",
		reflect.String: "string", reflect.Slice: "array", reflect.Array: "array", reflect.Struct: "object",
	}[typ.Kind()]
	if data["type"] != want {
		t.Errorf("%s: %v in the schema, want %s", path, data["type"], want)
		return
	}
	bounded := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return data[key] != nil })
	}
	switch want {
	case "integer", "number":
		if !bounded("enum", "const") && !(bounded("minimum") && bounded("maximum")) {
			t.Errorf("%s has no range", path)
		}
	case "string":
		if !bounded("enum", "pattern") {
			t.Errorf("%s has no pattern", path)
		}
	case "array":
		if !bounded("maxItems") {
			t.Errorf("%s has no length", path)
		}
		compareValue(t, path+"[]", typ.Elem(), data["items"].(map[string]any))
	case "object":
		compareObject(t, path, typ, data)
	}
}

func TestWhatIsEncodedIsValidAtTheExtremes(t *testing.T) {
	encoders := map[Kind]func(i int) []byte{
		KindState: func(i int) []byte { return withBoot(filled[State](i)).Encode() },
		KindInfo:  func(i int) []byte { return filled[Info](i).Encode() },
		KindEvent: func(i int) []byte { return named(filled[Event](i)).Encode() },
		KindGot:   func(i int) []byte { return filled[Got](i).Encode() },
		KindAck:   func(i int) []byte { return filled[Ack](i).Encode() },
		KindOTA:   func(i int) []byte { return filled[OTA](i).Encode() },
		KindHealth: func(i int) []byte {
			h := filled[Health](i)
			if i%3 == 0 {
				h.Al = slices.Repeat([]string{"x", "camera_no_audio"}, 10)
			}
			return h.Encode()
		},
	}
	for _, kind := range BoxKinds() {
		schema, _ := compiled(t, kind)
		variants := 60 // of the extremes of texts and whole numbers, with and without what is optional
		if kind == KindHealth {
			variants = 420
		}
		for i := range variants {
			text := encoders[kind](i)
			if err := valid(t, schema, text); err != nil {
				t.Fatalf("%s: %v\n%s", kind, err, text)
			}
			if err := everyKind()[kind].parse(text); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if kind == KindEvent && len(text) > MaxEvent {
				t.Fatalf("event of %d bytes: %s", len(text), text)
			}
		}
	}
}

// filled is a value with the i-th extreme in every field.
func filled[T any](i int) T {
	var v T
	fill(reflect.ValueOf(&v).Elem(), i)
	return v
}

// withBoot gives a state what the box never leaves out.
func withBoot(s State) State {
	s.St, s.Boot = "live", "<"+strings.Repeat("0", 40)
	return s
}

// named gives an event what the box never leaves out.
func named(e Event) Event {
	e.N, e.Code, e.Epoch = max(e.N, 3), "x"+e.Code, "x"+e.Epoch
	if e.Folded != nil {
		e.Folded = &[2]uint64{1, min(e.N, maxCount) - 1}
	}
	return e
}

func TestTheSchemaNamesEveryRefusal(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "command.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var inGo []any
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Refusal" {
			text, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			inGo = append(inGo, text)
		}
		return true
	})
	_, data := compiled(t, KindAck)
	inSchema := data["properties"].(map[string]any)["why"].(map[string]any)["examples"].([]any)
	if len(inGo) == 0 || !slices.Equal(inGo, inSchema) {
		t.Errorf("in Go     %v\nin schema %v", inGo, inSchema)
	}
	_, data = compiled(t, KindCmd)
	var ops []any
	for _, op := range Ops() {
		ops = append(ops, string(op))
	}
	if got := data["properties"].(map[string]any)["op"].(map[string]any)["enum"].([]any); !slices.Equal(got, ops) {
		t.Errorf("operations in Go %v, in the schema %v", ops, got)
	}
}
