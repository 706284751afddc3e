package seal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"studiobox/provisioning/contract"
)

// The key and its thumbprint in RFC 8037, appendix A.
const (
	rfcX   = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
	rfcD   = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
	rfcKid = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
)

func TestAKeyIsNamedByItsThumbprint(t *testing.T) {
	// As a browser's WebCrypto exports it, with our two members.
	ring, err := ParseKeyring([]byte(`{"keys":[{"crv":"Ed25519","ext":true,"key_ops":["verify"],"kty":"OKP","x":"` + rfcX +
		`","who":"ops:anna","classes":["look","soft"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if s := ring.Signers(); len(s) != 1 || s[0].Kid != rfcKid || s[0].Who != "ops:anna" || len(s[0].Classes) != 2 {
		t.Errorf("signers %+v", s)
	}
}

func TestAKeySurvivesItsFile(t *testing.T) {
	key := newKey(t, "ops:anna", contract.ClassStream)
	again, err := ParseKey(key.JWK())
	if err != nil || again.Kid != key.Kid || again.Who != key.Who || !again.private.Equal(key.private) {
		t.Errorf("%+v, %v", again.Signer, err)
	}
	if bytes.Contains(key.Public(), []byte(`"d"`)) || !bytes.Contains(key.JWK(), []byte(`"d"`)) {
		t.Error("the secret is not where it belongs")
	}
	if _, err := ParseKey(key.Public()); err == nil {
		t.Error("a public key was taken for one that signs")
	}
	if _, err := JoinKeys(key.JWK()); err == nil || !strings.Contains(err.Error(), "private") {
		t.Errorf("a private key was joined: %v", err)
	}
}

func TestHalfAKeyringIsNone(t *testing.T) {
	good := fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","x":%q,"who":"ops:anna","classes":["look"]}`, rfcX)
	if _, err := ParseKeyring([]byte(`{"keys":[` + good + `]}`)); err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{
		"twice":             good + "," + good,
		"private":           strings.Replace(good, `"who"`, `"d":"`+rfcD+`","who"`, 1),
		"another thumb":     strings.Replace(good, `"who"`, `"kid":"anna","who"`, 1),
		"another curve":     strings.Replace(good, "Ed25519", "X25519", 1),
		"another kind":      strings.Replace(good, "OKP", "EC", 1),
		"a secret":          `{"kty":"oct","k":"AAAA","who":"x","classes":["look"]}`,
		"no owner":          strings.Replace(good, `"ops:anna"`, `""`, 1),
		"an odd owner":      strings.Replace(good, `ops:anna`, `ops anna`, 1),
		"no classes":        strings.Replace(good, `["look"]`, `[]`, 1),
		"an unknown class":  strings.Replace(good, `"look"`, `"root"`, 1),
		"a class twice":     strings.Replace(good, `"look"`, `"look","look"`, 1),
		"classes misspelt":  strings.Replace(good, `"classes"`, `"class"`, 1),
		"x too short":       strings.Replace(good, rfcX, rfcX[:40], 1),
		"x twice":           strings.Replace(good, `"who"`, `"x":"`+rfcX+`","who"`, 1),
		"no key":            `{}`,
		"a number":          `1`,
		"not a secret of x": "",
	} {
		if name == "not a secret of x" {
			other := newKey(t, "x", contract.ClassLook)
			text := strings.Replace(string(other.JWK()), base64.RawURLEncoding.EncodeToString(other.private.Public().(ed25519.PublicKey)), rfcX, 1)
			if _, err := ParseKey([]byte(strings.Replace(text, other.Kid, rfcKid, 1))); err == nil {
				t.Error("a key whose halves do not belong together was taken")
			}
			continue
		}
		if _, err := ParseKeyring([]byte(`{"keys":[` + key + `]}`)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, set := range []string{``, `[]`, `{}`, `{"keys":[],"more":1}`, `{"keys":[` + good + `]}x`} {
		if _, err := ParseKeyring([]byte(set)); err == nil {
			t.Errorf("set %q: accepted", set)
		}
	}
}

// forgeFor tells whether a signature that was made without any secret, S = 0 and R =
// the neutral point, holds for one message of many.
func forgeFor(public ed25519.PublicKey) bool {
	neutral := make([]byte, 64)
	neutral[0] = 1
	for i := range 64 {
		if ed25519.Verify(public, fmt.Append(nil, i), neutral) {
			return true
		}
	}
	return false
}

func TestAKeyWithWhichAnybodyCouldSignIsRefused(t *testing.T) {
	for _, y := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		forged := false
		for _, sign := range []byte{0, 0x80} {
			var public [ed25519.PublicKeySize]byte
			if _, err := hex.Decode(public[:], []byte(y)); err != nil {
				t.Fatal(err)
			}
			public[31] |= sign
			// Go's own package refuses an x of 0 with a sign, and so such keys, too.
			forged = forged || forgeFor(public[:])
			key := fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":%q,"who":"x","classes":["look"]}]}`, b64(public[:]))
			if _, err := ParseKeyring([]byte(key)); err == nil {
				t.Errorf("%x: accepted", public)
			}
		}
		if !forged {
			t.Errorf("%s: no signature can be forged: it need not be refused", y)
		}
	}
	if key := newKey(t, "x", contract.ClassLook); forgeFor(key.private.Public().(ed25519.PublicKey)) {
		t.Error("the forger of this test forges for a good key: the test proves nothing")
	}
}

func TestSealsAreJoinedOnlyOverOneBody(t *testing.T) {
	c := newCast(t)
	body := bodyOf(t, contract.OpWipe)
	first, second := sealed(t, TypeCommand, body, c.anna), sealed(t, TypeCommand, body, c.bob)
	joined, err := Join(first, second)
	if err != nil {
		t.Fatal(err)
	}
	if _, signers, err := c.ring.Command(joined); err != nil || len(signers) != 2 {
		t.Errorf("%v, %v", signers, err)
	}
	if _, err := Join(first, sealed(t, TypeCommand, bodyOf(t, contract.OpStop), c.bob)); err == nil {
		t.Error("seals over two bodies were joined")
	}
	if _, err := Join(joined, joined, first); err == nil {
		t.Error("five signatures were joined")
	}
	if _, err := Join([]byte("x.y.z")); err == nil {
		t.Error("rubbish was joined")
	}
}

func TestWhatCannotBeOpenedIsNotSealed(t *testing.T) {
	key := newKey(t, "ops:anna", contract.ClassLook)
	for name, err := range map[string]error{
		"no key":    second(Seal(TypeCommand, []byte("{}"))),
		"zero key":  second(Seal(TypeCommand, []byte("{}"), Key{})),
		"odd type":  second(Seal("JWT", []byte("{}"), key)),
		"too large": second(Seal(TypeCommand, make([]byte, contract.MaxCommand), key)),
	} {
		if err == nil {
			t.Errorf("%s: sealed", name)
		}
	}
	if _, err := NewKey("two words", contract.ClassLook); err == nil {
		t.Error("an owner with a space got a key")
	}
}

func second(_ []byte, err error) error { return err }
