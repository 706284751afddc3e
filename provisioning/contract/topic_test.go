package contract

import (
	"strings"
	"testing"
)

func TestATopicIsReadAsItIsWritten(t *testing.T) {
	for _, kind := range []Kind{KindState, KindInfo, KindHealth} {
		topic := Topic{Tenant: "b-0412", Box: "SB-4F2A91", Kind: kind}
		if got, want := topic.String(), "studio/v1/b-0412/SB-4F2A91/"+string(kind); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, err := ParseTopic(topic.String()); err != nil || got != topic {
			t.Errorf("%s read as %+v, %v", topic, got, err)
		}
	}
}

var badTopics = []string{
	"",
	"studio",
	"studio/v1/",
	"studio/v2/b-0412/SB-4F2A91/state",
	"Studio/v1/b-0412/SB-4F2A91/state",
	"studio/v1/b-0412/SB-4F2A91",
	"studio/v1/b-0412/SB-4F2A91/state/more",
	"studio/v1/b-0412/SB-4F2A91/",
	"studio/v1/b-0412/SB-4F2A91/stat",
	"studio/v1/b-0412/SB-4F2A91/#",
	"studio/v1/+/SB-4F2A91/state",
	"studio/v1/b-0412/+/state",
	"studio/v1//SB-4F2A91/state",
	"studio/v1/b-0412//state",
	"studio/v1/B-0412/SB-4F2A91/state",
	"studio/v1/b-0412/sb-4f2a91/state",
	"studio/v1/b-0412/SB-4F\x00A91/state",
	"studio/v1/b-0412/ＳＢ－４Ｆ２/state",
	"$share/ops/studio/v1/b-0412/SB-4F2A91/state",
}

func TestATopicOfNoBoxIsRefused(t *testing.T) {
	for _, text := range badTopics {
		if got, err := ParseTopic(text); err == nil {
			t.Errorf("%q read as %+v", text, got)
		}
	}
}

func TestIdsHaveOneAlphabetAndALength(t *testing.T) {
	for _, c := range []struct {
		id          string
		tenant, box bool
	}{
		{"b-0412", true, false},
		{"x", true, false},
		{"SB-4F2A91", false, true},
		{"SB-4F", false, false},
		{"000000", true, true},
		{strings.Repeat("7", 24), true, true},
		{strings.Repeat("7", 25), false, false},
		{"", false, false},
		{"b_0412", false, false},
		{"b-0412\n", false, false},
		{"bänk", false, false},
	} {
		if got := CheckTenant(c.id) == nil; got != c.tenant {
			t.Errorf("tenant %q accepted: %t", c.id, got)
		}
		if got := CheckBox(c.id) == nil; got != c.box {
			t.Errorf("box %q accepted: %t", c.id, got)
		}
	}
}

func TestOnlyHealthMayGetLostAndIsNotKept(t *testing.T) {
	for kind, want := range map[Kind]struct {
		qos      byte
		retained bool
	}{KindState: {1, true}, KindInfo: {1, true}, KindHealth: {0, false}} {
		if kind.QoS() != want.qos || kind.Retained() != want.retained {
			t.Errorf("%s: QoS %d, retained %t", kind, kind.QoS(), kind.Retained())
		}
	}
}

func FuzzParseTopic(f *testing.F) {
	f.Add("studio/v1/b-0412/SB-4F2A91/health")
	for _, text := range badTopics {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if topic, err := ParseTopic(text); err == nil && topic.String() != text {
			t.Errorf("%q is written %q", text, topic)
		}
	})
}
