package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"studiobox/provisioning/contract"
)

// b64 is base64 as a JWS has it.
func b64(text []byte) string { return base64.RawURLEncoding.EncodeToString(text) }

// signAs makes a compact JWS with any protected header, signed truly.
func signAs(protected string, body []byte, key Key) string {
	input := b64([]byte(protected)) + "." + b64(body)
	return input + "." + b64(ed25519.Sign(key.private, []byte(input)))
}

// protectedOf is the header that Seal writes, with more members.
func protectedOf(typ, kid, more string) string {
	return fmt.Sprintf(`{"alg":"EdDSA","kid":%q,"typ":%q%s}`, kid, typ, more)
}

// generalOf is a general JWS of compact ones.
func generalOf(t *testing.T, more string, compact ...string) []byte {
	t.Helper()
	var signatures []string
	var payload string
	for _, text := range compact {
		part := strings.Split(text, ".")
		payload = part[1]
		signatures = append(signatures, fmt.Sprintf(`{"protected":%q,"signature":%q%s}`, part[0], part[2], more))
	}
	return fmt.Appendf(nil, `{"payload":%q,"signatures":[%s]}`, payload, strings.Join(signatures, ","))
}

// cast is everybody in the table of forgeries. The box knows anna, her second
// key, bob and viewer; it does not know mallory.
type cast struct {
	anna, anna2, bob, viewer, mallory Key
	ring                              *Keyring
}

func newCast(t testing.TB) cast {
	c := cast{
		anna: newKey(t, "ops:anna", contract.Classes()...), anna2: newKey(t, "OPS:Anna", contract.Classes()...),
		bob: newKey(t, "ops:bob", contract.Classes()...), viewer: newKey(t, "ops:viewer", contract.ClassLook),
		mallory: newKey(t, "ops:anna", contract.Classes()...),
	}
	c.ring = ringOf(t, c.anna, c.anna2, c.bob, c.viewer)
	return c
}

// forgery is one row: what comes in, and why it is refused.
type forgery struct {
	name string
	text []byte
	want contract.Refusal
	id   string // of the command, where the refusal may tell it
}

func TestEachForgedVariantIsRefusedForItsOwnReason(t *testing.T) {
	c := newCast(t)
	for _, f := range slices.Concat(wrongForms(t, c), wrongKeys(t, c), wrongBodies(t, c)) {
		_, _, err := c.ring.Command(f.text)
		var refused *Refused
		if !errors.As(err, &refused) || refused.Why != f.want || refused.ID != f.id {
			t.Errorf("%s: %v, want %s with id %q\n%s", f.name, err, f.want, f.id, f.text)
		}
	}
}

