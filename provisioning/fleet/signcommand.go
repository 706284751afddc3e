package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"studiobox/provisioning/console"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

// addressee is whom a signed message is for.
type addressee struct {
	Tenant string `required:"" help:"Tenant of the box."`
	Box    string `required:"" help:"Id of the box."`
}

func (a addressee) check() error {
	return errors.Join(contract.CheckTenant(a.Tenant), contract.CheckBox(a.Box))
}

func (a addressee) topic(kind contract.Kind) contract.Topic {
	return contract.Topic{Tenant: a.Tenant, Box: a.Box, Kind: kind}
}

type signCommandCommand struct {
	addressee
	Keys    []string      `name:"key" required:"" placeholder:"FILE" help:"Key to sign with; twice for a command that needs two people."`
	Op      contract.Op   `required:"" enum:"ping,burst,identify,look,stop,start,restart,wipe" help:"What the box is to do: ${enum}."`
	Minutes int           `help:"For burst and identify: how long, 1 to 60."`
	Look    string        `help:"For look: which."`
	Valid   time.Duration `help:"For how long the box may take it, at most 24h; without it as long as the console gives it: 2m for start and stop, 1h for wipe, else 15m."`
	delivery
}

// Run says in words what it signs, and signs it.
func (c *signCommandCommand) Run(env *environment) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Valid == 0 {
		class, _ := contract.ClassOf(c.Op)
		c.Valid = console.ValidFor(class)
	}
	now := time.Now()
	command := contract.Command{
		V: contract.Version, ID: ulid.Make().String(), Box: contract.Addressee(c.Tenant, c.Box), Op: c.Op,
		Arg: contract.Arg{Minutes: c.Minutes, Look: c.Look}, Iat: now.Unix(), Exp: now.Add(c.Valid).Unix(),
	}
	if c.Valid < time.Second || c.Valid > contract.LongestValid*time.Second {
		return fmt.Errorf("--valid %s must be 1s to %s", c.Valid, contract.LongestValid*time.Second)
	}
	keys, err := readKeys(c.Keys)
	if err != nil {
		return err
	}
	fmt.Fprintln(env.errOut, commandWords(command))
	body, err := json.Marshal(command)
	if err != nil {
		return err
	}
	sealed, err := seal.Seal(seal.TypeCommand, body, keys...)
	if err != nil {
		return err
	}
	return c.deliver(env, parcel{c.topic(contract.KindCmd), command.ID, time.Unix(command.Exp, 0), sealed})
}

type signSecondCommand struct {
	Keys   []string `name:"key" required:"" placeholder:"FILE" help:"Key of the second person."`
	Ring   string   `required:"" placeholder:"FILE" help:"Public keys, to verify the first signature."`
	Signed string   `arg:"" placeholder:"FILE" help:"The command that the first person signed."`
	delivery
}

// Run verifies what the first person signed, says it in words, and adds a
// signature.
func (c *signSecondCommand) Run(env *environment) error {
	sealed, err := os.ReadFile(c.Signed)
	if err != nil {
		return err
	}
	sealed = trimmed(sealed)
	ring, err := readRing(c.Ring)
	if err != nil {
		return err
	}
	body, signers, err := ring.Open(seal.TypeCommand, sealed)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Signed, err)
	}
	command, err := contract.ParseCommand(body)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Signed, err)
	}
	tenant, box, _ := strings.Cut(command.Box, "/")
	keys, err := readKeys(c.Keys)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.errOut, "%s\nSigned before by %s.\n", commandWords(command), signers[0].Who)
	second, err := seal.Seal(seal.TypeCommand, body, keys...)
	if err != nil {
		return err
	}
	both, err := seal.Join(sealed, second)
	if err != nil {
		return err
	}
	return c.deliver(env, parcel{contract.Topic{Tenant: tenant, Box: box, Kind: contract.KindCmd}, command.ID, time.Unix(command.Exp, 0), both})
}

type signWantCommand struct {
	addressee
	Keys    []string `name:"key" required:"" placeholder:"FILE" help:"Key to sign with, of class system."`
	Rev     int64    `required:"" help:"Revision, above the last one."`
	Health  int      `help:"Seconds between health messages off air, 15 to 3600."`
	Floor   int      `help:"Lowest rate of a show, kbit/s."`
	Ceiling int      `help:"Highest rate of a show, kbit/s."`
	Release string   `help:"Version that the box should run."`
	Window  string   `placeholder:"02:00-05:00" help:"Local hours in which it may restart for that."`
	delivery
}

// Run says in words what it signs, and signs it.
func (c *signWantCommand) Run(env *environment) error {
	if err := c.check(); err != nil {
		return err
	}
	want := contract.Want{
		V: contract.Version, Rev: c.Rev, Box: contract.Addressee(c.Tenant, c.Box), Iat: time.Now().Unix(),
		Health: c.Health, Floor: c.Floor, Ceiling: c.Ceiling, Release: c.Release, Window: c.Window,
	}
	body, err := json.Marshal(want)
	if err != nil {
		return err
	}
	if _, err := contract.ParseWant(body); err != nil {
		return err
	}
	keys, err := readKeys(c.Keys)
	if err != nil {
		return err
	}
	fmt.Fprintln(env.errOut, wantWords(want))
	sealed, err := seal.Seal(seal.TypeWant, body, keys...)
	if err != nil {
		return err
	}
	return c.deliver(env, parcel{topic: c.topic(contract.KindWant), sealed: sealed})
}
