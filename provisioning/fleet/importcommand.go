package fleet

import (
	"fmt"
	"io"
	"strings"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
)

// place is where a console keeps what it knows.
type place struct {
	Config   string  `placeholder:"FILE.toml" help:"Settings of studiofleet serve."`
	Database *string `placeholder:"FILE|URL" help:"SQLite file, or postgres://user@host/name; wins over the settings."`
}

// database is the address of the database.
func (p place) database() (string, error) {
	if p.Database != nil && *p.Database != "" {
		return *p.Database, nil
	}
	s, err := readSettings(p.Config)
	return s.Data.Database, err
}

type importCommand struct {
	place
	List   string `arg:"" placeholder:"FILE.csv" help:"The bank's list of boxes: all that it has."`
	DryRun bool   `help:"Print what would change, and change nothing."`
	Remove bool   `help:"Take boxes off that the list does not name any more."`
	Who    string `env:"USER" default:"import" help:"Who takes boxes off, for the record."`
}

// Run takes the bank's list over. A console may be running meanwhile.
func (c *importCommand) Run(env *environment) error {
	boxes, err := readBoxList(c.List)
	if err != nil {
		return err
	}
	address, err := c.database()
	if err != nil {
		return err
	}
	kept, err := book.Open(env.ctx, address, env.log)
	if err != nil {
		return err
	}
	defer kept.Close()
	all := roster.Scope{All: true}
	would, err := kept.Replace(env.ctx, all, c.Who, boxes, true)
	if err != nil {
		return err
	}
	tellImport(env.out, would)
	switch {
	case c.DryRun:
		_, err = fmt.Fprintln(env.out, "dry run: nothing was changed")
	case c.Remove:
		_, err = kept.Replace(env.ctx, all, c.Who, boxes, false)
	default:
		_, err = kept.Import(env.ctx, all, boxes, false)
	}
	if err == nil && would.Removed > 0 && !c.Remove && !c.DryRun {
		_, err = fmt.Fprintf(env.out, "%d boxes are not on this list any more and stay; --remove takes them off\n", would.Removed)
	}
	return err
}

// tellImport says what a list changes.
func tellImport(out io.Writer, done book.Imported) {
	for _, line := range []struct {
		what  string
		n     int
		boxes []string
	}{
		{"new", done.New, done.NewBoxes}, {"changed", done.Changed, done.ChangedBoxes},
		{"not on the list any more", done.Removed, done.RemovedBoxes}, {"also another tenant's", len(done.Elsewhere), done.Elsewhere},
	} {
		if line.n == 0 {
			continue
		}
		more := ""
		if line.n > len(line.boxes) {
			more = " ..."
		}
		fmt.Fprintf(out, "%s: %d: %s%s\n", line.what, line.n, strings.Join(line.boxes, " "), more)
	}
	fmt.Fprintf(out, "same: %d\n", done.Same)
}

type signoutCommand struct{ place }

// Run ends every session of the console, for example when somebody has left whom
// the sign-in provider still knows.
func (c *signoutCommand) Run(env *environment) error {
	address, err := c.database()
	if err != nil {
		return err
	}
	sessions, err := openSessions(env.ctx, address)
	if err != nil {
		return err
	}
	defer sessions.db.Close()
	n, err := sessions.Clear(env.ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.out, "%d sessions ended; everybody signs in anew\n", n)
	return err
}
