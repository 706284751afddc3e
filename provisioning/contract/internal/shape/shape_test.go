package shape

import (
	"errors"
	"testing"
)

type inner struct {
	C int `json:"c"`
}

type outer struct {
	A    int        `json:"a"`
	List []inner    `json:"list,omitempty"`
	Pair *[2]int    `json:"pair,omitempty"`
	In   inner      `json:"in,omitzero"`
	Free []struct{} `json:"free,omitempty"`
}

func TestWhatTheStandardLibraryLetsPassIsRefused(t *testing.T) {
	for text, want := range map[string]struct{ open, strict bool }{
		`{"a":1}`:                        {true, true},
		` {"a":1,"list":[{"c":2}]} `:     {true, true},
		`{"a":1,"pair":[1,2]}`:           {true, true},
		`{"a":1,"more":{"a":1,"A":[0]}}`: {true, false},
		`{"a":1,"in":{"c":1,"d":1}}`:     {true, false},
		`{"a":1,"a":1}`:                  {},
		`{"a":1,"A":1}`:                  {},
		`{"A":1}`:                        {},
		`{"a":null}`:                     {},
		`null`:                           {},
		`{}`:                             {},
		`{"a":1}{}`:                      {},
		`{"a":1,"list":[{}]}`:            {},
		`{"a":1,"list":[{"c":1,"c":1}]}`: {},
		`{"a":1,"list":[null]}`:          {},
		`{"a":1,"pair":[1]}`:             {},
		`{"a":1,"pair":[1,2,3]}`:         {},
		`{"a":1,"more":{"x":1,"x":1}}`:   {},
		`{"a":1,"more":null}`:            {},
		`{ "a" : 1 , "list" : [ { "c" : 2 } , { "c" : -2 } ] , "free" : [ ] }`: {true, true},
		`{"\u0061":1}`:       {true, true},
		`{"a":1,"\u0061":1}`: {},
		`{"a":1,"x\"":true,"y":"}],{\\","z":-1e3}`: {true, false},
		`{"a":1,"x":["\\\"",null]}`:                {},
		`{"a":1,"ü":1,"\u00fc":1}`:                 {},
		`{"a":1,"liſt":[]}`:                        {}, // a letter that counts as an s
	} {
		if err := Read([]byte(text), &outer{}); (err == nil) != want.open {
			t.Errorf("%s: Read says %v", text, err)
		}
		if err := ReadStrict([]byte(text), &outer{}); (err == nil) != want.strict {
			t.Errorf("%s: ReadStrict says %v", text, err)
		}
	}
}

func TestAnUnknownKeyIsToldFromAllElse(t *testing.T) {
	for text, want := range map[string]bool{`{"a":1,"b":1}`: true, `{"A":1}`: true, `{"a":1,"a":1}`: false, `{"a":"x"}`: false} {
		if err := ReadStrict([]byte(text), &outer{}); errors.Is(err, ErrKey) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestTheFirstKeyThatDiffersIsNamed(t *testing.T) {
	a, b := outer{A: 1, Pair: &[2]int{1, 2}}, outer{A: 1, Pair: &[2]int{1, 2}}
	if got := Differs(&a, &b); got != "" {
		t.Errorf("equal values differ in %q", got)
	}
	b.Pair[1] = 3
	if got := Differs(&a, &b); got != "pair" {
		t.Errorf("got %q", got)
	}
}
