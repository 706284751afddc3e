package onvif

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

func TestTheTokenIsThatOfTheONVIFProgrammersGuide(t *testing.T) {
	// ONVIF Application Programmer's Guide 1.0, 6.1.1.3: a worked example.
	nonce, err := base64.StdEncoding.DecodeString("LKqI6G/AikKCQrN0zqZFlg==")
	must(t, err)
	created := time.Date(2010, 9, 16, 7, 50, 45, 0, time.UTC)
	got := tokenDigest(nonce, "2010-09-16T07:50:45Z", "userpassword")
	if want := "tuOSpGlFlIXsozq4HFNeeGeFLEI="; got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
	token := usernameToken("us<er", "userpassword", nonce, created)
	for _, part := range []string{"us&lt;er", "2010-09-16T07:50:45.000Z", "LKqI6G/AikKCQrN0zqZFlg=="} {
		if !strings.Contains(token, part) {
			t.Errorf("%s lacks %s", token, part)
		}
	}
	if strings.Contains(token, "userpassword") {
		t.Error("the token has the password in it")
	}
}

func TestDigestAnswersAreThoseOfTheRFCs(t *testing.T) {
	for _, c := range []struct{ header, user, password, uri, want string }{
		{ // RFC 2069 as corrected by errata 749: no qop
			`Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`,
			"Mufasa", "CircleOfLife", "/dir/index.html", `response="1949323746fe6a43ef61f9606e7febea"`},
	} {
		ch := readChallenge([]string{"Basic realm=\"x\"", c.header})
		if ch == nil {
			t.Fatalf("%s is not understood", c.header)
		}
		if got := ch.answer("GET", c.uri, c.user, c.password); !strings.Contains(got, c.want) {
			t.Errorf("%s, want %s in it", got, c.want)
		}
	}
	// RFC 7616, 3.9.1: the same request by both algorithms.
	for algorithm, want := range map[string]string{
		"MD5":     "8ca523f5e9506fed4657c9700eebdbec",
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		ch := &challenge{realm: "http-auth@example.org", nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", algorithm: algorithm, qop: true}
		if got := ch.response("GET", "/dir/index.html", "Mufasa", "Circle of Life", "00000001", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"); got != want {
			t.Errorf("%s: %s, want %s", algorithm, got, want)
		}
	}
}

func TestChallengesThatCannotBeAnsweredArePassedOver(t *testing.T) {
	for header, want := range map[string]bool{
		`Digest realm="a", nonce="b", qop="auth,auth-int"`: true,
		`digest realm="a, b=\"c", nonce=b , stale=TRUE`:    true,
		`Digest realm="a", nonce="b", qop="auth-int"`:      false,
		`Digest realm="a", nonce="b", algorithm=MD5-sess`:  false,
		`Digest realm="a"`: false,
		`Basic realm="a"`:  false,
		`Digest`:           false,
		`Digest nonce="b`:  true,
		`Digest ,,,=,=""`:  false,
	} {
		if got := readChallenge([]string{header}); (got != nil) != want {
			t.Errorf("%s: %+v", header, got)
		}
	}
	both := []string{`Digest realm="a", nonce="1", algorithm=MD5`, `Digest realm="a", nonce="2", algorithm=SHA-256`}
	if got := readChallenge(both); got.nonce != "2" {
		t.Errorf("took %+v, want SHA-256", got)
	}
}

func TestAnElementIsWrittenAsItWasRead(t *testing.T) {
	const text = `<a:Conf xmlns:a="urn:a" xmlns:b="urn:b" token="t&amp;1" b:kind="x"><b:Name>A &lt; B</b:Name><Plain/><b:Rate><b:Limit>5</b:Limit></b:Rate></a:Conf>`
	e, err := parse(strings.NewReader(text))
	must(t, err)
	var b strings.Builder
	e.write(&b, "")
	again, err := parse(strings.NewReader(b.String()))
	must(t, err)
	if again.name.Space != "urn:a" || again.attr("token") != "t&1" || again.attr("kind") != "x" || again.string("Name") != "A < B" ||
		again.find("Plain").name.Space != "" || again.find("Rate", "Limit").name.Space != "urn:b" || again.int("Rate", "Limit") != 5 {
		t.Errorf("written as %s", b.String())
	}
}

func TestAnswersBeyondTheBoundsAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"too deep":  strings.Repeat("<a>", 60) + strings.Repeat("</a>", 60),
		"too many":  "<a>" + strings.Repeat("<b/>", maxNodes+1) + "</a>",
		"cut off":   "<a><b></b>",
		"two roots": "<a/><b/>",
		"empty":     "",
		"an entity": `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`,
	} {
		if _, err := parse(strings.NewReader(text)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`<a xmlns="urn:a"><b c="d">e</b></a>`)
	f.Add(`<?xml version="1.0"?><s:E xmlns:s="urn:s" xmlns:x="urn:x" x:y="1"><s:B/></s:E>`)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parse(strings.NewReader(text))
		if err != nil {
			return
		}
		var once, twice strings.Builder
		e.write(&once, "")
		again, err := parse(strings.NewReader(once.String()))
		if err != nil {
			t.Fatalf("%q was written as %q, which cannot be read", text, once.String())
		}
		if again.write(&twice, ""); once.String() != twice.String() {
			t.Errorf("%q, then %q", once.String(), twice.String())
		}
	})
}
