package chart

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"studiobox/firmware/bench/score"
)

//go:embed page.html page.css figure.css
var files embed.FS

// Write makes in outDir: index.html, which needs nothing else; table.md;
// results.csv; and two SVG files for each line, its rates and its delays.
// Files of these names are replaced.
func Write(outDir string, results []score.Result) error {
	all := groups(results)
	if err := write(outDir, all); err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	return nil
}

func write(outDir string, all []group) error {
	if err := os.MkdirAll(outDir, 0o755); err != nil {
		return err
	}
	outputs := map[string]func(io.Writer) error{
		"index.html":  func(w io.Writer) error { return writePage(w, all) },
		"table.md":    func(w io.Writer) error { return writeMarkdown(w, all) },
		"results.csv": func(w io.Writer) error { return writeCSV(w, all) },
	}
	for _, g := range all {
		if g.any() != nil {
			outputs[word(g.line)+"-rate.svg"] = alone(rateFigure(g, wide))
			outputs[word(g.line)+"-delay.svg"] = alone(delayFigure(g, wide))
		}
	}
	for name, output := range outputs {
		if err := writeFile(filepath.Join(outDir, name), output); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(path string, output func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := output(file); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

// alone gives a figure what it had from the page: name space and style.
func alone(svg string) func(io.Writer) error {
	return func(w io.Writer) error {
		style, err := files.ReadFile("figure.css")
		if err != nil {
			return err
		}
		head := `<svg xmlns="http://www.w3.org/2000/svg" style="background:var(--ground);display:block"`
		_, err = io.WriteString(w, strings.Replace(strings.Replace(svg, "<svg", head, 1), ">", "><style>"+string(style)+"</style>", 1)+"\n")
		return err
	}
}

// page is what the template shows.
type page struct {
	Style      template.CSS
	Lines      []section
	Runs       int
	Legend     []key
	Glance     []template.HTML
	Judgements []judged1
}

// key is an entry of a legend.
type key struct{ Class, Label string }

// judged1 is a row of the summary.
type judged1 struct {
	Name, Must, Aim           string
	MustNote, AimNote         string
	MustClass, AimClass, Hint string
	Findings                  []found
}

// found is a criterion on one line.
type found struct{ Line, Measured, Must, Aim, MustClass, AimClass string }

// section is one line of the page.
type section struct {
	ID, Name, About string
	Rate, Delay     []template.HTML
	Legend, Reasons []key
	Columns         []column
	Rows            []tableRow
}

type column struct{ Title, Unit string }

type tableRow struct {
	Label, Class string
	Ours         bool
	Cells        []cell
}

type cell struct {
	Text string
	Best bool
}

func writePage(w io.Writer, all []group) error {
	var style []byte
	for _, name := range []string{"figure.css", "page.css"} {
		part, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		style = append(style, part...)
	}
	p := page{Style: template.CSS(style), Glance: both(func(s size) string { return glance(all, s) })}
	for _, j := range judge(all) {
		p.Judgements = append(p.Judgements, j.row())
	}
	for _, g := range all {
		p.Lines = append(p.Lines, g.section())
		p.Runs += len(g.rows)
		for _, r := range g.rows {
			k := key{ruleClass(r), ruleName(r.Rule)}
			if !slices.Contains(p.Legend, k) {
				p.Legend = append(p.Legend, k)
			}
		}
	}
	made, err := template.ParseFS(files, "page.html")
	if err != nil {
		return err
	}
	return made.Execute(w, p)
}

// both draws a figure for wide screens and for phones.
func both(draw func(size) string) []template.HTML {
	return []template.HTML{template.HTML(draw(wide)), template.HTML(draw(phone))}
}

func (j judgement) row() judged1 {
	must, mustNote := j.sum(finding.mustVerdict)
	aim, aimNote := j.sum(finding.aimVerdict)
	r := judged1{
		Name: j.name, Must: j.must, Aim: j.aim, MustNote: mustNote, AimNote: aimNote,
		MustClass: verdictClass(must), AimClass: verdictClass(aim), Hint: j.worst(),
	}
	for _, f := range j.findings {
		r.Findings = append(r.Findings, found{f.line, f.measured, f.must.String(), f.aim.String(), verdictClass(f.must), verdictClass(f.aim)})
	}
	return r
}

func verdictClass(v verdict) string { return [...]string{"unknown", "pass", "miss"}[v] }

func (g group) section() section {
	s := section{
		ID: word(g.line), Name: g.line, About: g.about(),
		Rate:  both(func(s size) string { return rateFigure(g, s) }),
		Delay: both(func(s size) string { return delayFigure(g, s) }),
	}
	for _, r := range g.drawn() {
		s.Legend = append(s.Legend, key{ruleClass(r), r.label})
	}
	for _, r := range g.ours() {
		for _, stretch := range reasonsOf(r.Result) {
			k := key{reasonClass(stretch.reason), strings.ReplaceAll(stretch.reason, "_", " ")}
			if stretch.reason != "" && !slices.Contains(s.Reasons, k) {
				s.Reasons = append(s.Reasons, k)
			}
		}
	}
	shown := g.columns()
	for _, m := range shown {
		s.Columns = append(s.Columns, column{m.title, m.unit})
	}
	for i, texts := range g.cells(shown, "*", "") {
		r := tableRow{Label: texts[0], Class: ruleClass(g.rows[i]), Ours: g.rows[i].ours()}
		for _, text := range texts[1:] {
			plain, best := strings.CutPrefix(text, "*")
			r.Cells = append(r.Cells, cell{plain, best})
		}
		s.Rows = append(s.Rows, r)
	}
	return s
}

// number is a short form of a value for labels.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }
