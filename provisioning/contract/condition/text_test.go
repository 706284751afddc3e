package condition

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

var langs = []string{"ja", "en", "zh"}

func TestEveryCodeSpeaksThreeLanguages(t *testing.T) {
	for _, d := range All() {
		for _, lang := range langs {
			w := Text(d.Code, lang)
			for what, text := range map[string]string{"title": w.Title, "mend": w.Mend, "ops": w.Ops} {
				if text == "" || !written(text, lang) {
					t.Errorf("%s has no %s %s: %q", d.Code, lang, what, text)
				}
				stop := strings.HasSuffix(text, map[string]string{"ja": "。", "en": ".", "zh": "。"}[lang])
				if stop == (what == "title") {
					t.Errorf("%s, %s: sentences end with a full stop and titles do not: %q", d.Code, lang, text)
				}
				if lang != "en" && strings.ContainsAny(text, ",.()!?:;") {
					t.Errorf("%s, %s: punctuation of half width: %q", d.Code, lang, text)
				}
			}
		}
	}
}

// written tells whether the text uses the script of its language.
func written(text, lang string) bool {
	kana := strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana) })
	han := strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	switch lang {
	case "ja":
		return kana
	case "zh":
		return han && !kana
	}
	return !han && !kana
}

func TestJapaneseIsPolite(t *testing.T) {
	for _, d := range All() {
		w := Text(d.Code, "ja")
		for sentence := range strings.SplitSeq(w.Title+"。"+w.Mend+strings.TrimSuffix(w.Ops, "。"), "。") {
			if !slices.ContainsFunc([]string{"ます", "です", "ました", "ません", "でした", "ください"}, func(end string) bool {
				return strings.HasSuffix(sentence, end)
			}) {
				t.Errorf("%s: %s", d.Code, sentence)
			}
		}
	}
}

func TestNoTextIsLeftWithoutACode(t *testing.T) {
	texts := 0
	for _, table := range []map[string]entry{boxWords, pictureWords, streamWords, studioWords, fleetWords} {
		texts += len(table)
	}
	if texts != len(All()) {
		t.Errorf("%d texts for %d codes", texts, len(All()))
	}
}

func TestNoTwoCodesShareATitle(t *testing.T) {
	for _, lang := range langs {
		seen := map[string]string{}
		for _, d := range All() {
			title := Text(d.Code, lang).Title
			if other := seen[title]; other != "" {
				t.Errorf("%s and %s are both %q", d.Code, other, title)
			}
			seen[title] = d.Code
		}
	}
}

func TestOtherLanguagesGetEnglishAndRegionsTheirLanguage(t *testing.T) {
	for lang, as := range map[string]string{"": "en", "de": "en", "en-GB": "en", "ja-JP": "ja", "JA": "ja", "zh-CN": "zh", "zh-Hant-TW": "zh"} {
		if Text(CameraLost, lang) != Text(CameraLost, as) {
			t.Errorf("%q: %s", lang, Text(CameraLost, lang).Title)
		}
	}
	if Text("nonsense", "en") != (Words{}) {
		t.Error("an unknown code has words")
	}
}

func TestTheTableIsSortedByHarmAndSaysWhatIsDead(t *testing.T) {
	rank := map[string]int{Fault: 0, Warn: 1, Info: 2}
	seen, last := map[string]bool{}, 0
	for _, d := range All() {
		r, known := rank[d.Severity]
		if !known || r < last || seen[d.Code] {
			t.Errorf("%+v: severity unknown or out of order, or there twice", d)
		}
		seen[d.Code], last = true, r
		if !slices.Contains([]Concerns{Box, Camera, Stream, Line, Studio, Fleet}, d.Concerns) {
			t.Errorf("%s concerns %q", d.Code, d.Concerns)
		}
		if of, ok := Of(d.Code); !ok || of != d {
			t.Errorf("%s is looked up as %+v", d.Code, of)
		}
		if len(d.Code) > 40 || strings.Trim(d.Code, "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("code %q does not fit into an event", d.Code)
		}
	}
	if box, _ := Of(BoxLost); box.Concerns != Box {
		t.Error("a silent box does not concern the box")
	}
	if stream, _ := Of(StreamDead); stream.Concerns != Stream {
		t.Error("a dead stream does not concern the stream")
	}
	if _, ok := Of("nonsense"); ok {
		t.Error("an unknown code is known")
	}
}
