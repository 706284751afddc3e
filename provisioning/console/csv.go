package console

import (
	"bufio"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"studiobox/provisioning/console/roster"
)

// csvPage is how many boxes are asked for at a time: the roster is not held up
// for long, and memory stays small however many boxes there are.
const csvPage = 1000

// csvPath is the address of the file with the boxes that a filter finds.
func csvPath(f roster.Filter) string {
	f.Sort = roster.ByID
	return "/boxes.csv?" + filterQuery(f).Encode()
}

// serveCSV streams all boxes that the address asks for, and only those of the
// scope. Their order is that of their names, whatever the address says: in any
// other one a box may move between two pages, and be there twice or not at all.
func (c *Console) serveCSV(w http.ResponseWriter, v *visit) {
	filter := readFilter(v.URL.Query())
	filter.Sort = roster.ByID
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="boxes-`+c.cfg.Now().UTC().Format("20060102-1504")+`.csv"`)
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // the server's own limit would end a long file
	_, _ = w.Write([]byte("\ufeff"))         // spreadsheets take it for UTF-8 only with this mark
	out := bufio.NewWriter(w)
	writeCSV(out, []string{"tenant", "box", "business", "place", "network", "status", "status_since_utc", "last_heard_utc",
		"version", "model", "serial", "slot", "session", "conditions", "needs_attention"})
	for cursor := ""; ; {
		found := c.deps.Finder.Search(v.scope, filter, cursor, csvPage)
		_ = control.SetWriteDeadline(time.Now().Add(writeLimit)) // of each page, not of the whole file
		for _, b := range found.Boxes {
			writeCSV(out, csvLine(b))
		}
		if out.Flush() != nil || found.Next == "" || v.Context().Err() != nil {
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
	return []string{
		b.Tenant, b.ID, b.Business, b.Place, b.Network, string(b.Status), csvTime(b.Since), csvTime(b.Seen),
		b.Version, b.Model, b.Serial, b.Slot, b.Session, strings.Join(conditions, " "), strings.Join(b.Causes, " "),
	}
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// writeCSV writes a line. Each cell stands in quotation marks, needed or not. An
// error stays with the writer until it is flushed.
func writeCSV(out *bufio.Writer, cells []string) {
	for i, cell := range cells {
		if i > 0 {
			_ = out.WriteByte(',')
		}
		_, _ = out.WriteString(`"` + strings.ReplaceAll(harmless(cell), `"`, `""`) + `"`)
	}
	_, _ = out.WriteString("\r\n")
}

// What a spreadsheet takes for the beginning of a formula, for the end of a cell
// where the machine's language or the reader's choice has it so, and for nothing.
const (
	formulas = "=+-@|%＝＋－＠"
	cuts     = "\t\r\n;"
	blanks   = " \"\u3000\u00a0"
)

// harmless keeps a spreadsheet from taking a text, or a part of it, for a formula
// (CWE-1236): where cells are separated by semicolons, a text is cut at each of
// them, quotation marks or not. An apostrophe goes before what would begin a
// formula; the rest of the text is whole.
func harmless(text string) string {
	var out strings.Builder
	if first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, cuts+blanks)); strings.ContainsRune(formulas, first) {
		out.WriteByte('\'')
	}
	begins := false // a cell, if it is cut here
	for _, r := range text {
		if begins && strings.ContainsRune(formulas, r) {
			out.WriteByte('\'')
		}
		begins = strings.ContainsRune(cuts, r) || begins && strings.ContainsRune(blanks, r)
		out.WriteRune(r)
	}
	return out.String()
}
