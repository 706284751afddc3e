package health

import (
	"strings"
	"testing"
	"unicode"
)

// everyCode lists all codes that people can meet.
func everyCode() []string {
	codes := []string{WhyChecksTimeout, WhyGaveUp, WhyRemoteStart, WhyShutdown, WhyLineButton, WhyLinePanel, WhyBox}
	for _, d := range Definitions() {
		codes = append(codes, d.Code)
	}
	for _, r := range Gate(Facts{}) {
		codes = append(codes, r.Code)
	}
	return codes
}

func TestEveryCodeSpeaksThreeLanguages(t *testing.T) {
	for _, code := range everyCode() {
		for _, lang := range []string{"ja", "en", "zh"} {
			title, mend := Text(code, lang)
			if title == "" || mend == "" {
				t.Errorf("%s has no %s text", code, lang)
				continue
			}
			for _, text := range []string{title, mend} {
				if !written(text, lang) {
					t.Errorf("%s: not %s: %s", code, lang, text)
				}
			}
			if end := map[string]string{"ja": "。", "en": ".", "zh": "。"}[lang]; !strings.HasSuffix(mend, end) || strings.HasSuffix(title, end) {
				t.Errorf("%s, %s: the mend ends with a full stop and the title does not: %q, %q", code, lang, title, mend)
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
	for _, code := range everyCode() {
		title, mend := Text(code, "ja")
		for sentence := range strings.SplitSeq(title+"。"+strings.TrimSuffix(mend, "。"), "。") {
			polite := false
			for _, end := range []string{"ます", "です", "ました", "ません", "でした", "ください"} {
				polite = polite || strings.HasSuffix(sentence, end)
			}
			if !polite {
				t.Errorf("%s: %s", code, sentence)
			}
		}
	}
}

func TestNoTextIsLeftWithoutACode(t *testing.T) {
	if got, want := len(Definitions())+len(checkWords)+len(refusalWords), len(everyCode()); got != want {
		t.Errorf("%d texts for %d codes", got, want)
	}
}

func TestOtherLanguagesGetEnglishAndRegionsTheirLanguage(t *testing.T) {
	for lang, as := range map[string]string{"": "en", "de": "en", "en-GB": "en", "ja-JP": "ja", "JA": "ja", "zh-CN": "zh", "zh-Hant-TW": "zh"} {
		got, _ := Text(CameraLost, lang)
		if want, _ := Text(CameraLost, as); got != want {
			t.Errorf("%q: %s, want %s", lang, got, want)
		}
	}
}

func TestOfSeveralCodesTheFirstIsTold(t *testing.T) {
	got, _ := Text("disk,power", "en")
	if want, _ := Text("disk", "en"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAnUnknownCodeHasNoWords(t *testing.T) {
	for _, code := range []string{"", "nonsense", ",camera"} {
		if title, mend := Text(code, "en"); title != "" || mend != "" {
			t.Errorf("%q: %q, %q", code, title, mend)
		}
	}
}
