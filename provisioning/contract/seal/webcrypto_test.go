package seal

import (
	"bytes"
	"os/exec"
	"testing"

	"studiobox/provisioning/contract"
)

func TestASealMadeByWebCryptoOpens(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		if testing.Short() {
			t.Skip("no node here")
		}
		t.Fatal("node is missing: install the Debian package nodejs")
	}
	output, err := exec.Command(node, "testdata/webcrypto.mjs", string(bodyOf(t, contract.OpStop))).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(output), []byte("\n"))
	set, err := JoinKeys(lines[0])
	if err != nil {
		t.Fatal(err)
	}
	ring, err := ParseKeyring(set)
	if err != nil {
		t.Fatal(err)
	}
	c, signers, err := ring.Command(lines[1])
	if err != nil || c.Op != contract.OpStop || signers[0].Who != "ops:anna" {
		t.Errorf("%+v, %v, %v", c, signers, err)
	}
	// A second person signs on another machine; the console puts both together.
	bob := newKey(t, "ops:bob", contract.ClassStream)
	joined, err := Join(lines[1], sealed(t, TypeCommand, bodyOf(t, contract.OpStop), bob))
	if err != nil {
		t.Fatal(err)
	}
	if set, err = JoinKeys(lines[0], bob.Public()); err != nil {
		t.Fatal(err)
	}
	if ring, err = ParseKeyring(set); err != nil {
		t.Fatal(err)
	}
	if _, signers, err := ring.Command(joined); err != nil || len(signers) != 2 {
		t.Errorf("%v, %v", signers, err)
	}
}