func wrongForms(t *testing.T, c cast) []forgery {
	body := bodyOf(t, contract.OpStop)
	good := string(sealed(t, TypeCommand, body, c.anna))
	part := strings.Split(good, ".")
	plain := protectedOf(TypeCommand, c.anna.Kid, "")
	hs := func(alg string) []byte {
		input := b64(fmt.Appendf(nil, `{"alg":%q,"kid":%q,"typ":%q}`, alg, c.anna.Kid, TypeCommand)) + "." + part[1]
		mac := hmac.New(sha256.New, c.anna.private.Public().(ed25519.PublicKey))
		mac.Write([]byte(input))
		return []byte(input + "." + b64(mac.Sum(nil)))
	}
	rows := []forgery{
		{name: "nothing", text: nil},
		{name: "text", text: []byte("stop the show")},
		{name: "a command that nobody signed", text: body},
		{name: "two parts", text: []byte(part[0] + "." + part[1])},
		{name: "four parts", text: []byte(good + ".")},
		{name: "alg none without a signature", text: []byte(b64([]byte(`{"alg":"none"}`)) + "." + part[1] + ".")},
		{name: "alg none with ours", text: []byte(b64([]byte(strings.Replace(plain, "EdDSA", "none", 1))) + "." + part[1] + "." + part[2])},
		{name: "alg in other letters", text: []byte(signAs(strings.Replace(plain, "EdDSA", "eddsa", 1), body, c.anna))},
		{name: "HS256 with the public key as the secret", text: hs("HS256")},
		{name: "HS512 with the public key as the secret", text: hs("HS512")},
		{name: "no alg", text: []byte(signAs(fmt.Sprintf(`{"kid":%q,"typ":%q}`, c.anna.Kid, TypeCommand), body, c.anna))},
		{name: "no kid", text: []byte(signAs(fmt.Sprintf(`{"alg":"EdDSA","typ":%q}`, TypeCommand), body, c.anna))},
		{name: "no typ", text: []byte(signAs(fmt.Sprintf(`{"alg":"EdDSA","kid":%q}`, c.anna.Kid), body, c.anna))},
		{name: "typ of wished settings", text: sealed(t, TypeWant, body, c.anna)},
		{name: "typ of a web token", text: []byte(signAs(protectedOf("JWT", c.anna.Kid, ""), body, c.anna))},
		{name: "alg twice", text: []byte(signAs(protectedOf(TypeCommand, c.anna.Kid, `,"alg":"EdDSA"`), body, c.anna))},
		{name: "kid twice", text: []byte(signAs(protectedOf(TypeCommand, c.mallory.Kid, fmt.Sprintf(`,"kid":%q`, c.anna.Kid)), body, c.anna))},
		{name: "kid in other letters", text: []byte(signAs(protectedOf(TypeCommand, c.mallory.Kid, fmt.Sprintf(`,"KID":%q`, c.anna.Kid)), body, c.anna))},
		{name: "kid of null", text: []byte(signAs(fmt.Sprintf(`{"alg":"EdDSA","kid":null,"typ":%q}`, TypeCommand), body, c.anna))},
		{name: "space around", text: []byte(" " + good + " ")},
		{name: "a line end in the signature", text: []byte(good[:len(good)-5] + "\n" + good[len(good)-5:])},
		{name: "a line end in the body", text: []byte(part[0] + "." + part[1][:8] + "\r\n" + part[1][8:] + "." + part[2])},
		{name: "padded base64", text: []byte(good + "==")},
		{name: "bytes in the signature's spare bits", text: []byte(good[:len(good)-1] + nextLetter(good[len(good)-1]))},
		{name: "a signature too short", text: []byte(part[0] + "." + part[1] + "." + part[2][:84])},
		{name: "an empty body", text: []byte(signAs(plain, nil, c.anna))},
		{name: "the flattened form", text: fmt.Appendf(nil, `{"payload":%q,"protected":%q,"signature":%q}`, part[1], part[0], part[2])},
		{name: "a header that nobody signed", text: generalOf(t, `,"header":{"alg":"EdDSA"}`, good)},
		{name: "the general form without signatures", text: fmt.Appendf(nil, `{"payload":%q,"signatures":[]}`, part[1])},
		{name: "five signatures", text: generalOf(t, "", good, good, good, good, good)},
		{name: "the general form with a tail", text: append(generalOf(t, "", good), '{', '}')},
		{name: "payload twice", text: bytes.Replace(generalOf(t, "", good), []byte(`"signatures"`), fmt.Appendf(nil, `"payload":%q,"signatures"`, part[1]), 1)},
	}
	for _, more := range []string{
		`"crit":["exp"],"exp":1`, `"b64":false,"crit":["b64"]`, `"jwk":` + string(c.mallory.Public()), `"jku":"https://example.net/k"`,
		`"x5u":"https://example.net/c"`, `"x5c":["AA"]`, `"x5t":"AA"`, `"cty":"JWT"`, `"url":"x"`, `"nonce":"x"`, `"zip":"DEF"`,
	} {
		rows = append(rows, forgery{name: "header with " + more, text: []byte(signAs(protectedOf(TypeCommand, c.anna.Kid, ","+more), body, c.anna))})
	}
	for i := range rows {
		rows[i].want = contract.RefusedForm
	}
	large := []byte(signAs(plain, []byte(strings.Repeat(" ", contract.MaxCommand)+string(body)), c.anna))
	return append(rows,
		forgery{name: "too large, signed", text: large, want: contract.RefusedSize},
		forgery{name: "too large, rubbish", text: make([]byte, contract.MaxCommand+1), want: contract.RefusedSize},
		forgery{name: "as large as may be, rubbish", text: make([]byte, contract.MaxCommand), want: contract.RefusedForm})
}

