package showlog

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// files are the names and sizes in a folder.
func files(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int64{}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		found[entry.Name()] = info.Size()
	}
	return found
}

// show adds one show of that length to a log and ends it.
func show(l *Log, length time.Duration) {
	newStudio(l.Add).run(length, nil)
	l.End()
}

func TestARestartedBoxKnowsTheShowsBeforeAndCountsOn(t *testing.T) {
	dir := t.TempDir()
	first := New(Config{Dir: dir}, quiet)
	show(first, time.Minute)
	show(first, 2*time.Minute)
	first.Close()

	second := New(Config{Dir: dir}, quiet)
	newStudio(second.Add).run(30*time.Second, nil)
	shows := second.Shows()
	if len(shows) != 3 || shows[0].Show != 3 || !shows[0].Running || shows[1].Running {
		t.Fatalf("the shows: %+v", shows)
	}
	within(t, "the show before", shows[1].Duration, 2*time.Minute, 2*time.Second)
	report, ok := second.Report(1)
	if !ok || report.Show != 1 || report.Running {
		t.Fatalf("the first show: %v %+v", ok, report.Summary)
	}
	check(t, report)
	within(t, "the first show", report.Duration, time.Minute, 2*time.Second)
	if running, ok := second.Report(3); !ok || !running.Running || running.Duration < 29*time.Second {
		t.Errorf("the show that runs: %v %+v", ok, running.Summary)
	}
	if _, ok := second.Report(4); ok {
		t.Error("a show that never was has a report")
	}
}

// What the page says at once is what the report says later.
func TestTheSummaryAgreesWithTheReport(t *testing.T) {
	l := New(Config{Dir: t.TempDir()}, quiet)
	s := newStudio(l.Add)
	s.run(time.Minute, nil)
	s.dark(5 * time.Second)
	s.run(time.Minute, nil)
	l.End()
	last, ok := l.Last()
	report, found := l.Report(1)
	if !ok || !found || last != report.Summary {
		t.Errorf("the summary %+v\nthe report %+v", last, report.Summary)
	}
	if last.Lost < 3*time.Second {
		t.Errorf("lost %v", last.Lost)
	}
}

func TestAPowerCutLosesNoMoreThanItsLine(t *testing.T) {
	dir := t.TempDir()
	first := New(Config{Dir: dir}, quiet)
	show(first, time.Minute)
	first.Close()
	name := filepath.Join(dir, part{show: 1, number: 1}.name())
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for what, torn := range map[string][]byte{
		"torn within the last line": whole[:len(whole)-40],
		"with zeros at the end":     append(bytes.Clone(whole), make([]byte, 4096)...),
		"with a line of rubbish":    bytes.Replace(whole, []byte("\n"), []byte("\n{\"at\":7}\n\xff\xfe\n"), 1),
	} {
		if err := os.WriteFile(name, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		second := New(Config{Dir: dir}, quiet)
		report, ok := second.Report(1)
		if !ok || report.Duration < 58*time.Second || report.Unrecorded > 0 {
			t.Errorf("%s: %v %+v", what, ok, report.Summary)
		}
		newStudio(second.Add).run(time.Second, nil)
		second.Close()
		if again := files(t, dir)[filepath.Base(name)]; again != int64(len(torn)) {
			t.Errorf("%s: the torn file was written to", what)
		}
		if err := os.Remove(filepath.Join(dir, part{show: 2, number: 1}.name())); err != nil {
			t.Errorf("the next show went elsewhere: %v", err)
		}
	}
}

func TestAFolderThatCannotBeWrittenLeavesTheHourInMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	l := New(Config{Dir: filepath.Join(file, "shows")}, slog.New(slog.NewTextHandler(&told, nil)))
	show(l, time.Minute)
	l.Close()
	if lines := strings.Count(told.String(), "\n"); lines != 1 {
		t.Errorf("%d log lines, want one:\n%s", lines, told.String())
	}
	if report, ok := l.Report(1); !ok || report.Duration < 58*time.Second || len(l.Shows()) != 1 {
		t.Errorf("the report from memory: %v %+v", ok, report.Summary)
	}
}

// The card fails once the folder is gone, and is well again when it is back.
func TestACardThatFailsIsToldOnceAndTriedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shows")
	var told bytes.Buffer
	l := New(Config{Dir: dir}, slog.New(slog.NewTextHandler(&told, nil)))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s := newStudio(l.Add)
	for range 3 {
		s.run(10*time.Second, nil)
		l.write(false)
	}
	if lines := strings.Count(told.String(), "\n"); lines != 1 {
		t.Errorf("%d log lines for a card that failed, want one:\n%s", lines, told.String())
	}
	if report, _ := l.Report(1); report.Duration < 29*time.Second || report.Unrecorded > 0 {
		t.Errorf("while the card fails: %+v", report.Summary)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s.run(10*time.Second, nil)
	l.write(false)
	if len(files(t, dir)) != 1 || strings.Count(told.String(), "\n") != 2 {
		t.Errorf("after the card came back: %v, told:\n%s", files(t, dir), told.String())
	}
}

