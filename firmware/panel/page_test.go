package panel

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"studiobox/encoder/unit"
	"studiobox/firmware/health"
)

func TestThePageLoadsInEachLanguageWithoutAComplaint(t *testing.T) {
	page, b := serve(t, openLocal), newBrowser(t)
	for _, lang := range languages {
		for _, scene := range scenes() {
			page.box.edit(func(s *health.Snapshot) {
				*s = healthyPicture(time.Now())
				scene.set(s)
			})
			b.open(page.url, lang, 360, 740)
			want := tables(t)[lang]["state."+scene.name+".title"]
			b.until(scene.name+" shows in "+lang, fmt.Sprintf("document.querySelector('#state-title').textContent === %q", want))
			if got := eval[string](b, "document.documentElement.lang"); got != lang {
				t.Errorf("the page is in %s, want %s", got, lang)
			}
			for _, width := range []int{320, 360, 390, 430, 768, 979, 1024, 1280} {
				b.size(width, 740)
				checkLayout(t, b, fmt.Sprintf("%s in %s at %d px", scene.name, lang, width), width)
			}
		}
	}
	if complaints := b.complaints(); len(complaints) > 0 {
		t.Errorf("the console complained: %q", complaints)
	}
}

// checkLayout finds words that were not filled in, targets too small for a
// thumb, and a page wider than the phone.
func checkLayout(t *testing.T, b *browser, what string, width int) {
	t.Helper()
	if left := eval[[]string](b, `[...document.querySelectorAll('main:not([hidden]) *')]
		.filter(e => !e.children.length && /^[a-z]+\.[a-zA-Z0-9.]+$/.test(e.textContent.trim())).map(e => e.textContent)`); len(left) > 0 {
		t.Errorf("%s: keys instead of words: %q", what, left)
	}
	if small := eval[[]string](b, `[...document.querySelectorAll('button, input[type=range], label.switch')].filter(e => {
		const r = e.getBoundingClientRect(); return r.height > 0 && (r.height < 48 || r.width < 48); }).map(e => e.id || e.textContent)`); len(small) > 0 {
		t.Errorf("%s: targets smaller than 48 px: %q", what, small)
	}
	if wide := eval[int](b, "document.documentElement.scrollWidth"); wide > width {
		t.Errorf("%s: the page is %d px wide", what, wide)
	}
}

func TestRedIsShownOnlyWhileTheIngestAcknowledges(t *testing.T) {
	page, b := serve(t, openLocal), newBrowser(t)
	page.box.edit(setLive)
	b.open(page.url, "en", 390, 844)
	const banner = "getComputedStyle(document.querySelector('#banner')).backgroundColor"
	const red = "rgb(201, 21, 31)"
	b.until("the banner is red on air", fmt.Sprintf("%s === %q && !document.querySelector('#air-clock').hidden", banner, red))
	page.box.edit(func(s *health.Snapshot) { s.Session.OnAir, s.Session.Lamp = false, "reconnecting" })
	b.until("the banner says so when nothing is acknowledged", fmt.Sprintf(
		"%s !== %q && document.querySelector('#state-title').textContent === 'Interrupted'", banner, red))
}

func TestAPageThatHearsNothingClaimsNothing(t *testing.T) {
	page, b := serve(t, openLocal), newBrowser(t)
	page.box.edit(setLive)
	url, swallow := swallowingLine(t, page)
	b.open(url, "en", 390, 844)
	onAir := "document.documentElement.dataset.lamp === 'on_air'"
	b.until("the page is on air", onAir)
	swallow.Store(true) // the connection stays open, as when a phone leaves the Wi-Fi
	b.until("the page no longer claims to be on air", "document.documentElement.dataset.lamp === 'gone' && document.querySelector('#air-clock').hidden")
	swallow.Store(false)
	b.until("it finds back by itself", onAir)
	page.end()
	b.until("nor does it claim so when the box is gone", "document.documentElement.dataset.lamp === 'gone'")
}

// swallowingLine is another way to the page, which can lose all that the box says.
func swallowingLine(t *testing.T, page *served) (url string, swallow *atomic.Bool) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	swallow = &atomic.Bool{}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", strings.TrimPrefix(page.url, "http://"))
			if err != nil {
				_ = near.Close()
				continue
			}
			go func() { defer far.Close(); _, _ = io.Copy(far, near) }()
			go func() { defer near.Close(); _, _ = io.Copy(lossy{near, swallow}, far) }()
		}
	}()
	return "http://" + listener.Addr().String(), swallow
}

type lossy struct {
	io.Writer
	swallow *atomic.Bool
}

func (l lossy) Write(b []byte) (int, error) {
	if l.swallow.Load() {
		return len(b), nil
	}
	return l.Writer.Write(b)
}

func TestAPictureReallyPlaysAndIsLessThanASecondOld(t *testing.T) {
	page, b, film := serve(t, openLocal), newBrowser(t), makeFilm(t)
	go film.run(t.Context(), unit.Tee{page.Camera(), page.Ingest()})
	page.box.edit(setLive)
	b.open(page.url, "en", 1280, 900)
	for _, tile := range []string{"camera", "ingest"} {
		b.until(tile+" plays", fmt.Sprintf("document.querySelector('#tile-%s.playing video')?.currentTime > 1", tile))
		before := eval[float64](b, fmt.Sprintf("document.querySelector('#tile-%s video').currentTime", tile))
		b.until(tile+" goes on", fmt.Sprintf("document.querySelector('#tile-%s video').currentTime > %f", tile, before+0.5))
	}
	var ages []time.Duration
	for range 30 {
		number := eval[int](b, readNumber)
		if age, found := film.age(number); found {
			ages = append(ages, age)
		}
		time.Sleep(70 * time.Millisecond)
	}
	if len(ages) < 25 {
		t.Fatalf("the frame number could be read only %d times of 30", len(ages))
	}
	slices.Sort(ages)
	t.Logf("from sink to screen: median %v, p90 %v", ages[len(ages)/2], ages[len(ages)*9/10])
	if median := ages[len(ages)/2]; median > time.Second {
		t.Errorf("the picture is %v old, at most 1 s is allowed", median)
	}
	if complaints := b.complaints(); len(complaints) > 0 {
		t.Errorf("the console complained: %q", complaints)
	}
}

