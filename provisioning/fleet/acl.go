package fleet

import (
	"fmt"
	"io"
	"os"
	"strings"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

type aclCommand struct {
	Boxes   string `required:"" placeholder:"FILE.csv" help:"The bank's list of boxes."`
	Out     string `required:"" placeholder:"FILE" help:"Where the access list goes, readable for the broker's user."`
	Console string `default:"console" help:"Account of the console."`
	Metrics string `default:"metrics" help:"Account that may only read, for Telegraf or Node-RED; empty: none."`
}

// Run writes the access list and prints the broker's settings that go with it.
func (c *aclCommand) Run(env *environment) error {
	boxes, err := readBoxList(c.Boxes)
	if err != nil {
		return err
	}
	for _, account := range []string{c.Console, c.Metrics} {
		if err := checkAccount(account, account == c.Console); err != nil {
			return err
		}
	}
	if err := writeFile(c.Out, 0o640, func(w io.Writer) error { return writeACL(w, boxes, c.Console, c.Metrics) }); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	fmt.Fprintf(env.errOut, "%s: %d boxes. It goes with these lines of mosquitto.conf; after a change of the list, send the broker SIGHUP.\n\n", c.Out, len(boxes))
	return writeMosquitto(env.out, absolute(c.Out), len(boxes))
}

// checkAccount refuses names that could pass for a box or break the file.
func checkAccount(name string, needed bool) error {
	if name == "" && !needed {
		return nil
	}
	if contract.CheckTenant(name) != nil { // lower case, no spaces: never a box's name
		return fmt.Errorf("account %q must be 1 to 24 characters of a-z, 0-9 and -", name)
	}
	return nil
}

// writeACL writes mosquitto's access list. What no line allows is denied.
func writeACL(w io.Writer, boxes []roster.Listed, console, metrics string) error {
	var text strings.Builder
	boxRights, consoleRights := contract.ACL()
	every := contract.Topic{Tenant: "+", Box: "+"}
	text.WriteString("# Written by studiofleet acl. A box's user is the name in its certificate.\n")
	entry(&text, console, every, consoleRights)
	if metrics != "" {
		for i := range consoleRights {
			consoleRights[i].Write = false
		}
		entry(&text, metrics, every, consoleRights)
	}
	for _, b := range boxes {
		entry(&text, b.Box, contract.Topic{Tenant: b.Tenant, Box: b.Box}, boxRights)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// entry grants one user rights under a topic.
func entry(text *strings.Builder, user string, of contract.Topic, rights []contract.Right) {
	fmt.Fprintf(text, "\nuser %s\n", user)
	for _, right := range rights {
		of.Kind = right.Kind
		switch {
		case right.Read && right.Write:
			fmt.Fprintf(text, "topic readwrite %s\n", of)
		case right.Read:
			fmt.Fprintf(text, "topic read %s\n", of)
		case right.Write:
			fmt.Fprintf(text, "topic write %s\n", of)
		}
	}
}

// writeMosquitto writes the lines of mosquitto.conf that go with the list.
func writeMosquitto(w io.Writer, acl string, boxes int) error {
	// A new console asks for the retained messages of every box at once, five of
	// each, and events wait for a console that is away: what does not fit into its
	// queue would be lost without a word.
	queue := max(100_000, 50*boxes)
	_, err := fmt.Fprintf(w, `per_listener_settings true
persistence true
autosave_interval 300
persistent_client_expiration 14d
set_tcp_nodelay true
max_inflight_messages 1000
max_queued_messages %[1]d
max_packet_size 65536

# Boxes: the name in the certificate is user and client id, whatever they say.
listener 8883
cafile /etc/mosquitto/boxes-ca.pem
certfile /etc/mosquitto/broker.pem
keyfile /etc/mosquitto/broker.key
require_certificate true
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
acl_file %[2]s

# Console and metrics: mosquitto_passwd writes the passwords.
listener 8884
certfile /etc/mosquitto/broker.pem
keyfile /etc/mosquitto/broker.key
allow_anonymous false
password_file /etc/mosquitto/passwords
acl_file %[2]s
`, queue, acl)
	return err
}

// absolute is the path as a broker needs it, which runs elsewhere.
func absolute(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	return dir + "/" + strings.TrimPrefix(path, "./")
}
