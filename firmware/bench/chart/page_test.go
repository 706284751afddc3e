package chart

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"studiobox/firmware/bench/score"
	"studiobox/uplink/rate"
)

func written(t *testing.T, results []score.Result) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := Write(dir, results); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[e.Name()] = string(text)
	}
	return texts
}

func TestThePageNeedsNothingFromElsewhere(t *testing.T) {
	page := written(t, synthetic())["index.html"]
	for _, fetch := range []string{"http://", "https://", "src=", "<link", "@import", "url(", "<script"} {
		if strings.Contains(page, fetch) {
			t.Errorf("the page holds %q", fetch)
		}
	}
	for _, line := range []string{"rfc8867-5.1", "blackout-5s", "driving_lte.run2.x0.1"} {
		if !strings.Contains(page, `<section id="`+line+`">`) {
			t.Errorf("no section of %s", line)
		}
	}
}

func TestEveryFigureIsSoundXMLAndHasNoImpossibleNumber(t *testing.T) {
	impossible := regexp.MustCompile(`NaN|Inf|%!`)
	figures := 0
	for name, text := range written(t, synthetic()) {
		if impossible.MatchString(text) {
			t.Errorf("%s: %q", name, impossible.FindString(text))
		}
		if !strings.HasSuffix(name, ".svg") {
			continue
		}
		figures++
		for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
			if _, err := decoder.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
	if figures != 14 {
		t.Errorf("%d figures of 7 lines", figures)
	}
}

func TestNamesCannotBreakOutOfThePage(t *testing.T) {
	evil := `"><script>alert(1)</script>`
	r := run(Ours, nil)
	r.Line, r.Rule = evil, evil
	r.Series = synthetic()[0].Series
	r.Series.Reason = []string{evil}
	r.At1s.Freezes = []score.Span{{From: 1, To: 2}}
	ours := run(Ours, nil)
	ours.Line, ours.Transport = evil, evil
	ours.Series.Reason = []string{evil}
	for name, text := range written(t, []score.Result{r, ours}) {
		if strings.Contains(text, "<script") && !strings.HasSuffix(name, ".csv") && !strings.HasSuffix(name, ".md") {
			t.Errorf("%s holds a script", name)
		}
		if strings.ContainsAny(name, `"<>/`) {
			t.Errorf("a file is named %q", name)
		}
	}
}

func TestResultsThatFailedMakeAPageOfDashes(t *testing.T) {
	texts := written(t, []score.Result{{Run: score.Run{Line: "steps", Rule: Ours}}})
	if _, drawn := texts["steps-rate.svg"]; drawn {
		t.Error("a figure of nothing was drawn")
	}
	if !strings.Contains(texts["table.md"], "| steps | **studiobox** | - | - |") {
		t.Errorf("table.md: %s", texts["table.md"])
	}
	if written(t, nil)["index.html"] == "" {
		t.Error("no page of no results")
	}
}

func TestTheCSVHoldsEveryRunAndEmptyCellsForWhatIsMissing(t *testing.T) {
	never := run("obs", func(r *score.Result) {
		r.Rises, r.SSIMdB = []score.Rise{{Seconds: 12}}, nil
	})
	lines, err := csv.NewReader(strings.NewReader(written(t, []score.Result{run(Ours, shown1(1234.5678, 0)), never})["results.csv"])).ReadAll()
	if err != nil || len(lines) != 3 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	at := map[string]int{}
	for i, name := range lines[0] {
		at[name] = i
	}
	for _, c := range []struct {
		line      int
		key, want string
	}{
		{1, "rule", Ours},
		{1, "shown1_kbps", "1234.5678"},
		{1, "delay_p50_ms", "100"},
		{1, "rise_s", ""},
		{2, "ssim_db", ""},
		{2, "rise_s", "12"},
		{2, "never_reached", "rise_s"},
	} {
		if got := lines[c.line][at[c.key]]; got != c.want {
			t.Errorf("line %d, %s = %q, want %q", c.line, c.key, got, c.want)
		}
	}
}

func TestTheTerminalsTableMarksOursAndTheBest(t *testing.T) {
	var out bytes.Buffer
	if err := Table(&out, []score.Result{run("gcc", shown1(1000, 0)), run(Ours, shown1(3500, 0))}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if !strings.HasPrefix(lines[2], "-> studiobox") || !strings.Contains(lines[2], " *3500 ") || strings.Contains(lines[3], "*1000") {
		t.Errorf("table:\n%s", out.String())
	}
	if !strings.Contains(lines[1], "SSIM") || strings.Contains(lines[1], "drop peak") {
		t.Errorf("columns: %s", lines[1])
	}
}

func TestDelaysStandOnALogarithmicAxis(t *testing.T) {
	for ms, want := range map[float64]float64{5: 0, 20: 0, 20000: 1, 632.4555320336759: 0.5} {
		if got := delayPart(ms); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%v ms stands at %v, want %v", ms, got, want)
		}
	}
}

func TestACurveHasAHoleWhereNoFrameCame(t *testing.T) {
	f := newFigure(wide, 10)
	at, part := peaks([]float64{50, 80, -1, -1, 60, -1}, wide.grain)
	f.curve("c", at, part)
	if got := strings.Count(f.body.String(), "M"); got != 2 {
		t.Errorf("%d pieces: %s", got, f.body.String())
	}
}

func TestEveryReasonOfOurRuleHasAColour(t *testing.T) {
	style, err := files.ReadFile("figure.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range []rate.Reason{
		rate.Outage, rate.Stall, rate.ReceiverLimited, rate.StandingQueue, rate.Capacity, rate.Hold, rate.Loss,
		rate.AppLimited, rate.Climb, rate.Probe, rate.Start, rate.NoKernelStats,
	} {
		class := reasonClass(string(reason))
		if class == "why-other" || !strings.Contains(string(style), "."+class+"{--w:var(--"+class+")}") || !strings.Contains(string(style), "--"+class+":#") {
			t.Errorf("%s has none", reason)
		}
	}
}
