package panel

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"studiobox/firmware/health"
	"studiobox/firmware/showlog"
)

// evening is when the show of these tests ended: 21:12:16 in Japan.
var evening = time.Date(2026, 11, 21, 12, 12, 16, 0, time.UTC)

func reportOf(t *testing.T, page *Panel, path string) (status int, body string, header map[string][]string) {
	t.Helper()
	response := asked{method: "GET", path: path, host: "127.0.0.1:8080", from: "127.0.0.1:51000"}.of(page)
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text), response.Header
}

func reportPanel(t *testing.T) (*Panel, *fakeBox) {
	t.Helper()
	box := newFakeBox()
	box.record.set(slices.Concat(believableShow(1, evening.Add(-2*time.Hour), 300), believableShow(2, evening, 2640)))
	return newPanel(t, box, nil, openLocal), box
}

func TestAReportNeedsASessionAsAllElseDoes(t *testing.T) {
	box := newFakeBox()
	box.record.set(believableShow(1, evening, 60))
	page := newPanel(t, box, nil)
	for _, path := range []string{"/report", "/report/1", "/report/1.html", "/report/9"} {
		response := asked{method: "GET", path: path}.of(page)
		body, _ := io.ReadAll(response.Body)
		if response.StatusCode != 303 || response.Header.Get("Location") != "/" || strings.Contains(string(body), "Mbit") {
			t.Errorf("%s without a session: %s to %q", path, response.Status, response.Header.Get("Location"))
		}
	}
	response := asked{method: "GET", path: "/report", cookies: enter(t, page)}.of(page)
	if response.StatusCode != 200 || response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("with a session: %s, %v", response.Status, response.Header)
	}
	other := asked{method: "GET", path: "/report", cookies: enter(t, page), headers: map[string]string{"Sec-Fetch-Site": "cross-site"}}.of(page)
	if other.StatusCode != 403 {
		t.Errorf("asked for by another site: %s", other.Status)
	}
}

func TestTheReportTellsTheShowInTheReadersLanguageAndTime(t *testing.T) {
	page, _ := reportPanel(t)
	for lang, want := range map[string][]string{
		"en": {"Saturday, 21 November 2026, 20:28:16 – 21:12:16", "43 min 56 s", "4.0 s", "Nothing gets through", "4.10 → 0.40 Mbit/s", "UTC+09:00", "1280×720, untouched", "19:07 – 19:12"},
		"ja": {"2026年11月21日（土）", "43分56秒", "データが届いていません", "19:07 – 19:12"},
		"zh": {"2026年11月21日（周六）", "43分56秒", "数据无法送达", "19:07 – 19:12"},
	} {
		status, body, _ := reportOf(t, page, "/report?utc=540&lang="+lang)
		if status != 200 || !strings.Contains(body, `<html lang="`+lang+`"`) {
			t.Errorf("%s: %d %.80s", lang, status, body)
		}
		for _, text := range want {
			if !strings.Contains(body, text) {
				t.Errorf("%s: the report lacks %q", lang, text)
			}
		}
		if keys := regexp.MustCompile(`>[a-z]+\.[a-zA-Z.]+<`).FindAllString(body, -1); len(keys) > 0 {
			t.Errorf("%s: keys instead of words: %q", lang, keys)
		}
	}
	if _, body, _ := reportOf(t, page, "/report/1?utc=540&lang=en"); !strings.Contains(body, "19:07:16 – 19:12:16") {
		t.Error("the older show is not told under its number")
	}
	if _, body, _ := reportOf(t, page, "/report?lang=en&utc=99999"); strings.Contains(body, "UTC+1666") {
		t.Error("a clock that no place on earth has is believed")
	}
}

func TestAnUnknownShowIsNotFoundAndNoShowIsSaid(t *testing.T) {
	page, box := reportPanel(t)
	for _, path := range []string{"/report/3", "/report/x", "/report/-1", "/report/2.htm", "/report/99999999999999999999"} {
		if status, body, _ := reportOf(t, page, path); status != 404 {
			t.Errorf("%s: %d %.60s", path, status, body)
		}
	}
	box.record.set(nil)
	if status, body, _ := reportOf(t, page, "/report?lang=en"); status != 200 || !strings.Contains(body, "No show has been recorded") {
		t.Errorf("without shows: %d %s", status, body)
	}
	bare := newPanel(t, newFakeBox(), nil, openLocal, func(_ *Config, d *Deps) { d.Shows = nil })
	if status, _, _ := reportOf(t, bare, "/report"); status != 404 {
		t.Errorf("without a record: %d", status)
	}
}