// nextLetter differs from a letter of base64 in the last bit only.
func nextLetter(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, c)^1:][:1]
}

func wrongKeys(t *testing.T, c cast) []forgery {
	body, wipe := bodyOf(t, contract.OpStop), bodyOf(t, contract.OpWipe)
	plain := protectedOf(TypeCommand, c.anna.Kid, "")
	good := string(sealed(t, TypeCommand, body, c.anna))
	other := strings.Split(string(sealed(t, TypeCommand, wipe, c.bob)), ".")
	mixed := string(sealed(t, TypeCommand, body, c.anna)) + "|" + strings.Join([]string{other[0], strings.Split(good, ".")[1], other[2]}, ".")
	zero := strings.Split(good, ".")
	return []forgery{
		{"a key that nobody knows", sealed(t, TypeCommand, body, c.mallory), contract.RefusedKey, ""},
		{"a known key's name over another's signature", []byte(signAs(plain, body, c.mallory)), contract.RefusedSignature, ""},
		{"a signature of zeros", []byte(zero[0] + "." + zero[1] + "." + b64(make([]byte, 64))), contract.RefusedSignature, ""},
		{"the second signature is of a stranger", generalOf(t, "", good, string(sealed(t, TypeCommand, body, c.mallory))), contract.RefusedKey, ""},
		{"the second signature is over another body", generalOf(t, "", strings.Split(mixed, "|")...), contract.RefusedSignature, ""},
		{"a viewer stops the show", sealed(t, TypeCommand, body, c.viewer), contract.RefusedClass, testID},
		{"a viewer signs beside somebody who may", sealed(t, TypeCommand, body, c.anna, c.viewer), contract.RefusedClass, testID},
		{"danger by one person", sealed(t, TypeCommand, wipe, c.anna), contract.RefusedSecond, testID},
		{"danger by one person twice", sealed(t, TypeCommand, wipe, c.anna, c.anna), contract.RefusedSecond, testID},
		{"danger by one person with two keys", sealed(t, TypeCommand, wipe, c.anna, c.anna2), contract.RefusedSecond, testID},
		{"danger by one who may and one who may not", sealed(t, TypeCommand, wipe, c.anna, c.viewer), contract.RefusedClass, testID},
	}
}

func wrongBodies(t *testing.T, c cast) []forgery {
	good := string(bodyOf(t, contract.OpStop))
	row := func(name, body string, want contract.Refusal) forgery {
		f := forgery{name: name, text: sealed(t, TypeCommand, []byte(body), c.anna), want: want}
		if want == contract.RefusedOp {
			f.id = testID
		}
		return f
	}
	replaced := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%s is not in %s", old, good)
		}
		return strings.Replace(good, old, new, 1)
	}
	return []forgery{
		row("no JSON", "stop", contract.RefusedBody),
		row("an array", "["+good+"]", contract.RefusedBody),
		row("null", "null", contract.RefusedBody),
		row("a tail", good+"{}", contract.RefusedBody),
		row("version 2", replaced(`"v":1`, `"v":2`), contract.RefusedBody),
		row("no version", replaced(`"v":1,`, ``), contract.RefusedBody),
		row("no id", replaced(`"id":"`+testID+`",`, ``), contract.RefusedBody),
		row("an id in small letters", replaced(testID, strings.ToLower(testID)), contract.RefusedBody),
		row("an id that is no ULID", replaced(testID, "1"), contract.RefusedBody),
		row("no box", replaced(`"box":"b-0412/SB-4F2A91",`, ``), contract.RefusedBody),
		row("a box with a wildcard", replaced(`b-0412/SB-4F2A91`, `b-0412/+`), contract.RefusedBody),
		row("no op", replaced(`"op":"stop",`, ``), contract.RefusedBody),
		row("no exp", replaced(`,"exp":1795246194`, ``), contract.RefusedBody),
		row("exp of null", replaced(`1795246194`, `null`), contract.RefusedBody),
		row("exp in quotes", replaced(`1795246194`, `"1795246194"`), contract.RefusedBody),
		row("a negative exp", replaced(`1795246194`, `-1`), contract.RefusedBody),
		row("an exp beyond 64 bits", replaced(`1795246194`, `99999999999999999999`), contract.RefusedBody),
		row("exp twice", replaced(`"exp"`, `"exp":1,"exp"`), contract.RefusedBody),
		row("op twice", replaced(`"op":"stop"`, `"op":"ping","op":"stop"`), contract.RefusedBody),
		row("op in other letters", replaced(`"op"`, `"OP":"ping","op"`), contract.RefusedField),
		row("an unknown key", replaced(`"op"`, `"force":1,"op"`), contract.RefusedField),
		row("an unknown key in arg", replaced(`"op"`, `"arg":{"shell":"x"},"op"`), contract.RefusedField),
		row("arg of null", replaced(`"op"`, `"arg":null,"op"`), contract.RefusedBody),
		row("deep JSON", replaced(`"op"`, `"arg":`+strings.Repeat("[", 900)+strings.Repeat("]", 900)+`,"op"`), contract.RefusedBody),
		row("an unknown operation", replaced(`"stop"`, `"shell"`), contract.RefusedOp),
		row("a motion", replaced(`"stop"`, `"turn"`), contract.RefusedOp),
	}
}

