package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"studiobox/board"
	"studiobox/board/profile"
	"studiobox/firmware/guard"
)

// guardEnds is how long a guard may take to let go of its lines.
const guardEnds = 500 * time.Millisecond

// errNoGuard refuses motion while the guard's process is not there.
var errNoGuard = errors.New("the guard's process does not run")

// guarded are the lines that the guard's process takes hold of, by their roles.
func guarded(lines *guard.Lines) map[profile.Role]*guard.Line {
	return map[profile.Role]*guard.Line{
		profile.Deadman: &lines.Deadman, profile.TurntableEnable: &lines.Enable,
		profile.LampAir: &lines.Air, profile.LampRed: &lines.Red,
	}
}

// split sorts a profile's roles by the process that takes hold of them.
func split(p profile.Profile) (daemons, guards []profile.Role) {
	for _, wire := range p.Wires {
		if _, is := guarded(&guard.Lines{})[wire.Role]; is {
			guards = append(guards, wire.Role)
		} else {
			daemons = append(daemons, wire.Role)
		}
	}
	return daemons, guards
}

// guardProcess is this program again, as the small process that holds the lines
// which let the turntable move or say that a show is on air. It is written to while it runs.
type guardProcess struct {
	command []string
	// back takes what the guard says; nil = nobody listens.
	back io.Writer

	mu    sync.Mutex
	stdin io.Writer               // nil while there is no process that listens
	end   context.CancelCauseFunc // of that process
}

// firstWord does something when the first byte passes, and hands all on.
type firstWord struct {
	do   func()
	once sync.Once
	to   io.Writer // nil = nobody listens
}

// Write implements io.Writer.
func (w *firstWord) Write(said []byte) (int, error) {
	w.once.Do(w.do)
	if w.to == nil {
		return len(said), nil
	}
	return w.to.Write(said)
}

func newGuardProcess(board string) *guardProcess {
	return &guardProcess{command: []string{"/proc/self/exe", "guard", "--board", board}}
}

// Write implements io.Writer.
func (p *guardProcess) Write(words []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stdin == nil {
		return 0, errNoGuard
	}
	return p.stdin.Write(words)
}

// kill ends a guard that hangs: its lines go back to what their resistors say,
// and Run returns with the reason.
func (p *guardProcess) kill(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stdin == nil {
		return
	}
	p.stdin = nil // no word waits for one that is gone
	p.end(why)
}

// Run has a guard until ctx ends or the guard does.
func (p *guardProcess) Run(ctx context.Context) error {
	life, end := context.WithCancelCause(ctx)
	defer end(nil)
	cmd := exec.CommandContext(life, p.command[0], p.command[1:]...)
	cmd.Stderr = os.Stderr
	// A key press that ends the daemon must not end the guard first.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("guard: %w", err)
	}
	cmd.WaitDelay = guardEnds
	cmd.Cancel = func() error {
		if ctx.Err() == nil {
			return cmd.Process.Kill() // one that hangs does not see its feed's end
		}
		return stdin.Close()
	}
	// Words to a guard that still starts would wait in its pipe, to be obeyed
	// when they are no longer meant.
	cmd.Stdout = &firstWord{do: func() { p.use(stdin, end) }, to: p.back}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("guard: %w", err)
	}
	err = cmd.Wait()
	p.use(nil, nil)
	if ctx.Err() != nil {
		return nil
	}
	if why := cmp.Or(context.Cause(life), err); why != nil {
		return fmt.Errorf("guard ended: %w: %w", why, errNoGuard)
	}
	return fmt.Errorf("guard ended: %w", errNoGuard)
}

func (p *guardProcess) use(stdin io.Writer, end context.CancelCauseFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stdin, p.end = stdin, end
}

type guardCommand struct {
	Board string `required:"" help:"The board's profile."`
}

// Run is the guard's process: it is fed through its standard input.
func (c *guardCommand) Run(env *environment) error {
	signal.Ignore(syscall.SIGPIPE) // a daemon that died must not take the guard along before its lines are at rest
	p, err := profile.Load(c.Board)
	if err != nil {
		return err
	}
	_, roles := split(p)
	b, err := board.Open(p, roles...)
	if err != nil {
		return err
	}
	lines, err := guardLines(b, p)
	if err != nil {
		return errors.Join(err, b.Close())
	}
	return errors.Join(watchOver(env, os.Stdin, lines), b.Close())
}

// watchOver is the guard at work. Only its daemon ends it: a SIGTERM to all
// processes of a unit, as systemd sends it, would take the motor's power while the
// table is still being brought to rest.
func watchOver(env *environment, feed io.Reader, lines guard.Lines) error {
	return guard.Watch(context.WithoutCancel(env.ctx), feed, env.out, lines)
}

func guardLines(b *board.Board, p profile.Profile) (lines guard.Lines, err error) {
	for role, line := range guarded(&lines) {
		wire, fitted := p.Wire(role)
		if !fitted {
			continue
		}
		if line.Pin, err = b.Out(role); err != nil {
			return guard.Lines{}, err
		}
		line.ActiveLow = wire.ActiveLow
	}
	return lines, nil
}