func TestTheShowThatRunsIsSaidToRun(t *testing.T) {
	page, box := reportPanel(t)
	box.record.running = true
	if _, body, _ := reportOf(t, page, "/report?lang=en"); !strings.Contains(body, "still running") || !strings.Contains(body, "on air now") {
		t.Error("the report does not say that its show still runs")
	}
	if _, body, _ := reportOf(t, page, "/report/1?lang=en"); strings.Contains(body, "still running") {
		t.Error("an older show is said to run")
	}
}

func TestASavedReportNeedsNothingElse(t *testing.T) {
	page, _ := reportPanel(t)
	status, body, header := reportOf(t, page, "/report/2.html?lang=ja&utc=540")
	if status != 200 || header["Content-Disposition"][0] != `attachment; filename="studiobox-show-2-2026-11-21.html"` {
		t.Fatalf("%d %v", status, header["Content-Disposition"])
	}
	if outside := regexp.MustCompile(`(?i)<script|<link|<img|<a |src=|href=|url\(|@import|https?:`).FindAllString(body, -1); len(outside) > 0 {
		t.Errorf("a saved report refers to %q", outside)
	}
	for _, want := range []string{"<style>", `http-equiv="Content-Security-Policy"`, "配信レポート", "<svg"} {
		if !strings.Contains(body, want) {
			t.Errorf("a saved report lacks %s", want)
		}
	}
}

// A code comes from this program, but a file on a card can hold anything.
func TestNothingOfARecordBecomesMarkup(t *testing.T) {
	page, box := reportPanel(t)
	show := believableShow(5, evening, 60)
	for i := range show {
		show[i].Reason, show[i].Mode = `<img src=x onerror="alert(1)">`, `"><script>`
		show[i].FromKbps, show[i].TargetKbps, show[i].LostMs = 4000, 400, 500
	}
	box.record.set(show)
	_, body, _ := reportOf(t, page, "/report")
	if strings.Contains(body, "<img") || strings.Contains(body, `"><script>`) {
		t.Error("what stands in the record becomes markup")
	}
	if !strings.Contains(body, "&lt;img src=x") {
		t.Error("a reason that is unknown is not shown as it is")
	}
}

func TestAReportOfStrangeFiguresIsStillAPage(t *testing.T) {
	page, box := reportPanel(t)
	for name, entries := range map[string][]showlog.Entry{
		"one entry":    believableShow(1, evening, 0),
		"two entries":  believableShow(1, evening, 1),
		"only silence": {{At: evening, Show: 1, UpMs: 1}, {At: evening, Show: 1, UpMs: 60_000}, {At: evening, Show: 1, UpMs: 61_000}},
		"hours":        believableShow(1, evening, 20_000),
	} {
		box.record.set(entries)
		status, body, _ := reportOf(t, page, "/report?lang=en")
		if status != 200 || !strings.HasSuffix(body, "</html>\n") || strings.Contains(body, "NaN") || strings.Contains(body, "Inf") {
			t.Errorf("%s: %d %.100s", name, status, body)
		}
		if len(body) > 400_000 {
			t.Errorf("%s: the page has %d bytes", name, len(body))
		}
	}
}

func TestAfterAShowThePageLeadsToItsReport(t *testing.T) {
	page, b := serve(t, openLocal), newBrowser(t)
	page.box.record.set(believableShow(2, time.Now(), 2640))
	page.box.edit(setLive)
	b.open(page.url, "en", 390, 844)
	b.until("the show is on air", "document.documentElement.dataset.lamp === 'on_air'")
	if !eval[bool](b, "document.querySelector('#last-show').hidden") {
		t.Error("while a show runs the page leads to an older one")
	}
	page.box.edit(func(s *health.Snapshot) {
		*s = healthyPicture(time.Now())
		s.LastShow = &health.ShowPart{ID: 2, Ended: time.Now(), OnAirSeconds: 754, LostSeconds: 4}
	})
	b.until("the way to the report shows", "document.querySelector('#last-show-note').textContent === '12 min 34 s on air, 4.0 s not seen by viewers'")
	eval[bool](b, "Boolean(document.querySelector('#last-show').click()) || true")
	b.until("the report shows", "document.querySelector('h1')?.textContent === 'Show report'")
	for _, lang := range languages {
		b.open(page.url+"/report/2?utc=540&lang="+lang, lang, 360, 740)
		for _, width := range []int{320, 360, 390, 768, 1280} {
			b.size(width, 740)
			checkReport(t, b, fmt.Sprintf("the report in %s at %d px", lang, width), width)
		}
	}
	eval[bool](b, "Boolean(document.querySelector('.back').click()) || true")
	b.until("the way back leads to the box", "document.querySelector('#studio') && !document.querySelector('#studio').hidden")
	if complaints := b.complaints(); len(complaints) > 0 {
		t.Errorf("the console complained: %q", complaints)
	}
}

