package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"studiobox/firmware/config"
	"studiobox/firmware/telemetry"
)

// brokerFindings tells whether the fleet side can be reached, how the box would show
// itself there, and whose orders it would obey. The broker is not logged in to: the
// running box's session would end.
func brokerFindings(ctx context.Context, m config.MQTT, now time.Time) []finding {
	if m.Broker == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, peerWithin)
	defer cancel()
	broker := finding{part: "broker", needed: m.Broker, ok: true}
	var err error
	if broker.found, err = telemetry.Probe(ctx, m.Broker, m.Client()); err != nil {
		broker.found, broker.mend, broker.ok = "not usable", err.Error(), false
	}
	return append([]finding{broker}, append(certificateFindings(m, now), keysFinding(m))...)
}

// certificateFindings tells whom the box's certificate is made out to, and until
// when.
func certificateFindings(m config.MQTT, now time.Time) []finding {
	if m.CertFile == "" {
		return nil
	}
	f := finding{part: "certificate", needed: m.CertFile}
	pair, err := m.Client().GetClientCertificate(nil)
	if err != nil {
		f.found, f.mend = "not usable", err.Error()
		return []finding{f}
	}
	expired, expires, date := certificate(pair.Leaf.NotAfter, now)
	f.found = fmt.Sprintf("%s until %s", pair.Leaf.Subject.CommonName, date)
	f.ok = !expired && !expires
	f.mend = "put a new certificate and its key in place; a running box takes them by itself"
	if now.Before(pair.Leaf.NotBefore) {
		f.found, f.ok, f.mend = "not valid before "+pair.Leaf.NotBefore.UTC().Format(time.DateOnly), false, "check the clock of this box"
	}
	return []finding{f}
}

// keysFinding tells whose orders the box obeys. A box without keys is no fault.
func keysFinding(m config.MQTT) finding {
	f := finding{part: "command keys", found: "none: nobody's orders are obeyed", needed: "mqtt.command_keys", ok: true}
	if keys := m.Keyring(); keys != nil {
		var who []string
		for _, signer := range keys.Signers() {
			who = append(who, signer.Who)
		}
		f.found, f.needed = fmt.Sprintf("%d: %s", len(who), strings.Join(who, ", ")), m.CommandKeys
	}
	return f
}
