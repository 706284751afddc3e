package app

import (
	"errors"
	"fmt"
	"net"
	"time"

	"studiobox/board"
	"studiobox/board/profile"
	"studiobox/board/sim"
	"studiobox/firmware/config"
)

type runCommand struct {
	Config string `default:"box.toml" help:"The box's one file of settings."`
	Socket string `default:"${socket}" help:"Where status and press find this box."`
}

// simulated is the board that has no pins but a studio made of memory.
const simulated = "sim"

// Run is the daemon.
func (c *runCommand) Run(env *environment) error {
	settings, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	page, err := listenPage(settings.Panel.Listen)
	if err != nil {
		return err
	}
	hw, err := openHardware(settings)
	if err != nil {
		page.Close()
		return err
	}
	b, err := newBox(boxConfig{
		Settings: settings, Files: settings.Files(c.Config), Hardware: hw, Socket: c.Socket, Page: page,
	}, env.log)
	if err == nil {
		err = b.watched(settings.Box.Watchdog)
	}
	if err != nil {
		page.Close()
		return errors.Join(err, hw.halt())
	}
	if p, err := profile.Load(settings.Box.Board); err == nil { // a simulated board has none
		warnOfOutputs(safetyFindings(p, "/"), env.log)
	}
	env.log.Info("studiobox runs", "version", Version, "box", settings.Box.ID, "page", page.Addr().String())
	return b.Run(env.ctx)
}

// watchdogPatience is the most that a Pi's watchdog takes.
const watchdogPatience = 15 * time.Second

// watched has the machine restarted if the box hangs; nothing for an empty path.
// It comes last before Run, which feeds the watchdog and disarms it: a start that
// fails must not restart a machine on which somebody mends the settings.
func (b *box) watched(path string) error {
	if path == "" {
		return nil
	}
	dog, err := board.OpenWatchdog(path, watchdogPatience)
	if err == nil {
		b.studio.parts.watchdog = dog
	}
	return err
}

func openHardware(settings *config.Config) (hardware, error) {
	if settings.Box.Board == simulated {
		return simulatedHardware(sim.New(nil))
	}
	return boardHardware(settings)
}

func listenPage(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("page: %w (panel.listen or --listen chooses another address)", err)
	}
	return listener, nil
}
