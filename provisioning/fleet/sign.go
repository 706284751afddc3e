package fleet

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

type signCommand struct {
	Key     signKeyCommand     `cmd:"" help:"Make a key for one person or service."`
	Ring    signRingCommand    `cmd:"" help:"Join public keys into the file that boxes and console are given (command_keys)."`
	Command signCommandCommand `cmd:"" help:"Sign a command for one box."`
	Second  signSecondCommand  `cmd:"" help:"Put a second person's signature under a signed command."`
	Want    signWantCommand    `cmd:"" help:"Sign wished settings for one box."`
}

type signKeyCommand struct {
	Who   string           `required:"" placeholder:"NAME" help:"Whose key it is; two signatures of one name count once."`
	Class []contract.Class `required:"" enum:"look,soft,stream,system,danger" help:"What it may sign: ${enum}."`
	Out   string           `required:"" placeholder:"FILE" help:"Where the key goes; FILE.pub gets its public half."`
}

// Run makes a key. An existing one is never written over: boxes may know it.
func (c *signKeyCommand) Run(env *environment) error {
	key, err := seal.NewKey(c.Who, c.Class...)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		path string
		mode os.FileMode
		text []byte
	}{{c.Out, 0o600, key.JWK()}, {c.Out + ".pub", 0o644, key.Public()}} {
		if err := createFile(f.path, f.mode, f.text); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.errOut, "%s: the key of %s, which signs %s. Keep it secret; %s.pub is for the ring.\n", c.Out, c.Who, classWords(c.Class), c.Out)
	return nil
}

func classWords(classes []contract.Class) string {
	var words []string
	for _, class := range classes {
		words = append(words, string(class))
	}
	return strings.Join(words, ", ")
}

func createFile(path string, mode os.FileMode, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already; choose another name or move it away", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Close())
}

type signRingCommand struct {
	Public []string `arg:"" name:"public-key" help:"Files of public keys (.pub)."`
	Out    string   `required:"" placeholder:"FILE" help:"Where the ring goes."`
}

// Run joins the keys, and reads the result as a box will.
func (c *signRingCommand) Run(env *environment) error {
	var keys [][]byte
	for _, path := range c.Public {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		keys = append(keys, text)
	}
	ring, err := seal.JoinKeys(keys...)
	if err != nil {
		return err
	}
	parsed, err := seal.ParseKeyring(ring)
	if err != nil {
		return err
	}
	if err := writeFile(c.Out, 0o644, func(w io.Writer) error { _, err := w.Write(append(ring, '\n')); return err }); err != nil {
		return err
	}
	for _, s := range parsed.Signers() {
		fmt.Fprintf(env.errOut, "%s  %s  signs %s\n", s.Kid[:8], s.Who, classWords(s.Classes))
	}
	return nil
}
