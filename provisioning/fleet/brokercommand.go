package fleet

import (
	"fmt"
	"net"

	"studiobox/provisioning/fleet/broker"
)

// brokerCommand is the embedded broker in a process of its own, on loopback: for
// load tests, where broker and boxes together would need more open files than a
// process may have.
type brokerCommand struct {
	Listen string `default:"127.0.0.1:1883" help:"Loopback address."`
	Boxes  string `required:"" placeholder:"FILE.csv" help:"List of boxes."`
	User   string `default:"console" help:"Account of the console."`
	Secret string `required:"" env:"STUDIOFLEET_BROKER_SECRET" help:"Its password."`
}

// Run serves until Ctrl-C.
func (c *brokerCommand) Run(env *environment) error {
	boxes, err := readBoxList(c.Boxes)
	if err != nil {
		return err
	}
	if err := needFiles(uint64(len(boxes)) + 100); err != nil {
		return err
	}
	listener, err := listenLoopback(c.Listen)
	if err != nil {
		return err
	}
	b, err := broker.New(broker.Config{
		Doors:    []broker.Door{{Name: "loopback", Listener: listener, Proof: broker.ByWord}},
		Tenant:   tenants(boxes),
		Accounts: []broker.Account{{Name: c.User, Password: c.Secret, Role: broker.RoleConsole}},
	}, env.log)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.out, "broker: tcp://%s\n", listener.Addr())
	return b.Run(env.ctx)
}

// listenLoopback refuses addresses that others could reach: boxes are believed
// there.
func listenLoopback(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%q must be a loopback address with a port, such as 127.0.0.1:1883: clients are believed there", address)
	}
	return net.Listen("tcp", address)
}
