package contract

import (
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// reference points to another part of the description.
type reference struct {
	Ref string `yaml:"$ref"`
}

// description is what this test reads of asyncapi.yaml.
type description struct {
	AsyncAPI string `yaml:"asyncapi"`
	Info     struct{ Version string }
	Channels map[string]struct {
		Address    string
		Parameters map[string]reference
		Messages   map[string]reference
	}
	Operations map[string]struct {
		Action   string
		Channel  reference
		Messages []reference
		Bindings struct {
			MQTT struct {
				QoS    byte `yaml:"qos"`
				Retain bool
			} `yaml:"mqtt"`
		}
	}
	Components struct {
		Messages map[string]struct {
			ContentType string `yaml:"contentType"`
			Payload     struct {
				Schema    reference
				MaxLength int `yaml:"maxLength"`
			}
			Body reference `yaml:"x-body"`
		}
	}
}

func TestTheDescriptionForOutsidersSaysWhatTheCodeDoes(t *testing.T) {
	text, err := os.ReadFile("asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var d description
	if err := yaml.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	kinds := slices.Concat(BoxKinds(), FleetKinds())
	if d.AsyncAPI != "3.0.0" || !strings.HasPrefix(d.Info.Version, "1.") {
		t.Errorf("AsyncAPI %q, version %q", d.AsyncAPI, d.Info.Version)
	}
	if len(d.Channels) != len(kinds) || len(d.Operations) != len(kinds) || len(d.Components.Messages) != len(kinds) {
		t.Errorf("%d channels, %d operations, %d messages for %d kinds", len(d.Channels), len(d.Operations), len(d.Components.Messages), len(kinds))
	}
	for _, kind := range kinds {
		compareKind(t, d, kind)
	}
}

func compareKind(t *testing.T, d description, kind Kind) {
	name := string(kind)
	channel := d.Channels[name]
	topic := strings.NewReplacer("{tenant}", "b-0412", "{box}", "SB-4F2A91").Replace(channel.Address)
	if got, err := ParseTopic(topic); err != nil || got.Kind != kind {
		t.Errorf("channel %s has the address %q", name, channel.Address)
	}
	if len(channel.Parameters) != 2 || channel.Messages[name].Ref != "#/components/messages/"+name {
		t.Errorf("channel %s: parameters %v, messages %v", name, channel.Parameters, channel.Messages)
	}
	action := "send"
	if slices.Contains(FleetKinds(), kind) {
		action = "receive"
	}
	operation := d.Operations[action+strings.ToUpper(name[:1])+name[1:]]
	if operation.Action != action || operation.Channel.Ref != "#/channels/"+name ||
		len(operation.Messages) != 1 || operation.Messages[0].Ref != "#/channels/"+name+"/messages/"+name {
		t.Errorf("operation of %s: %+v", name, operation)
	}
	if mqtt := operation.Bindings.MQTT; mqtt.QoS != kind.QoS() || mqtt.Retain != kind.Retained() {
		t.Errorf("%s travels with QoS %d, retained %t; the description says %+v", name, kind.QoS(), kind.Retained(), mqtt)
	}
	message := d.Components.Messages[name]
	schema := message.Payload.Schema.Ref
	if action == "receive" {
		schema = message.Body.Ref
		if message.ContentType != "application/jose" || message.Payload.MaxLength != MaxCommand || MaxCommand != MaxWant {
			t.Errorf("message %s: %+v", name, message)
		}
	}
	if path.Clean(schema) != "schema/"+name+".json" {
		t.Errorf("message %s has the schema %q", name, schema)
	}
	if _, err := Schema(kind); err != nil {
		t.Error(err)
	}
}

func TestTheExamplesInTheDocumentationAreValid(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	joined := strings.ReplaceAll(string(text), "\n//\t        ", "")
	examples := 0
	for line := range strings.Lines(joined) {
		name, example, found := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "//\t"), " ")
		if example = strings.TrimSpace(example); !found || !strings.HasPrefix(example, "{") {
			continue
		}
		kind := Kind(strings.Replace(name, "will", "state", 1))
		if err := everyKind()[kind].parse([]byte(example)); err != nil {
			t.Errorf("%v\n%s", err, example)
		}
		schema, _ := compiled(t, kind)
		if err := valid(t, schema, []byte(example)); err != nil {
			t.Errorf("%v\n%s", err, example)
		}
		examples++
	}
	if examples != len(BoxKinds())+1 {
		t.Errorf("%d examples", examples)
	}
}

func TestTheTableOfTopicsInTheDocumentationIsTheCodes(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range slices.Concat(BoxKinds(), FleetKinds()) {
		from, retained := "box", "no"
		if slices.Contains(FleetKinds(), kind) {
			from = "fleet"
		}
		if kind.Retained() {
			retained = "yes"
		} else if kind == KindCmd {
			retained = "never"
		}
		row := strings.Join([]string{"//", string(kind), from, string('0' + rune(kind.QoS())), retained, ""}, " ")
		found := false
		for line := range strings.Lines(string(text)) {
			found = found || strings.HasPrefix(strings.Join(strings.Fields(line), " "), row)
		}
		if !found {
			t.Errorf("no row %q", row)
		}
	}
}

func TestNobodyMayDoMoreThanTheContractNeeds(t *testing.T) {
	box, console := ACL()
	for _, kind := range slices.Concat(BoxKinds(), FleetKinds()) {
		fleet := slices.Contains(FleetKinds(), kind)
		if !slices.Contains(box, Right{kind, fleet, !fleet}) {
			t.Errorf("box and %s: %v", kind, box)
		}
		if !slices.Contains(console, Right{kind, !fleet || kind == KindWant, fleet}) {
			t.Errorf("console and %s: %v", kind, console)
		}
	}
	if want := len(BoxKinds()) + len(FleetKinds()); len(box) != want || len(console) != want {
		t.Errorf("%d and %d rights", len(box), len(console))
	}
}