func checkReport(t *testing.T, b *browser, what string, width int) {
	t.Helper()
	if wide := eval[int](b, "document.documentElement.scrollWidth"); wide > width {
		t.Errorf("%s: the page is %d px wide", what, wide)
	}
	if small := eval[[]string](b, `[...document.querySelectorAll('a, button')].filter(e => {
		const r = e.getBoundingClientRect(); return r.height < 47.5 || r.width < 47.5; }).map(e => e.textContent)`); len(small) > 0 {
		t.Errorf("%s: targets smaller than 48 px: %q", what, small)
	}
	if height := eval[int](b, "document.querySelector('svg.rate').getBoundingClientRect().height"); height < 100 {
		t.Errorf("%s: the style was not applied: the chart is %d px high", what, height)
	}
}

var pdfPage = regexp.MustCompile(`/Type\s*/Page\b[^s]`)

// A bad show fills two sheets at most; a saved report prints as the page does.
func TestAReportPrintsOnA4(t *testing.T) {
	page, b := serve(t, openLocal), newBrowser(t)
	page.box.record.set(believableShow(2, time.Now(), 2640))
	for _, path := range []string{"/report/2?lang=ja", "saved"} {
		url := page.url + path
		if path == "saved" {
			_, body, _ := reportOf(t, page.Panel, "/report/2.html?lang=ja")
			file := filepath.Join(t.TempDir(), "report.html")
			if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
			url = "file://" + file
		}
		b.open(url, "ja", 1280, 900)
		b.until("the report shows", "document.querySelector('h1')?.textContent === '配信レポート'")
		checkReport(t, b, path, 1280)
		var got struct{ Data string }
		if err := json.Unmarshal(b.call("Page.printToPDF", struct {
			Background bool `json:"printBackground"`
			ByCSS      bool `json:"preferCSSPageSize"`
		}{true, true}), &got); err != nil {
			t.Fatal(err)
		}
		pdf, err := base64.StdEncoding.DecodeString(got.Data)
		if err != nil {
			t.Fatal(err)
		}
		if dir := os.Getenv("PANEL_SHOTS"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "report.pdf"), pdf, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if sheets := len(pdfPage.FindAll(pdf, -1)); sheets < 1 || sheets > 2 {
			t.Errorf("%s: printed on %d sheets", path, sheets)
		}
	}
	if complaints := b.complaints(); len(complaints) > 0 {
		t.Errorf("the console complained: %q", complaints)
	}
}

func TestTheHourShowsEachChangeWithItsValues(t *testing.T) {
	page, b := serve(t, openLocal), newBrowser(t)
	page.box.record.set(believableShow(1, time.Now(), 3600))
	page.box.edit(setLive)
	b.open(page.url, "en", 1280, 900)
	has := func(what, text string) {
		t.Helper()
		b.until(what, fmt.Sprintf("!document.querySelector('#readout').hidden && document.querySelector('#readout').textContent.includes(%q)", text))
	}
	b.until("the last changes are told", "document.querySelectorAll('#marks li').length === 3")
	// In the last 2 minutes the line was out from 31 s ago: the change is there.
	eval[bool](b, `(() => { const c = document.querySelector('#chart'), r = c.getBoundingClientRect();
		c.dispatchEvent(new PointerEvent('pointerdown', {clientX: r.left + 8 + (r.width - 68) * (1 - 31 / 120), clientY: r.top + 50})); return true; })()`)
	has("a tap tells the outage", "Nothing gets through")
	has("what it did", "4.10 → 0.40 Mbit/s")
	has("what it measured", "820 ms")
	has("what was done", "left out what was too late to show")
	eval[bool](b, "document.body.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}))")
	b.until("a tap elsewhere ends it", "document.querySelector('#readout').hidden")
	kinds := "[...document.querySelectorAll('#kinds li')].map(e => e.textContent).join()"
	b.until("the legend has what is in sight", kinds+".includes('Nothing gets through') && !"+kinds+".includes('Lowered')")
	eval[bool](b, "Boolean(document.querySelector('[data-minutes=\"60\"]').click()) || true")
	b.until("the hour has more", kinds+".includes('Lowered: line slower')")
	for range 2 {
		eval[bool](b, pressLeft+"; true")
	}
	has("the arrow key goes to the outage", "Nothing gets through")
	page.box.record.add(showlog.Entry{At: time.Now(), UpMs: 13_600_600, Show: 1, TargetKbps: 900, FromKbps: 4000, Reason: "brand_new"})
	page.box.edit(func(s *health.Snapshot) { s.Rate.Reason = "brand_new" })
	b.until("a reason that is new to the page stands for itself", "document.querySelector('#rate-reason').textContent === 'brand_new' && "+
		"document.querySelector('#marks li').textContent.includes('brand_new')")
	if complaints := b.complaints(); len(complaints) > 0 {
		t.Errorf("the console complained: %q", complaints)
	}
}
