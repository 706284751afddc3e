package language

import "testing"

func TestTheBrowsersWishPicksTheLanguage(t *testing.T) {
	for accept, want := range map[string]string{
		"": "en", "*": "en", "de,fr;q=0.9": "en", "ja": "ja", "JA-jp, en;q=0.9": "ja", "en-US;q=0.5, zh-TW;q=0.7": "zh",
		"ja;q=0, zh;q=0.1": "zh", "ja;q=x": "en",
	} {
		if got := Pick(accept); got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
}
