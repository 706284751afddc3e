package fleet

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Version is set when the program is built.
var Version = "unknown"

// cli is the command line of studiofleet.
type cli struct {
	Log string `enum:"debug,info,warn,error" default:"${logLevel}" help:"How much to log: ${enum}."`

	ACL     aclCommand     `cmd:"" name:"acl" help:"Write the access list of a mosquitto broker from the bank's list of boxes."`
	Sign    signCommand    `cmd:"" help:"Make keys, and sign commands and settings that boxes obey."`
	Serve   serveCommand   `cmd:"" help:"Serve the console: who is on air, and what needs a human now."`
	Import  importCommand  `cmd:"" help:"Take the bank's list of boxes over, and take boxes off that it does not name any more."`
	Signout signoutCommand `cmd:"" help:"Sign everybody out of the console."`
	Demo    demoCommand    `cmd:"" help:"Everything on this machine: broker, console, and 200 simulated boxes with troubles."`
	Swarm   swarmCommand   `cmd:"" help:"Simulate a fleet: boxes that speak the contract over real connections."`
	Broker  brokerCommand  `cmd:"" hidden:""`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// environment is what every command is handed.
type environment struct {
	ctx    context.Context
	log    *slog.Logger
	in     io.Reader
	out    io.Writer
	errOut io.Writer
}

// Main runs the command line and returns the exit code: 0, 1 for an error told
// in one line, 2 for wrong usage.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return Run(ctx, args, os.Stdin, os.Stdout, os.Stderr)
}

// Run is Main with the outside handed in. It ends when ctx does.
func Run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("studiofleet"), kong.UsageOnError(), kong.Writers(out, errOut),
		kong.Description("The fleet side of the studio box: who is on air, what needs a human now, and orders that boxes obey."),
		kong.Vars{"logLevel": "info"})
	if err != nil {
		fmt.Fprintln(errOut, "studiofleet:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(errOut, "studiofleet: %v (studiofleet --help lists the commands)\n", err)
		return 2
	}
	if err := command.Run(&environment{ctx: ctx, log: newLogger(errOut, c.Log), in: in, out: out, errOut: errOut}); err != nil {
		fmt.Fprintf(errOut, "studiofleet: %v\n", err)
		return 1
	}
	return 0
}

func newLogger(to io.Writer, level string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // kong has checked the word
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: l}))
}

type versionCommand struct{}

func (versionCommand) Run(env *environment) error {
	_, err := fmt.Fprintln(env.out, "studiofleet", Version)
	return err
}
