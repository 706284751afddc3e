package contract

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

// judgedByTheBox are values that parsers pass on, because the box answers each
// with a refusal of its own.
var judgedByTheBox = []string{
	"cmd.op", "cmd.arg.minutes", "cmd.arg.look",
	"want.health", "want.floor", "want.ceiling", "want.release", "want.window",
}

func TestParsersAcceptWhatTheSchemaAcceptsAndNothingElse(t *testing.T) {
	accepted, refused := 0, 0
	for kind, s := range everyKind() {
		schema, data := compiled(t, kind)
		if err := valid(t, schema, []byte(s.sample)); err != nil {
			t.Fatalf("%s: %v\n%s", kind, err, s.sample)
		}
		for path, texts := range mutations(t, string(kind), s.sample, data) {
			for _, text := range texts {
				bySchema, byParser := valid(t, schema, text), s.parse(text)
				switch {
				case bySchema == nil && byParser == nil:
					accepted++
				case bySchema != nil && byParser != nil:
					refused++
				case bySchema == nil || !slices.Contains(judgedByTheBox, path):
					t.Errorf("%s: schema says %v, parser says %v\n%s", path, bySchema, byParser, text)
				}
			}
		}
	}
	t.Logf("%d variants accepted by both, %d refused by both", accepted, refused)
	if accepted < 150 || refused < 500 {
		t.Error("too few variants: the table is not what it was")
	}
}

// mutations are variants of a sample, by the path of the value that changed.
func mutations(t *testing.T, kind, sample string, data map[string]any) map[string][][]byte {
	t.Helper()
	made := map[string][][]byte{}
	var walk func(path string, keys []any, data map[string]any)
	walk = func(path string, keys []any, data map[string]any) {
		for _, value := range variants(data) {
			made[path] = append(made[path], changed(t, sample, keys, value))
		}
		if array, ok := valueAt(t, sample, keys).([]any); ok && len(array) > 0 {
			for n := range 20 { // of the sample's own first element
				made[path] = append(made[path], changed(t, sample, keys, slices.Repeat(array[:1], n)))
			}
		}
		if data["additionalItems"] == nil && data["items"] != nil {
			if items, ok := data["items"].(map[string]any); ok && !strings.HasSuffix(path, "folded") {
				walk(path, append(slices.Clone(keys), 0), items)
			}
		}
		if items, ok := data["items"].([]any); ok {
			for i, item := range items {
				walk(path, append(slices.Clone(keys), i), item.(map[string]any))
			}
		}
		properties, _ := data["properties"].(map[string]any)
		for key, property := range properties {
			walk(path+"."+key, append(slices.Clone(keys), key), property.(map[string]any))
			made[path+"."+key] = append(made[path+"."+key], changed(t, sample, append(slices.Clone(keys), key), nil))
		}
		if properties != nil {
			made[path] = append(made[path], changed(t, sample, append(slices.Clone(keys), "later"), 7))
		}
	}
	walk(kind, nil, data)
	return made
}

// variants are values around the borders that a schema draws, and wrong ones.
func variants(data map[string]any) []any {
	values := []any{json.RawMessage("null"), true, "x", "", -1, 0, 1, 2, 0.5, "<b>", "ü", "\x00", []any{}, []any{1}, map[string]any{}, math.MaxInt64, json.RawMessage("1e400")}
	for _, border := range []string{"minimum", "maximum", "const"} {
		if n, ok := data[border].(json.Number); ok {
			f, _ := n.Int64()
			values = append(values, f-1, f, f+1)
		}
	}
	if data["type"] == "string" {
		for n := range 70 {
			values = append(values, strings.Repeat("a", n), strings.Repeat("7", n))
		}
	}
	if data["type"] == "array" {
		for n := range 20 {
			values = append(values, slices.Repeat([]any{"a"}, n), slices.Repeat([]any{1}, n), slices.Repeat([]any{[]any{1, 2}}, n))
		}
	}
	return values
}

// valueAt is one value of a sample.
func valueAt(t *testing.T, sample string, keys []any) any {
	t.Helper()
	at := decode(t, sample)
	for _, key := range keys {
		switch key := key.(type) {
		case string:
			at = at.(map[string]any)[key]
		case int:
			at = at.([]any)[key]
		}
	}
	return at
}

// decode reads a sample and keeps its numbers as they are written.
func decode(t *testing.T, sample string) (root any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(sample))
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		t.Fatal(err)
	}
	return root
}

// changed replaces one value of a sample; nil removes it.
func changed(t *testing.T, sample string, keys []any, value any) []byte {
	t.Helper()
	root := decode(t, sample)
	if len(keys) == 0 {
		root = value
	}
	at := root
	for i, key := range keys {
		last := i == len(keys)-1
		switch key := key.(type) {
		case string:
			object := at.(map[string]any)
			if last && value == nil {
				delete(object, key)
			} else if last {
				object[key] = value
			}
			at = object[key]
		case int:
			array := at.([]any)
			if last {
				array[key] = value
			}
			at = array[key]
		}
	}
	text, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
