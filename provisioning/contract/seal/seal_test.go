package seal

import (
	"encoding/json"
	"slices"
	"testing"

	"studiobox/provisioning/contract"
)

// newKey makes a key and fails the test where that fails.
func newKey(t testing.TB, who string, classes ...contract.Class) Key {
	t.Helper()
	key, err := NewKey(who, classes...)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// ringOf is the keyring of these keys, made the way a box gets it.
func ringOf(t testing.TB, keys ...Key) *Keyring {
	t.Helper()
	var public [][]byte
	for _, key := range keys {
		public = append(public, key.Public())
	}
	set, err := JoinKeys(public...)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := ParseKeyring(set)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// bodyOf is a command's body.
func bodyOf(t testing.TB, op contract.Op) []byte {
	t.Helper()
	body, err := json.Marshal(contract.Command{V: 1, ID: testID, Box: "b-0412/SB-4F2A91", Op: op, Iat: 1795246134, Exp: 1795246194})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

const testID = "01J9Z3N4Q5R6S7T8V9WAXBYCZD"

// sealed signs and fails the test where that fails.
func sealed(t testing.TB, typ string, body []byte, keys ...Key) []byte {
	t.Helper()
	text, err := Seal(typ, body, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestACommandIsReadAsItWasSigned(t *testing.T) {
	anna := newKey(t, "ops:anna", contract.Classes()...)
	bob := newKey(t, "ops:bob", contract.Classes()...)
	ring := ringOf(t, anna, bob)
	for _, keys := range [][]Key{{anna}, {anna, bob}, {bob, anna}} {
		c, signers, err := ring.Command(sealed(t, TypeCommand, bodyOf(t, contract.OpStop), keys...))
		if err != nil || c.ID != testID || c.Op != contract.OpStop || len(signers) != len(keys) {
			t.Fatalf("%+v, %v, %v", c, signers, err)
		}
		for i, signer := range signers {
			if signer.Who != keys[i].Who || signer.Kid != keys[i].Kid || !slices.Equal(signer.Classes, contract.Classes()) {
				t.Errorf("signer %d is %+v", i, signer)
			}
		}
	}
}
