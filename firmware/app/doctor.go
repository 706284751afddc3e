package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"studiobox/board"
	"studiobox/board/profile"
	"studiobox/encoder/boxcam"
	"studiobox/encoder/gst"
	"studiobox/firmware/config"
	"studiobox/uplink/linktest"
)

// finding is one row of the doctor's table.
type finding struct {
	part, found, needed, mend string
	ok                        bool
}

// errUnwell makes the exit code tell that something is missing.
var errUnwell = errors.New("something that the box needs is missing; the table says how to mend it")

// Run prints the table.
func (c *doctorCommand) Run(env *environment) error {
	findings := append(checkMachine(), checkEncoder()...)
	findings = append(findings, c.checkSettings()...)
	if err := printFindings(env.out, findings); err != nil {
		return err
	}
	for _, f := range findings {
		if !f.ok {
			return errUnwell
		}
	}
	return nil
}

func printFindings(out io.Writer, findings []finding) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tPART\tFOUND\tNEEDED\tMEND")
	for _, f := range findings {
		mark, mend := "ok", ""
		if !f.ok {
			mark, mend = "!!", f.mend
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", mark, f.part, f.found, f.needed, mend)
	}
	return table.Flush()
}

func checkMachine() []finding {
	machine := newVitals("/").part()
	findings := []finding{
		{part: "machine", found: runtime.GOOS + "/" + runtime.GOARCH + " " + machine.Model, needed: "linux/amd64 or linux/arm64", ok: true},
		{
			part: "clock", found: time.Now().UTC().Format("2006-01-02 15:04 UTC"), needed: "after " + builtAfter.Format(time.DateOnly),
			mend: "connect to the internet, or set it: sudo date -s '2026-12-31 12:00'", ok: time.Now().After(builtAfter),
		},
	}
	if machine.TempC >= 0 {
		findings = append(findings, finding{
			part: "temperature", found: fmt.Sprintf("%.0f °C", machine.TempC), needed: "below 82 °C",
			mend: "give the box air", ok: machine.TempC < 82,
		})
	}
	line := finding{part: "emulated line", found: "works", needed: "for the demo's line slider only", ok: true}
	if err := linktest.Available(); err != nil {
		line.found = fmt.Sprintf("not here: %v", err) // no fault: a box needs none
	}
	return append(findings, line)
}

// backEnds are the encoders of which one is enough.
var backEnds = []string{"x264enc", "v4l2h264enc"}

func checkEncoder() []finding { return encoderFindings(gst.Parts()) }

func encoderFindings(parts []gst.Part) []finding {
	oneWorks := slices.ContainsFunc(parts, func(p gst.Part) bool {
		return p.Found && slices.Contains(backEnds, p.Name)
	})
	var findings []finding
	for _, part := range parts {
		f := finding{part: part.Name, found: "yes", needed: part.Detail, ok: part.Found}
		if !part.Found {
			f.found, f.mend = "missing", "sudo apt install "+part.Package
		}
		if !part.Found && oneWorks && slices.Contains(backEnds, part.Name) {
			f.found, f.mend, f.ok = "not here", "", true
		}
		findings = append(findings, f)
	}
	return findings
}

func (c *doctorCommand) checkSettings() []finding {
	if c.Config == "" {
		return nil
	}
	settings, err := config.Load(c.Config)
	if err != nil {
		return []finding{{part: "settings", found: "not usable", needed: c.Config, mend: err.Error()}}
	}
	findings := []finding{{part: "settings", found: "readable", needed: c.Config, ok: true}}
	findings = append(findings, cameraFindings(settings.Camera.URL, gst.CameraParts)...)
	if settings.Box.Board == simulated {
		return findings
	}
	return append(findings, boardFindings(settings.Box.Board)...)
}

// cameraFindings tells whether a camera on the box itself, and a microphone with it,
// can be taken; a camera in the network needs nothing of this machine. find looks
// for the parts, as gst.CameraParts does.
func cameraFindings(line string, find func(camera, microphone gst.SourceKind) []gst.Part) []finding {
	if !boxcam.Is(line) {
		return nil
	}
	address, err := boxcam.Parse(line)
	if err != nil {
		return []finding{{part: "camera", found: "not usable", needed: line, mend: err.Error()}}
	}
	findings := encoderFindings(find(address.Kind, address.Microphone))
	if address.Kind != gst.USB && address.Kind != gst.HDMI {
		return findings
	}
	device := finding{part: "camera", found: "there", needed: address.Device, ok: true}
	if file, err := os.OpenFile(address.Device, os.O_RDWR|syscall.O_NONBLOCK, 0); err != nil {
		device.found, device.ok = "not usable", false
		device.mend = fmt.Sprintf("%v: plug it in, see `v4l2-ctl --list-devices`, or join the group video", err)
	} else {
		_ = file.Close() // nothing was written
	}
	return append(findings, device)
}

// boardFindings tells whether the board's pins are free, and whether everything
// comes to rest by itself when no program runs.
func boardFindings(name string) []finding {
	p, err := profile.Load(name)
	if err != nil {
		return []finding{{part: "pins", found: "not usable", needed: name, mend: err.Error()}}
	}
	pins := finding{part: "pins", found: "free", needed: name, ok: true}
	b, err := board.Open(p)
	if err == nil {
		err = b.Close()
	}
	if err != nil {
		pins.found, pins.mend, pins.ok = "not usable", err.Error(), false
	}
	findings := []finding{pins}
	safety := profile.CheckPulls(p)
	if release, known := profile.CheckRelease("/"); known {
		safety = append(safety, release)
	}
	for _, f := range safety {
		findings = append(findings, finding{part: f.Part, found: f.Found, needed: f.Needed, mend: f.Mend, ok: f.OK})
	}
	return findings
}
