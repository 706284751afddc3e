package broker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"studiobox/provisioning/contract"
)

// Two boxes of one bank and one of another.
const (
	mine    = "SIM-00001"
	sibling = "SIM-00002"
	foreign = "SIM-00003"
	list    = "tenant,box,business,place,network,health_s\nb-0001,SIM-00001,,,,\nb-0001,SIM-00002,,,,\nb-0002,SIM-00003,,,,\n"
)

// What a row tries.
const (
	publishes  = "publishes"
	subscribes = "subscribes"
	wills      = "leaves as its will"
)

// access is one row of the table that every broker must keep.
type access struct {
	who    string // a box or an account
	does   string
	filter string // subscribes: to this
	topic  string // publishes and wills: on this; subscribes: a message here
	may    bool
}

func topic(tenant, box string, kind contract.Kind) string {
	return contract.Topic{Tenant: tenant, Box: box, Kind: kind}.String()
}

// table is the access list in words.
func table() []access {
	var rows []access
	for _, kind := range contract.BoxKinds() {
		rows = append(rows,
			access{mine, publishes, "", topic("b-0001", mine, kind), true},
			access{mine, publishes, "", topic("b-0001", sibling, kind), false},
			access{mine, publishes, "", topic("b-0002", foreign, kind), false},
			access{mine, publishes, "", topic("b-0002", mine, kind), false},
			access{mine, subscribes, topic("b-0001", mine, kind), topic("b-0001", mine, kind), false},
			access{mine, subscribes, topic("b-0001", sibling, kind), topic("b-0001", sibling, kind), false},
			access{"console", publishes, "", topic("b-0001", mine, kind), false},
			access{"console", subscribes, topic("+", "+", kind), topic("b-0002", foreign, kind), true},
			access{"console", subscribes, "$share/console/" + topic("+", "+", kind), topic("b-0001", mine, kind), true},
			access{"metrics", publishes, "", topic("b-0001", mine, kind), false},
			access{"metrics", subscribes, topic("+", "+", kind), topic("b-0001", sibling, kind), true},
		)
	}
	for _, kind := range contract.FleetKinds() {
		rows = append(rows,
			access{mine, publishes, "", topic("b-0001", mine, kind), false},
			access{mine, publishes, "", topic("b-0001", sibling, kind), false},
			access{mine, subscribes, topic("b-0001", mine, kind), topic("b-0001", mine, kind), true},
			access{mine, subscribes, topic("b-0001", sibling, kind), topic("b-0001", sibling, kind), false},
			access{mine, subscribes, topic("b-0001", "+", kind), topic("b-0001", sibling, kind), false},
			access{mine, subscribes, topic("+", "+", kind), topic("b-0002", foreign, kind), false},
			access{mine, subscribes, "$share/x/" + topic("+", "+", kind), topic("b-0002", foreign, kind), false},
			access{"console", publishes, "", topic("b-0001", mine, kind), true},
			access{"console", publishes, "", topic("b-0002", foreign, kind), true},
			access{"metrics", publishes, "", topic("b-0001", mine, kind), false},
		)
	}
	return append(rows,
		access{mine, publishes, "", "studio/v1/b-0001/" + mine + "/log", false},
		access{mine, publishes, "", "studio/v1/b-0001/" + mine + "/state/more", false},
		access{mine, publishes, "", "studio/v2/b-0001/" + mine + "/state", false},
		access{mine, publishes, "", "elsewhere", false},
		access{mine, subscribes, "#", topic("b-0001", sibling, contract.KindState), false},
		access{mine, subscribes, "studio/v1/b-0001/" + mine + "/#", topic("b-0001", mine, contract.KindAck), false},
		access{mine, wills, "", topic("b-0001", mine, contract.KindState), true},
		access{mine, wills, "", topic("b-0001", sibling, contract.KindState), false},
		access{mine, wills, "", topic("b-0002", foreign, contract.KindState), false},
		access{mine, wills, "", topic("b-0001", mine, contract.KindCmd), false},
		access{"console", publishes, "", "elsewhere", false},
		access{"console", subscribes, topic("+", "+", contract.KindCmd), topic("b-0001", mine, contract.KindCmd), false},
		access{"console", subscribes, topic("+", "+", contract.KindWant), topic("b-0001", mine, contract.KindWant), true},
		access{"console", subscribes, "#", "elsewhere", false},
		access{"metrics", subscribes, topic("+", "+", contract.KindCmd), topic("b-0001", mine, contract.KindCmd), false},
		access{"metrics", subscribes, "#", "elsewhere", false},
	)
}

