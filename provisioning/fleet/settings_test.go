package fleet

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheExampleOfTheSettingsIsTheDefaults(t *testing.T) {
	s, err := defaultSettings()
	if err != nil {
		t.Fatal(err)
	}
	if s.Console.Listen != "127.0.0.1:8090" || s.Data.Database != "studiofleet.db" || time.Duration(s.Attention.LostLive) != 3*time.Minute {
		t.Errorf("the example says %+v", s)
	}
	var out, told bytes.Buffer
	if code := Run(t.Context(), []string{"serve", "--example"}, nil, &out, &told); code != 0 || out.String() != exampleSettings {
		t.Errorf("code %d: %s", code, told.String())
	}
}

func TestASettingsFileChangesWhatItNamesAndNothingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.toml")
	text := "[console]\nlisten = \":9000\"\n[attention]\nlost_idle_of = { b-0001 = \"12h\" }\n[[signin.grant]]\nvalue = \"ops\"\nrole = \"lead\"\nall = true\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := readSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	if s.Console.Listen != ":9000" || s.Broker.User != "console" || len(s.Signin.Grant) != 1 || !s.Signin.Grant[0].All {
		t.Errorf("read %+v", s)
	}
	if r := s.Attention.rules(); r.LostIdleOf["b-0001"] != 12*time.Hour || r.LostLive != 3*time.Minute {
		t.Errorf("rules %+v", r)
	}
}

func TestSettingsThatCannotWorkAreRefusedWithTheirMend(t *testing.T) {
	const broker = "[broker]\nurl = \"tcp://127.0.0.1:1883\"\n"
	for name, tc := range map[string]struct{ text, want string }{
		"a slip of the finger":       {broker + "[console]\nlisen = \":1\"\n", `unknown key "console.lisen"`},
		"no TOML":                    {"[broker\n", "fleet.toml, line 2"},
		"no broker":                  {"", "broker.url is missing"},
		"no address":                 {broker + "[console]\nlisten = \"here\"\n", `"here" is no address`},
		"half a certificate":         {broker + "[console]\ncert_file = \"a\"\n", "go together"},
		"sessions in the clear":      {broker + "[console]\npublic_url = \"http://ops.example.net\"\n", "without encryption"},
		"a path in the address":      {broker + "[console]\npublic_url = \"https://ops.example.net/x\"\n", "without a path"},
		"no database":                {broker + "[data]\ndatabase = \"\"\n", "data.database is empty"},
		"a number as a time":         {broker + "[attention]\nlost_live = \"3\"\n", `"3" must be a time`},
		"keys that are not there":    {broker + "[data]\ncommand_keys = \"/nowhere/keys\"\n", "data.command_keys"},
		"a password that is nowhere": {broker + "password_file = \"/nowhere/password\"\n", "broker.password_file"},
		"a list that is nowhere":     {broker + "[data]\ndatabase = \"DIR/x.db\"\nboxes = \"/nowhere/list\"\n", "list of boxes"},
		"a box that is none":         {broker + "[data]\ndatabase = \"DIR/y.db\"\n[console]\nmetrics_boxes = [\"x\"]\n", "must be tenant/box"},
		"a provider and no grant":    {broker + "[signin]\nissuer = \"https://id.example.net\"\n", "grant"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "fleet.toml")
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(tc.text, "DIR", dir)), 0o600); err != nil {
				t.Fatal(err)
			}
			var out, told bytes.Buffer
			if code := Run(soon(t), []string{"serve", "--config", path}, nil, &out, &told); code != 1 || !strings.Contains(told.String(), tc.want) {
				t.Errorf("code %d: %s", code, told.String())
			}
			if strings.Count(strings.TrimSpace(told.String()), "\n") > 0 && !strings.Contains(told.String(), "level=") {
				t.Errorf("more than one line: %s", told.String())
			}
		})
	}
}

func TestTheConsoleAnswersToItsOwnNamesOnly(t *testing.T) {
	s, err := defaultSettings()
	if err != nil {
		t.Fatal(err)
	}
	s.Broker.URL, s.Console.PublicURL = "tcp://127.0.0.1:1883", "https://ops.example.net"
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	if names := strings.Join(s.hosts(), " "); names != "localhost 127.0.0.1 ::1 ops.example.net" {
		t.Errorf("answers to %s", names)
	}
}
