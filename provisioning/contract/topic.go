package contract

import (
	"fmt"
	"strings"
)

// root is the prefix of all topics; its second level is the major version.
const root = "studio/v1/"

// Topic addresses one kind of message of one box.
type Topic struct {
	Tenant string
	Box    string
	Kind   Kind
}

// String is the topic as MQTT carries it. It is meaningful only for ids that
// [CheckTenant] and [CheckBox] accept.
func (t Topic) String() string {
	return root + t.Tenant + "/" + t.Box + "/" + string(t.Kind)
}

// ParseTopic takes a topic apart. It refuses wildcards, unknown kinds, other
// versions and ids that could not have been made by this contract.
func ParseTopic(text string) (Topic, error) {
	rest, ok := strings.CutPrefix(text, root)
	if !ok {
		return Topic{}, fmt.Errorf("topic %q does not begin with %q", text, root)
	}
	levels := strings.Split(rest, "/")
	if len(levels) != 3 {
		return Topic{}, fmt.Errorf("topic %q is not %s<tenant>/<box>/<kind>", text, root)
	}
	topic := Topic{Tenant: levels[0], Box: levels[1], Kind: Kind(levels[2])}
	if err := CheckTenant(topic.Tenant); err != nil {
		return Topic{}, fmt.Errorf("topic %q: %w", text, err)
	}
	if err := CheckBox(topic.Box); err != nil {
		return Topic{}, fmt.Errorf("topic %q: %w", text, err)
	}
	if !topic.Kind.known() {
		return Topic{}, fmt.Errorf("topic %q: kind %q is not known", text, levels[2])
	}
	return topic, nil
}
