package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"studiobox/encoder/gst"
	"studiobox/firmware/config"
)

// Version is set when the program is built.
var Version = "unknown"

// cli is the command line of studiobox.
type cli struct {
	Log string `enum:"debug,info,warn,error" default:"${logLevel}" help:"How much to log: ${enum}."`

	Run     runCommand     `cmd:"" help:"Run the box as box.toml says."`
	Demo    demoCommand    `cmd:"" help:"Run everything on this machine: simulated studio, virtual camera, own ingest, own broker."`
	Relay   relayCommand   `cmd:"" help:"Carry a camera to an ingest at the rate that the line allows; nothing else."`
	Line    lineCommand    `cmd:"" help:"Put a program behind an emulated line: rate, delay, queue, loss, blackouts, recorded traces."`
	Status  statusCommand  `cmd:"" help:"Show what the running box is doing."`
	Press   pressCommand   `cmd:"" help:"Press a simulated button of the running box."`
	Doctor  doctorCommand  `cmd:"" help:"Check this machine: what was found, what is needed, how to mend it."`
	Pins    pinsCommand    `cmd:"" help:"Show which pin does what on a board, or how evenly this machine makes pulses."`
	Version versionCommand `cmd:"" help:"Print the version."`
	Guard   guardCommand   `cmd:"" hidden:""`
	Worker  workerCommand  `cmd:"" name:"gst-worker" hidden:""`
}

// environment is what every command is handed.
type environment struct {
	ctx    context.Context
	log    *slog.Logger
	out    io.Writer
	errOut io.Writer
}

// exitRestart is the exit code of a box that was ordered to begin anew: systemd's
// Restart=on-failure starts it again. (EX_TEMPFAIL of sysexits.h: try again.)
const exitRestart = 75

// Main runs the command line and returns the exit code: 0, 1 for an error told
// in one line, 2 for wrong usage, 75 for a box that is to be started again.
func Main(args []string) int {
	if len(args) > 0 && args[0] == workerArgument {
		return gst.WorkerMain() // before kong: a child must start fast
	}
	var c cli
	parser, err := kong.New(&c, kong.Name("studiobox"), kong.UsageOnError(),
		kong.Description("Firmware of the studio box: one held button puts the camera on air, and the picture follows the line."),
		kong.Vars{"logLevel": "info", "socket": defaultSocket(), "kbpsFloor": "300k", "kbpsCeiling": "6M"})
	if err != nil {
		fmt.Fprintln(os.Stderr, "studiobox:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "studiobox: %v (studiobox --help lists the commands)\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = command.Run(&environment{ctx: ctx, log: newLogger(c.Log), out: os.Stdout, errOut: os.Stderr})
	if err != nil {
		fmt.Fprintf(os.Stderr, "studiobox: %v\n", err)
	}
	switch {
	case errors.Is(err, errRestart):
		return exitRestart
	case err != nil:
		return 1
	}
	return 0
}

// workerArgument is how the program re-executes itself around GStreamer.
const workerArgument = "gst-worker"

// worker is this program again, as the child that holds GStreamer. GStreamer
// keeps its list of plug-ins in the user's cache; a daemon without a home keeps
// it in a directory of ours, or each start would take seconds.
func worker(dir string) gst.Worker {
	w := gst.Worker{Command: []string{"/proc/self/exe", workerArgument}}
	if _, err := os.UserCacheDir(); err != nil {
		w.Env = []string{"GST_REGISTRY_1_0=" + filepath.Join(dir, "gstreamer.bin")}
	}
	return w
}

func newLogger(level string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // kong has checked the word
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: l}))
}

type workerCommand struct{}

func (workerCommand) Run(*environment) error { return nil }

type versionCommand struct{}

func (versionCommand) Run(env *environment) error {
	_, err := fmt.Fprintln(env.out, "studiobox", Version)
	return err
}

type relayCommand struct {
	Camera    string        `required:"" help:"RTSP address of the camera, with user:password@ where it asks for one."`
	Ingest    string        `required:"" help:"RTSP or RTSPS address to publish to."`
	Floor     config.Kbps   `default:"${kbpsFloor}" help:"Never below this rate."`
	Ceiling   config.Kbps   `default:"${kbpsCeiling}" help:"Never above this rate."`
	Start     config.Kbps   `default:"1500k" help:"First rate of a line that nobody knows yet."`
	Transport string        `enum:"tcp,udp" default:"tcp" help:"How to publish: ${enum}."`
	CameraUDP bool          `help:"Take the camera over UDP instead of TCP."`
	Transcode bool          `help:"Transcode even where the camera's own stream would fit."`
	Insecure  bool          `help:"Accept any certificate of an RTSPS peer."`
	Stats     string        `placeholder:"FILE.jsonl" help:"Write one line of figures every 25 ms."`
	For       time.Duration `help:"Stop after this time; 0 = run until Ctrl-C."`
}

type statusCommand struct {
	JSON   bool   `help:"The whole snapshot as JSON."`
	Socket string `default:"${socket}" help:"Control socket of the running box."`
}

type pressCommand struct {
	Button string        `arg:"" enum:"golive" help:"Which button: ${enum}."`
	Hold   time.Duration `default:"100ms" help:"How long to hold it."`
	Socket string        `default:"${socket}" help:"Control socket of the running box."`
}

type doctorCommand struct {
	Config string `help:"Check what this box.toml asks for too."`
	Socket string `default:"${socket}" help:"Control socket of the running box."`
}
