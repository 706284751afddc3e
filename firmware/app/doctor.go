package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"studiobox/encoder/gst"
	"studiobox/firmware/health"
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
	running := c.daemon(env.ctx)
	findings = append(findings, finding{part: "studiobox", found: cmp.Or(running, "does not run"), needed: "either", ok: true})
	findings = append(findings, c.checkSettings(env.ctx, running != "")...)
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

// daemon says how the box that runs here is; empty while none does. Only the user
// who runs it can ask it.
func (c *doctorCommand) daemon(ctx context.Context) string {
	body, err := askControl(ctx, c.Socket, http.MethodGet, "/status", nil)
	if err != nil {
		return ""
	}
	var s health.Snapshot
	if json.Unmarshal(body, &s) != nil {
		return "runs, in another version"
	}
	return "runs, " + s.Session.State
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
