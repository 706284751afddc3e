package look

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "looks.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestALookOfOnesOwnStandsBesideTheBuiltInOnesOrInTheirPlace(t *testing.T) {
	path := written(t, "[k18]\nlights = { key = 60 }\ntable = \"front\"\n[gold]\nlights = { fill = 20 }\n")
	looks, err := Load(path, everything)
	if err != nil {
		t.Fatal(err)
	}
	if looks["k18"].Table != Front || looks["k18"].Lights["key"] != 60 || len(looks) != 6 {
		t.Errorf("looks %+v", looks)
	}
	if gold := looks["gold"]; gold.Lights["fill"] != 20 || gold.Lights["key"] != 0 || gold.Table != AsItWas {
		t.Errorf("gold is still in part the built-in one: %+v", gold)
	}
}

func TestTheExampleIsALookThatAWholeStudioTakes(t *testing.T) {
	looks, err := Load("looks.example.toml", everything)
	if err != nil {
		t.Fatal(err)
	}
	want := Colours{WhiteBalance: 3800, Shutter: everything.Eye.Calm, Exposure: -0.3, Lock: true}
	if got := looks["k18-ring"].colours(); got != want {
		t.Errorf("the example sets %+v, want %+v", got, want)
	}
}

func TestWithoutAFileThereAreTheBuiltInLooksThatFit(t *testing.T) {
	looks, err := Load("", Fitted{Lamps: map[string]Span{"key": {}}})
	if err != nil || len(looks) != 5 || looks["gold"].Table != AsItWas || len(looks["gold"].Lights) != 1 {
		t.Errorf("%v: %+v", err, looks)
	}
}

func TestABadFileIsRefusedInOneLineThatNamesIt(t *testing.T) {
	for text, says := range map[string]string{
		"[k18]\nlight = { key = 60 }":          `unknown key "k18.light"`,
		"[k18]\nlights = { key = \"bright\" }": "key",
		"[k18\n":                               "line 2",
		"[k18]\ntable = \"fast\"":              "slow, front",
		"[k18]\nlights = { lamp = 60 }":        "wire light.lamp",
		"[\"K 18\"]\nlights = { key = 60 }":    "letters a-z",
	} {
		path := written(t, text)
		_, err := Load(path, everything)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want one line with %q", text, err, says)
		}
	}
	if _, err := Load("/nowhere/looks.toml", everything); err == nil || !strings.Contains(err.Error(), "studio.looks") {
		t.Errorf("%v does not tell the mend", err)
	}
}