func TestEveryBrokerKeepsTheSameAccessList(t *testing.T) {
	onEachBroker(t, func(t *testing.T, b broker) {
		for i, row := range table() {
			name := fmt.Sprintf("%s %s %s %s", row.who, row.does, row.filter, row.topic)
			t.Run(strings.ReplaceAll(name, "/", "|"), func(t *testing.T) {
				if got := try(t, b, row, fmt.Sprintf("row %d", i)); got != row.may {
					t.Errorf("the message came through: %t, want %t", got, row.may)
				}
			})
		}
	})
}

// try does what a row says and tells whether the message came through.
func try(t *testing.T, b broker, row access, text string) bool {
	t.Helper()
	switch row.does {
	case publishes:
		c := enter(t, b, row.who, nil)
		finished(c.Publish(row.topic, 1, false, text), c)
		return b.saw(t, row.topic, text, row.may)
	case wills:
		c := enter(t, b, row.who, func(o *mqtt.ClientOptions) { o.SetWill(row.topic, text, 1, false) })
		c.cut()
		enter(t, b, row.who, nil) // by then the broker is done with the session before
		return b.saw(t, row.topic, text, row.may)
	}
	heard := make(chan string, 100)
	listen := func(_ mqtt.Client, m mqtt.Message) { heard <- string(m.Payload()) }
	c := enter(t, b, row.who, nil)
	mark := topic("b-0001", mine, contract.KindWant) // what boxes and console may hear
	if row.who == "metrics" {
		mark = topic("b-0001", mine, contract.KindGot)
	}
	finished(c.Subscribe(mark, 1, listen), c)
	finished(c.Subscribe(row.filter, 1, listen), c)
	b.inject(t, row.topic, text)
	b.inject(t, mark, "mark")
	for through := false; ; {
		select {
		case got := <-heard:
			through = through || got == text
			if got == "mark" {
				return through
			}
		case <-time.After(30 * time.Second):
			t.Fatal("not even what this client may hear arrives")
		}
	}
}

func TestNobodyComesInUnderAnotherName(t *testing.T) {
	onEachBroker(t, func(t *testing.T, b broker) {
		for name, tc := range map[string]struct {
			who    string
			change func(*mqtt.ClientOptions)
		}{
			"no certificate":                   {mine, func(o *mqtt.ClientOptions) { o.SetTLSConfig(b.trust()) }},
			"a certificate of another house":   {mine, func(o *mqtt.ClientOptions) { o.SetTLSConfig(with(b.trust(), newAuthority(t).issue(t, mine))) }},
			"an account with a wrong password": {"console", func(o *mqtt.ClientOptions) { o.SetPassword("wrong") }},
			"an account that nobody made":      {"console", func(o *mqtt.ClientOptions) { o.SetUsername("root") }},
			"an account without a password":    {"console", func(o *mqtt.ClientOptions) { o.SetUsername(""); o.SetPassword("") }},
		} {
			t.Run(name, func(t *testing.T) {
				if c, err := dial(b, tc.who, tc.change); err == nil {
					c.Disconnect(0)
					t.Error("it was let in")
				}
			})
		}
	})
}

func TestABoxCannotPutAnotherOutByItsClientID(t *testing.T) {
	onEachBroker(t, func(t *testing.T, b broker) {
		victim := enter(t, b, sibling, nil)
		thief, err := dial(b, mine, func(o *mqtt.ClientOptions) { o.SetClientID(sibling) })
		if err == nil {
			defer thief.Disconnect(0)
		}
		heard := make(chan string, 10)
		finished(victim.Subscribe(topic("b-0001", sibling, contract.KindCmd), 1, func(_ mqtt.Client, m mqtt.Message) { heard <- string(m.Payload()) }), victim)
		b.inject(t, topic("b-0001", sibling, contract.KindCmd), "still there")
		select {
		case <-heard:
		case <-time.After(30 * time.Second):
			t.Error("the victim was put out")
		}
		if !victim.IsConnectionOpen() {
			t.Error("the victim's connection is gone")
		}
	})
}