// readNumber reads the film's frame number off the camera tile.
var readNumber = fmt.Sprintf(`(() => {
	const video = document.querySelector('#tile-camera video');
	const canvas = new OffscreenCanvas(%d, %d);
	const pen = canvas.getContext('2d', {willReadFrequently: true});
	pen.drawImage(video, 0, 0);
	let number = 0;
	for (let bit = 0; bit < 8; bit++) {
		const [red] = pen.getImageData(bit * %d + %d, %d, 1, 1).data;
		if (red > 127) number |= 1 << bit;
	}
	return number;
})()`, filmWidth, filmHeight, filmBlock, filmBlock/2, filmBlock/2)

func TestATileSaysWhyThereIsNoPicture(t *testing.T) {
	page, b := serve(t, openLocal), newBrowser(t)
	b.open(page.url, "en", 390, 844)
	says := func(tile, key string) {
		t.Helper()
		b.until(key, fmt.Sprintf("document.querySelector('#tile-%s .tile-message').textContent === %q", tile, tables(t)["en"][key]))
	}
	says("camera", "tile.waiting")
	says("ingest", "tile.off")
	putAll(page.tiles["camera"], pictures("Kpbb", 0, 3, 1, 2))
	page.box.edit(func(*health.Snapshot) {})
	says("camera", "tile.bframes")
}

func TestHoldingTheButtonPressesUntilItIsLetGo(t *testing.T) {
	page, b := serve(t, openLocal), newBrowser(t)
	page.trust(patience)
	page.box.hold(10 * time.Second)
	go page.box.live(t.Context())
	b.open(page.url, "ja", 390, 844)
	b.until("the studio shows", "document.querySelector('#hold').dataset.mode === 'start'")

	b.mouse("mousePressed", "#hold")
	b.until("the ring fills", "document.querySelector('#hold-ring').style.strokeDashoffset < 0.95")
	b.mouse("mouseReleased", "#hold")
	b.until("a short hold starts nothing", "document.documentElement.dataset.lamp === 'idle'")

	page.box.hold(200 * time.Millisecond)
	b.mouse("mousePressed", "#hold")
	b.until("a full hold goes live", "document.documentElement.dataset.lamp === 'on_air' && document.querySelector('#hold').dataset.mode === 'stop'")
	b.mouse("mouseReleased", "#hold")
	deadline := time.Now().Add(patience)
	for len(page.box.noted()) < 4 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if got := page.box.noted(); !slices.Equal(got, []string{"down", "up", "down", "up"}) {
		t.Errorf("the box saw %v, want two presses", got)
	}
	if complaints := b.complaints(); len(complaints) > 0 {
		t.Errorf("the console complained: %q", complaints)
	}
}

func TestClosingThePageLetsTheButtonGo(t *testing.T) {
	page, b := serve(t, openLocal), newBrowser(t)
	page.trust(2 * patience) // it is the page that lets go, not the box
	b.open(page.url, "en", 390, 844)
	b.until("the studio shows", "document.querySelector('#hold').dataset.mode === 'start'")
	b.mouse("mousePressed", "#hold")
	deadline := time.Now().Add(patience)
	for len(page.box.noted()) < 1 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	eval[bool](b, "Boolean(setTimeout(() => location.href = 'about:blank'))")
	for len(page.box.noted()) < 2 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if got := page.box.noted(); !slices.Equal(got, []string{"down", "up"}) {
		t.Errorf("the box saw %v", got)
	}
}

func TestTheWayInOpensWithAPressOnTheBox(t *testing.T) {
	page, b := serve(t), newBrowser(t)
	b.open(page.url, "zh", 360, 740)
	b.until("the way in shows", "!document.querySelector('#claim').hidden && document.querySelector('#claim-note').textContent")
	checkLayout(t, b, "the way in", 360)
	eval[bool](b, "Boolean(document.querySelector('#claim-button').click()) || true")
	b.until("a tap without a press is refused in words", fmt.Sprintf("document.querySelector('#toast').textContent === %q", tables(t)["zh"]["error.press_first"]))
	page.OpenWindow(time.Now())
	b.until("the page sees the press", "document.querySelector('#claim-button').classList.contains('ready')")
	eval[bool](b, "Boolean(document.querySelector('#claim-button').click()) || true")
	b.until("the studio opens", "!document.querySelector('#studio').hidden && document.querySelector('#state-title').textContent")
	cookie := eval[string](b, "document.cookie")
	if strings.Contains(cookie, cookieName) {
		t.Errorf("a script can read the session: %q", cookie)
	}
}

func TestTheSwitchOverrulesTheBrowsersLanguage(t *testing.T) {
	page, b := serve(t, openLocal), newBrowser(t)
	b.open(page.url, "ja", 390, 844)
	b.until("Japanese first", "document.documentElement.lang === 'ja' && document.querySelector('#hold-label').textContent === '"+tables(t)["ja"]["hold.start"]+"'")
	eval[bool](b, "Boolean(document.querySelector('[data-lang=en]').click()) || true")
	b.until("then English", "document.querySelector('#hold-label').textContent === 'Hold to go live'")
	b.open(page.url, "ja", 390, 844)
	b.until("English is remembered", "document.querySelector('#hold-label').textContent === 'Hold to go live'")
}
