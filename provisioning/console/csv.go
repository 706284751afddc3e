package console

import (
	"encoding/csv"
	"net/http"
	"strings"
	"time"

	"studiobox/provisioning/console/roster"
)

// csvPage is how many boxes are asked for at a time: the roster is not held up
// for long, and memory stays small however many boxes there are.
const csvPage = 1000

// serveCSV streams all boxes that the address asks for, and only those of the
// scope.
func (c *Console) serveCSV(w http.ResponseWriter, v *visit) {
	filter := readFilter(v.URL.Query())
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="boxes-`+c.cfg.Now().UTC().Format("20060102-1504")+`.csv"`)
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // the server's own limit would end a long file
	_, _ = w.Write([]byte("\ufeff"))         // spreadsheets take it for UTF-8 only with this mark
	out := csv.NewWriter(w)
	_ = out.Write([]string{"tenant", "box", "business", "place", "network", "status", "status_since_utc", "last_heard_utc",
		"version", "model", "serial", "slot", "session", "conditions", "needs_attention"})
	for cursor := ""; ; {
		found := c.deps.Finder.Search(v.scope, filter, cursor, csvPage)
		_ = control.SetWriteDeadline(time.Now().Add(writeLimit)) // of each page, not of the whole file
		for _, b := range found.Boxes {
			_ = out.Write(csvLine(b))
		}
		out.Flush()
		if out.Error() != nil || found.Next == "" || v.Context().Err() != nil {
			return // the visitor left, or that was all
		}
		cursor = found.Next
	}
}

func csvLine(b roster.Box) []string {
	var conditions []string
	for _, one := range b.Conditions {
		conditions = append(conditions, one.Code)
	}
	line := []string{
		b.Tenant, b.ID, b.Business, b.Place, b.Network, string(b.Status), csvTime(b.Since), csvTime(b.Seen),
		b.Version, b.Model, b.Serial, b.Slot, b.Session, strings.Join(conditions, " "), strings.Join(b.Causes, " "),
	}
	for i := range line {
		line[i] = harmless(line[i])
	}
	return line
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// harmless keeps a spreadsheet from taking a text for a formula (CWE-1236). The
// text after the apostrophe is whole.
func harmless(text string) string {
	trimmed := strings.TrimLeft(text, " \t\r\n\u3000\u00a0")
	if trimmed == "" {
		return strings.TrimLeft(text, "\t\r\n")
	}
	first := []rune(trimmed)[0]
	if strings.ContainsRune("=+-@|%＝＋－＠", first) || strings.ContainsAny(text[:1], "\t\r\n") {
		return "'" + text
	}
	return text
}