func TestTheFilesStayWithinTheirBoundAndTheOldestGo(t *testing.T) {
	dir := t.TempDir()
	const most = 4 * partBytes
	l := New(Config{Dir: dir, MaxBytes: most}, quiet)
	calm := record(func(s *studio) { s.run(10*time.Second, nil) })[5]
	for range 60 {
		for range 480 { // eight hours on air, an entry a second
			calm.UpMs += 1000
			calm.At = calm.At.Add(time.Second)
			l.put(calm)
		}
		l.write(false)
		total := int64(0)
		for _, size := range files(t, dir) {
			total += size
		}
		if total > most {
			t.Fatalf("%d bytes on the card, at most %d are allowed", total, most)
		}
	}
	if got := len(files(t, dir)); got != most/partBytes {
		t.Errorf("%d files, want %d", got, most/partBytes)
	}
	report, ok := l.Report(1)
	if !ok || report.Duration < 3*time.Hour {
		t.Fatalf("of eight hours %v are left", report.Duration)
	}
	check(t, report)
	perHour := float64(most) / report.Duration.Hours() / (1 << 20)
	t.Logf("%.2f MiB an hour: a day on air takes %.1f MiB", perHour, 24*perHour)
	if 24*perHour > mostBytes>>20 {
		t.Errorf("a day on air takes %.1f MiB, more than there is room for", 24*perHour)
	}
}

func TestShowsOfYesterdayGoAndTheNewestStays(t *testing.T) {
	dir := t.TempDir()
	l := New(Config{Dir: dir}, quiet)
	for range 3 {
		show(l, time.Second)
		l.write(false)
	}
	l.Close()
	old := time.Now().Add(-30 * time.Hour)
	for name := range files(t, dir) {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	again := New(Config{Dir: dir}, quiet)
	show(again, time.Second)
	again.Close()
	if left := again.Shows(); len(left) != 2 || left[0].Show != 4 || left[1].Show != 3 {
		t.Errorf("left are %+v", left)
	}
}

func TestOtherFilesInTheFolderAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"notes.txt", "show-1-1.jsonl", "show-000001-001.jsonl.bak"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := New(Config{Dir: dir, MaxBytes: partBytes}, quiet)
	show(l, time.Second)
	l.Close()
	if got := files(t, dir); len(got) != 4 || len(l.Shows()) != 1 {
		t.Errorf("%v, shows %+v", got, l.Shows())
	}
}

func TestTheHourInMemoryIsBounded(t *testing.T) {
	l := New(Config{}, quiet)
	s := newStudio(l.Add)
	var count uint64
	got := 0
	for range 90 {
		s.run(time.Minute, nil)
		var fresh []Entry
		fresh, count = l.Since(count)
		got += len(fresh)
	}
	all, _ := l.Since(0)
	if len(all) < 3590 || len(all) > 3602 {
		t.Errorf("%d entries are kept, want an hour", len(all))
	}
	if got < 90*60-5 || got > 90*60+5 {
		t.Errorf("asking again and again gave %d entries of 90 minutes", got)
	}
	if none, same := l.Since(count + 7); len(none) != 0 || same != count {
		t.Errorf("asking for what is not yet: %d entries, %d", len(none), same)
	}
}

func TestTheCardIsWrittenEveryTenSecondsAndAfterAShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		l := New(Config{Dir: dir}, quiet)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- l.Run(ctx) }()
		synctest.Wait()
		size := func() int64 {
			synctest.Wait()
			return files(t, dir)[part{show: 1, number: 1}.name()]
		}
		s := newStudio(l.Add)
		s.clock = time.Now()
		writes, before := 0, int64(0)
		for range 120 {
			s.run(time.Second, nil)
			time.Sleep(time.Second)
			if now := size(); now != before {
				writes, before = writes+1, now
			}
		}
		if writes < 11 || writes > 12 {
			t.Errorf("%d writes in 2 minutes, want one each 10 s", writes)
		}
		s.run(time.Second, nil)
		l.End()
		if size() == before {
			t.Error("the end of the show was not written")
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		l.Close()
	})
}

func TestARestartTellsOfTheShowBefore(t *testing.T) {
	dir := t.TempDir()
	l := New(Config{Dir: dir}, quiet)
	show(l, time.Minute)
	l.Close()
	again := New(Config{Dir: dir}, quiet)
	if _, ok := again.Last(); ok {
		t.Fatal("the card is read before Run")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := again.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if last, ok := again.Last(); !ok || last.Show != 1 || last.Duration < 58*time.Second {
		t.Errorf("%v %+v", ok, last)
	}
}

// Add is called from the rate loop, which steers the show: a card that hangs
// must not hold it up.
func TestAddDoesNotWaitForTheCard(t *testing.T) {
	l := New(Config{Dir: t.TempDir()}, quiet)
	l.card.Lock() // a write that takes for ever
	defer l.card.Unlock()
	done := make(chan struct{})
	go func() {
		newStudio(l.Add).run(2*time.Hour, nil)
		l.End()
		l.Last()
		l.Since(0)
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("the rate loop waits for the card")
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if len(l.pending) > mostPending {
		t.Errorf("%d entries wait for the card, at most %d may", len(l.pending), mostPending)
	}
}
