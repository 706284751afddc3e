package inbox

import (
	"log/slog"
	"strings"
	"testing"

	"studiobox/provisioning/console/roster"
)

func TestTheBrokersAddressIsReadStrictlyAndNeverRepeated(t *testing.T) {
	for text, want := range map[string]string{
		"tcp://a":          "tcp://a:1883",
		"mqtt://a:1":       "tcp://a:1",
		"ssl://[::1]":      "ssl://[::1]:8883",
		"mqtts://a:8884":   "ssl://a:8884",
		"http://u:geheim@": "",
		"wss://u:geheim@a": "",
		"geheim":           "",
	} {
		e, err := parseBroker(text)
		if want == "" {
			if err == nil || strings.Contains(err.Error(), "geheim") {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if err != nil || e.String() != want {
			t.Errorf("%s: %s %v", text, e, err)
		}
	}
}

func TestABrokerThatIsNotThereIsNamed(t *testing.T) {
	addr := freeAddr(t)
	i, err := New(Config{Broker: "tcp://" + addr, Take: func(roster.Update) {}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := i.connection(t.Context()); err == nil || !strings.Contains(err.Error(), "nothing listens there") || !strings.Contains(err.Error(), addr) {
		t.Errorf("%v", err)
	}
}
