package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"studiobox/firmware/bench/score"
)

// failedRun leaves the record of a run that failed before it began.
func failedRun(t *testing.T, out, line string) job {
	t.Helper()
	j := job{line: writtenLine(line), rule: ourRule, transport: overTCP, dir: filepath.Join(out, "runs", line)}
	if err := os.MkdirAll(j.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	ran := told{Run: score.Run{Line: line, Rule: ourRule, Transport: overTCP}, Error: "the box ended early"}
	if err := writeJSON(filepath.Join(j.dir, score.RunFile), ran); err != nil {
		t.Fatal(err)
	}
	return j
}

func writtenLine(name string) line { return line{name: name} }

func TestARunThatFailedStandsInTheResultsWithItsError(t *testing.T) {
	out := t.TempDir()
	b, err := openBook(out)
	if err != nil {
		t.Fatal(err)
	}
	_ = b.enter(context.Background(), failedRun(t, out, "steps"), false)
	again, err := openBook(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.entries) != 1 || !strings.Contains(again.entries[0].Error, "ended early") || again.entries[0].Line != "steps" {
		t.Fatalf("results %+v", again.entries)
	}
	var table strings.Builder
	if err := again.show(&table, nil); err != nil || !strings.Contains(table.String(), "FAILED: steps box tcp: the box ended early") {
		t.Errorf("%v, shown: %s", err, table.String())
	}
}

func TestARunReplacesTheEarlierOneOfItsKindOnly(t *testing.T) {
	out := t.TempDir()
	b, err := openBook(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"steps", "loss-0", "steps"} {
		_ = b.enter(context.Background(), failedRun(t, out, line), false)
	}
	other := failedRun(t, out, "steps")
	other.transport = overTLS
	_ = b.enter(context.Background(), other, false)
	if len(b.entries) != 3 {
		t.Fatalf("%d results, want 3", len(b.entries))
	}
}

func TestResultsComeInTheOrderOfTheLines(t *testing.T) {
	out := t.TempDir()
	b, _ := openBook(out)
	for _, line := range []string{"unknown", "loss-0", "steps"} {
		_ = b.enter(context.Background(), failedRun(t, out, line), false)
	}
	if err := b.show(&strings.Builder{}, writtenLines()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range b.entries {
		got = append(got, e.Line)
	}
	if strings.Join(got, " ") != "steps loss-0 unknown" {
		t.Errorf("order %v", got)
	}
}

func TestAResultsFileThatIsNoneIsNotOverwritten(t *testing.T) {
	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, bookFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openBook(out); err == nil {
		t.Error("taken for an empty one")
	}
}