func TestNoByteOfAGoodCommandCanBeChanged(t *testing.T) {
	c := newCast(t)
	for _, good := range [][]byte{
		sealed(t, TypeCommand, bodyOf(t, contract.OpStop), c.anna),
		sealed(t, TypeCommand, bodyOf(t, contract.OpWipe), c.anna, c.bob),
	} {
		if _, _, err := c.ring.Command(good); err != nil {
			t.Fatal(err)
		}
		for i := range good {
			for _, flip := range []byte{0x01, 0x20, 0x80, good[i] ^ '\n'} {
				bad := bytes.Clone(good)
				if bad[i] ^= flip; bad[i] == good[i] {
					continue
				}
				if _, _, err := c.ring.Command(bad); err == nil {
					t.Fatalf("byte %d changed from %q to %q: accepted", i, good[i], bad[i])
				}
			}
		}
		for i := range len(good) {
			if _, _, err := c.ring.Command(good[:i]); err == nil {
				t.Fatalf("cut after %d of %d bytes: accepted", i, len(good))
			}
		}
	}
}

func TestWishedSettingsAreSignedByTheSystemClassAndAreNoCommand(t *testing.T) {
	c := newCast(t)
	body, err := json.Marshal(contract.Want{V: 1, Rev: 42, Box: "b-0412/SB-4F2A91", Iat: 1795246134, Health: 300})
	if err != nil {
		t.Fatal(err)
	}
	w, signers, err := c.ring.Want(sealed(t, TypeWant, body, c.anna))
	if err != nil || w.Rev != 42 || w.Health != 300 || signers[0].Who != "ops:anna" {
		t.Errorf("%+v, %v, %v", w, signers, err)
	}
	for name, f := range map[string]forgery{
		"a viewer":       {text: sealed(t, TypeWant, body, c.viewer), want: contract.RefusedClass},
		"as a command":   {text: sealed(t, TypeCommand, body, c.anna), want: contract.RefusedForm},
		"revision 0":     {text: sealed(t, TypeWant, bytes.Replace(body, []byte("42"), []byte("0"), 1), c.anna), want: contract.RefusedBody},
		"an unknown key": {text: sealed(t, TypeWant, bytes.Replace(body, []byte(`"health"`), []byte(`"key"`), 1), c.anna), want: contract.RefusedField},
	} {
		var refused *Refused
		if _, _, err := c.ring.Want(f.text); !errors.As(err, &refused) || refused.Why != f.want {
			t.Errorf("%s: %v, want %s", name, err, f.want)
		}
	}
}

func TestABoxWithoutKeysObeysNobody(t *testing.T) {
	anna := newKey(t, "ops:anna", contract.Classes()...)
	for _, ring := range []*Keyring{nil, {}} {
		var refused *Refused
		if _, _, err := ring.Command(sealed(t, TypeCommand, bodyOf(t, contract.OpPing), anna)); !errors.As(err, &refused) || refused.Why != contract.RefusedNoKeys {
			t.Errorf("%v", err)
		}
	}
}
