package chart

import (
	"cmp"
	"fmt"
	"slices"
)

// verdict says whether a bar was cleared; unknown where it cannot be told.
type verdict int

const (
	unknown verdict = iota
	pass
	miss
)

func (v verdict) String() string { return [...]string{"-", "pass", "MISS"}[v] }

// when is pass or miss.
func when(cleared bool) verdict {
	if cleared {
		return pass
	}
	return miss
}

// finding is a criterion on one line.
type finding struct {
	line      string
	measured  string
	must, aim verdict
	// margin is how far the must is cleared, in parts of the bar: the least
	// one is the line to look at.
	margin float64
}

// judgement is a criterion with all that was found of it.
type judgement struct {
	criterion
	findings []finding // the least margin first
}

// judge looks at every criterion on every run of ours.
func judge(all []group) []judgement {
	var list []judgement
	for _, c := range criteria() {
		j := judgement{criterion: c}
		for _, g := range all {
			for _, ours := range g.ours() {
				f, ok := c.on(g, ours.Result)
				if !ok {
					continue
				}
				f.line = g.line
				if len(g.ours()) > 1 {
					f.line += " (" + ours.label + ")"
				}
				j.findings = append(j.findings, f)
			}
		}
		slices.SortStableFunc(j.findings, func(a, b finding) int {
			return cmp.Or(-cmp.Compare(severity(a), severity(b)), cmp.Compare(a.margin, b.margin))
		})
		list = append(list, j)
	}
	return list
}

// severity puts a missed must first and an unknown one last.
func severity(f finding) int { return map[verdict]int{miss: 2, pass: 1}[f.must] }

// sum is a verdict over all findings: one miss is a miss. note counts them.
func (j judgement) sum(of func(finding) verdict) (total verdict, note string) {
	counts := map[verdict]int{}
	for _, f := range j.findings {
		counts[of(f)]++
	}
	switch {
	case counts[miss] > 0:
		total = miss
	case counts[pass] > 0:
		total = pass
	default:
		return unknown, "-"
	}
	return total, fmt.Sprintf("%s %d/%d", total, counts[pass], counts[pass]+counts[miss])
}

func (f finding) mustVerdict() verdict { return f.must }
func (f finding) aimVerdict() verdict  { return f.aim }

// worst is the finding to look at; "-" where nothing was measured.
func (j judgement) worst() string {
	if len(j.findings) == 0 {
		return "-"
	}
	return j.findings[0].measured + " (" + j.findings[0].line + ")"
}
