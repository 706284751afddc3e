package seal

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"studiobox/provisioning/contract"
)

// FuzzOpen holds that rubbish is refused with a reason, and that what is opened
// was sealed: nobody can sign with anna's key here, so only the seeds open.
func FuzzOpen(f *testing.F) {
	c := newCast(f)
	one := sealed(f, TypeCommand, bodyOf(f, contract.OpStop), c.anna)
	two := sealed(f, TypeCommand, bodyOf(f, contract.OpWipe), c.anna, c.bob)
	bodies := []string{string(bodyOf(f, contract.OpStop)), string(bodyOf(f, contract.OpWipe))}
	f.Add(one)
	f.Add(two)
	f.Add([]byte(strings.Replace(string(one), ".", "..", 1)))
	f.Add([]byte(`{"payload":"","signatures":[{"protected":"","signature":""}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		body, signers, err := c.ring.Open(TypeCommand, text)
		var refused *Refused
		if err != nil && (!errors.As(err, &refused) || refused.Why == "" || body != nil || signers != nil) {
			t.Fatalf("refused without a reason: %v", err)
		}
		if err == nil && (!slices.Contains(bodies, string(body)) || len(signers) == 0) {
			t.Fatalf("opened what was never sealed: %s", text)
		}
		_, _, _ = c.ring.Command(text)
		_, _, _ = c.ring.Want(text)
	})
}

func FuzzParseKeyring(f *testing.F) {
	key := newKey(f, "ops:anna", contract.Classes()...)
	set, err := JoinKeys(key.Public())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(set)
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","who":"x","classes":["look"]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		ring, err := ParseKeyring(text)
		if err != nil {
			return
		}
		for _, s := range ring.Signers() {
			if len(s.Kid) != 43 || s.Who == "" || len(s.Classes) == 0 {
				t.Errorf("signer %+v", s)
			}
		}
	})
}
