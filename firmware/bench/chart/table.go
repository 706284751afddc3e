package chart

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"studiobox/firmware/bench/score"
)

// Table prints the results for a terminal: each line's runs, our own marked
// with an arrow and the best of each column with a star, then what of the
// issue's list was shown.
func Table(w io.Writer, results []score.Result) error {
	all := groups(results)
	out := bufio.NewWriter(w)
	for _, g := range all {
		fmt.Fprintf(out, "%s: %s\n", g.line, g.about())
		shown := g.columns()
		cells := [][]string{{""}}
		for _, m := range shown {
			cells[0] = append(cells[0], m.title+" "+m.unit)
		}
		cells = append(cells, g.cells(shown, "*", "")...)
		for i, r := range g.rows {
			cells[i+1][0] = "   " + r.label
			if r.ours() {
				cells[i+1][0] = "-> " + r.label
			}
		}
		align(out, cells)
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, "Show it")
	cells := [][]string{{"criterion", "must", "", "aim", "", "measured where it is tightest"}}
	for _, j := range judge(all) {
		_, must := j.sum(finding.mustVerdict)
		_, aim := j.sum(finding.aimVerdict)
		cells = append(cells, []string{j.name, j.must, must, j.aim, aim, j.worst()})
	}
	align(out, cells)
	return out.Flush()
}

// cells are the rows of a group as text, label first; the best of a column
// stands between the two marks.
func (g group) cells(shown []metric, before, after string) [][]string {
	cells := make([][]string, len(g.rows))
	for i, r := range g.rows {
		cells[i] = []string{r.label}
	}
	for _, m := range shown {
		readings := make([]reading, len(g.rows))
		for i, r := range g.rows {
			readings[i] = m.read(r.Result)
		}
		for i, best := range m.best(readings) {
			text := m.text(readings[i])
			if best {
				text = before + text + after
			}
			cells[i] = append(cells[i], text)
		}
	}
	return cells
}

// columns are the metrics that at least one row has a value of.
func (g group) columns() []metric {
	return slices.DeleteFunc(metrics(), func(m metric) bool {
		return !slices.ContainsFunc(g.rows, func(r row) bool { return m.read(r.Result).ok })
	})
}

// align prints cells in columns, numbers to the right.
func align(out io.Writer, cells [][]string) {
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range cells {
		var text strings.Builder
		for i, cell := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 && numeric(cells, i) {
				text.WriteString(pad + cell + "  ")
			} else {
				text.WriteString(cell + pad + "  ")
			}
		}
		fmt.Fprintln(out, strings.TrimRight(text.String(), " "))
	}
}

// numeric tells whether a column holds numbers below its title.
func numeric(cells [][]string, column int) bool {
	for _, line := range cells[1:] {
		if _, err := strconv.ParseFloat(strings.Trim(line[column], "*> "), 64); err != nil && line[column] != "-" {
			return false
		}
	}
	return true
}

// writeMarkdown writes one big table and the list of what was shown.
func writeMarkdown(w io.Writer, all []group) error {
	out := bufio.NewWriter(w)
	titles, rule := "| line | rule |", "|---|---|"
	for _, m := range metrics() {
		titles += " " + m.title + ", " + m.unit + " |"
		rule += "--:|"
	}
	fmt.Fprintf(out, "%s\n%s\n", titles, rule)
	for _, g := range all {
		for i, cells := range g.cells(metrics(), "**", "**") {
			if g.rows[i].ours() {
				cells[0] = "**" + cells[0] + "**"
			}
			fmt.Fprintf(out, "| %s | %s |\n", g.line, strings.Join(cells, " | "))
		}
	}
	fmt.Fprint(out, "\n| criterion | must | | aim | | measured where it is tightest |\n|---|---|---|---|---|---|\n")
	for _, j := range judge(all) {
		_, must := j.sum(finding.mustVerdict)
		_, aim := j.sum(finding.aimVerdict)
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", j.name, j.must, must, j.aim, aim, j.worst())
	}
	return out.Flush()
}

// writeCSV writes all values in full; a missing one is empty, one that was
// never reached has a column of its own.
func writeCSV(w io.Writer, all []group) error {
	out := csv.NewWriter(w)
	head := []string{"line", "rule", "transport", "seed", "seconds", "capacity_kbps"}
	for _, m := range metrics() {
		head = append(head, m.key)
	}
	lines := [][]string{append(head, "never_reached")}
	for _, g := range all {
		for _, r := range g.rows {
			cells := []string{
				r.Line, r.Rule, r.Transport, strconv.FormatUint(r.Seed, 10),
				strconv.FormatFloat(r.To-r.From, 'f', 3, 64), strconv.FormatFloat(r.CapacityKbps, 'f', 1, 64),
			}
			var open []string
			for _, m := range metrics() {
				v, text := m.read(r.Result), ""
				if v.ok {
					text = strconv.FormatFloat(v.value, 'g', 8, 64)
				}
				if v.open {
					open = append(open, m.key)
				}
				cells = append(cells, text)
			}
			lines = append(lines, append(cells, strings.Join(open, " ")))
		}
	}
	return out.WriteAll(lines)
}
