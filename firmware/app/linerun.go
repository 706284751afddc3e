package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"

	"studiobox/firmware/run"
	"studiobox/uplink/linktest"
)

// lineRun is a line with what stands at its two ends.
type lineRun struct {
	cmd   *lineCommand
	line  *linktest.Line
	meter *lineMeter
	stats *linktest.Log // nil = not asked for
	file  *os.File      // under stats

	to       net.Listener   // at the far end, in place of --to
	toUDP    net.PacketConn // the same
	entrance net.Listener   // on this machine; nil with a COMMAND
	door     net.PacketConn // the same
}

// newRun makes the line and opens its ports; run starts it.
func (c *lineCommand) newRun(env *environment) (*lineRun, error) {
	cfg, err := c.config()
	if err != nil {
		return nil, err
	}
	r := &lineRun{cmd: c, meter: &lineMeter{}}
	if c.Stats != "" {
		if r.file, err = os.Create(c.Stats); err != nil {
			return nil, fmt.Errorf("--stats: %w", err)
		}
		r.stats = linktest.NewLog(r.file)
	}
	cfg.OnTick = func(t linktest.Tick) {
		r.meter.tick(t)
		if r.stats != nil {
			r.stats.Tick(t)
		}
	}
	if r.line, err = linktest.New(cfg); err != nil {
		if errors.Is(err, os.ErrPermission) {
			err = fmt.Errorf("%w; run it as root, for example by sudo", err)
		}
		return nil, err
	}
	if err := r.open(); err != nil {
		r.line.Close()
		return nil, err
	}
	return r, nil
}

// open listens wherever connections may come in.
func (r *lineRun) open() (err error) {
	_, port, _ := net.SplitHostPort(r.cmd.To)
	at := net.JoinHostPort(r.line.FarAddr(), port)
	if r.to, err = r.line.Listen("tcp", at); err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	if r.toUDP, err = r.line.ListenPacket("udp", at); err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	if len(r.cmd.Command) > 0 {
		return nil
	}
	if r.entrance, err = net.Listen("tcp", r.cmd.Listen); err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	if r.door, err = net.ListenPacket("udp", r.entrance.Addr().String()); err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	return nil
}

// run blocks until COMMAND has ended and returns its exit code, or without one
// until Ctrl-C.
func (r *lineRun) run(env *environment) (code int, err error) {
	// A thread of the line that wakes up must not wait for one of the forwarder's.
	runtime.GOMAXPROCS(runtime.NumCPU() + 2)
	ctx, stop := context.WithCancel(context.WithoutCancel(env.ctx)) // COMMAND's orderly end needs the line
	defer stop()
	parts := r.parts(env)
	if len(r.cmd.Command) > 0 {
		parts = append(parts, run.Part{Name: "command", Run: func(ctx context.Context) (err error) {
			defer stop()
			code, err = r.command(ctx, env)
			return err
		}})
	} else {
		defer context.AfterFunc(env.ctx, stop)()
		fmt.Fprintf(env.errOut, "line: %s leads to %s until Ctrl-C. A sender's TCP statistics see only this machine's loopback; `-- COMMAND` puts the sender itself behind the line.\n",
			r.entrance.Addr(), r.cmd.To)
	}
	err = run.Together(ctx, stopWithin, parts...)
	if r.stats != nil {
		err = errors.Join(err, r.stats.Close(), r.file.Close())
	}
	return code, err
}

// parts is everything but COMMAND.
func (r *lineRun) parts(env *environment) []run.Part {
	out := &linktest.Forwarder{Log: env.log, Dial: func(ctx context.Context, network string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, r.cmd.To)
	}}
	parts := []run.Part{
		{Name: "line", Run: r.line.Run},
		{Name: "far end", Run: func(ctx context.Context) error { return out.Connections(ctx, r.to) }},
		{Name: "far end", Run: func(ctx context.Context) error { return out.Datagrams(ctx, r.toUDP) }},
	}
	if r.entrance != nil {
		in := &linktest.Forwarder{Log: env.log, Dial: func(ctx context.Context, network string) (net.Conn, error) {
			return r.line.Dial(ctx, network, r.to.Addr().String())
		}}
		parts = append(parts,
			run.Part{Name: "near end", Run: func(ctx context.Context) error { return in.Connections(ctx, r.entrance) }},
			run.Part{Name: "near end", Run: func(ctx context.Context) error { return in.Datagrams(ctx, r.door) }})
	}
	if r.cmd.Flow != "" {
		parts = append(parts, run.Part{Name: "flow", Run: r.line.Flow(linktest.FlowConfig{Congestion: r.cmd.Flow}).Run})
	}
	if r.cmd.Verbose || isTerminal(env.errOut) {
		parts = append(parts, run.Part{Name: "status", Run: func(ctx context.Context) error { return r.meter.report(ctx, env.errOut) }})
	}
	return parts
}

// How long COMMAND has to end by itself after Ctrl-C, which a terminal sends to
// it as well as to us, and then after SIGTERM.
const (
	commandGrace = time.Second
	commandEnd   = 5 * time.Second
)

// command runs COMMAND at the near end and returns its exit code.
func (r *lineRun) command(ctx context.Context, env *environment) (int, error) {
	ctx, terminate := context.WithCancel(ctx)
	defer terminate()
	defer context.AfterFunc(env.ctx, func() { time.AfterFunc(commandGrace, terminate) })()
	args := r.arguments()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, env.out, env.errOut
	cmd.Env = append(os.Environ(), "LINE_TO="+r.to.Addr().String())
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = commandEnd
	if err := r.line.Near().Do(cmd.Start); err != nil {
		return 0, err
	}
	_ = cmd.Wait() // the state tells
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil // as a shell tells it
	}
	return cmd.ProcessState.ExitCode(), nil
}

// arguments are COMMAND's with the address on the line in place of the real one.
func (r *lineRun) arguments() []string {
	_, port, _ := net.SplitHostPort(r.cmd.To)
	names := []string{regexp.QuoteMeta(r.cmd.To)}
	if host, _, _ := net.SplitHostPort(r.cmd.To); host == "localhost" || net.ParseIP(host).IsLoopback() {
		names = append(names, "localhost:"+port, `127\.0\.0\.1:`+port)
	}
	address := regexp.MustCompile(`(` + strings.Join(names, "|") + `)\b`)
	var args []string
	for _, arg := range r.cmd.Command {
		args = append(args, address.ReplaceAllLiteralString(arg, r.to.Addr().String()))
	}
	return args
}

// isTerminal tells whether somebody may be reading; /dev/null does not mind.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
