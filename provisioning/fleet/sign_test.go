package fleet

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

// folder is one with the keys of three people and the ring of two of them.
type folder struct{ dir string }

func newFolder(t *testing.T) folder {
	t.Helper()
	d := folder{t.TempDir()}
	for _, who := range []string{"one", "two", "stranger"} {
		d.must(t, "sign", "key", "--who", who, "--class", "look,soft,stream,system,danger", "--out", d.path(who))
	}
	d.must(t, "sign", "ring", "--out", d.path("ring"), d.path("one.pub"), d.path("two.pub"))
	return d
}

func (d folder) path(name string) string { return filepath.Join(d.dir, name) }

func (d folder) run(t *testing.T, args ...string) (code int, out, told string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Run(t.Context(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func (d folder) must(t *testing.T, args ...string) (out, told string) {
	t.Helper()
	code, out, told := d.run(t, args...)
	if code != 0 {
		t.Fatalf("studiofleet %s: %s", strings.Join(args, " "), told)
	}
	return out, told
}

func (d folder) ring(t *testing.T) *seal.Keyring {
	t.Helper()
	ring, err := readRing(d.path("ring"))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestASignedCommandOpensWithTheRingAndWasSaidInWords(t *testing.T) {
	d := newFolder(t)
	out, told := d.must(t, "sign", "command", "--key", d.path("one"), "--tenant", "b-0001", "--box", "SIM-00001",
		"--op", "burst", "--minutes", "10", "--valid", "90s")
	command, signers, err := d.ring(t).Command(bytes.TrimSpace([]byte(out)))
	if err != nil {
		t.Fatal(err)
	}
	if command.Op != contract.OpBurst || command.Arg.Minutes != 10 || command.Box != "b-0001/SIM-00001" || command.Exp-command.Iat != 90 {
		t.Errorf("signed %+v", command)
	}
	if len(signers) != 1 || signers[0].Who != "one" {
		t.Errorf("signed by %v", signers)
	}
	for _, word := range []string{"b-0001/SIM-00001", "every 15 s for 10 minutes", "class look", command.ID} {
		if !strings.Contains(told, word) {
			t.Errorf("the words do not say %q: %s", word, told)
		}
	}
}

func TestADangerousCommandOpensOnlyWithASecondPersonsSignature(t *testing.T) {
	d := newFolder(t)
	args := []string{"sign", "command", "--key", d.path("one"), "--tenant", "b-0001", "--box", "SIM-00001", "--op", "wipe", "--out", d.path("half")}
	_, told := d.must(t, args...)
	if !strings.Contains(told, "FORGET EVERYTHING") || !strings.Contains(told, "two people") {
		t.Errorf("the words do not warn: %s", told)
	}
	half, err := os.ReadFile(d.path("half"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.ring(t).Command(trimmed(half)); err == nil {
		t.Error("one signature is enough")
	}
	whole, told := d.must(t, "sign", "second", "--key", d.path("two"), "--ring", d.path("ring"), d.path("half"))
	if !strings.Contains(told, "FORGET EVERYTHING") || !strings.Contains(told, "Signed before by one") {
		t.Errorf("the second person is not told what is signed: %s", told)
	}
	command, signers, err := d.ring(t).Command(bytes.TrimSpace([]byte(whole)))
	if err != nil || command.Op != contract.OpWipe || len(signers) != 2 {
		t.Errorf("got %+v by %v, %v", command, signers, err)
	}
}

func TestASecondSignatureIsRefusedUnderAStrangersFirst(t *testing.T) {
	d := newFolder(t)
	d.must(t, "sign", "command", "--key", d.path("stranger"), "--tenant", "b-0001", "--box", "SIM-00001", "--op", "wipe", "--out", d.path("half"))
	if code, _, told := d.run(t, "sign", "second", "--key", d.path("two"), "--ring", d.path("ring"), d.path("half")); code != 1 || !strings.Contains(told, "unknown_key") {
		t.Errorf("code %d: %s", code, told)
	}
}

func TestSignedSettingsOpenWithTheRing(t *testing.T) {
	d := newFolder(t)
	out, told := d.must(t, "sign", "want", "--key", d.path("one"), "--tenant", "b-0001", "--box", "SIM-00001", "--rev", "7", "--health", "300", "--ceiling", "4000")
	want, _, err := d.ring(t).Want(bytes.TrimSpace([]byte(out)))
	if err != nil || want.Rev != 7 || want.Health != 300 || want.Ceiling != 4000 || want.Floor != 0 {
		t.Errorf("got %+v, %v", want, err)
	}
	if !strings.Contains(told, "revision 7: health every 300 s, shows at no more than 4000 kbit/s") {
		t.Errorf("the words: %s", told)
	}
	if time.Since(time.Unix(want.Iat, 0)) > time.Minute {
		t.Errorf("signed at %d", want.Iat)
	}
}

func TestAKeyIsSecretAndNeverWrittenOver(t *testing.T) {
	d := newFolder(t)
	info, err := os.Stat(d.path("one"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	before, _ := os.ReadFile(d.path("one"))
	if code, _, told := d.run(t, "sign", "key", "--who", "one", "--class", "look", "--out", d.path("one")); code != 1 || !strings.Contains(told, "there already") {
		t.Errorf("code %d: %s", code, told)
	}
	if after, _ := os.ReadFile(d.path("one")); !bytes.Equal(before, after) {
		t.Error("the key is another now")
	}
	if code, _, told := d.run(t, "sign", "ring", "--out", d.path("bad"), d.path("one")); code != 1 {
		t.Errorf("a private key went into a ring that every box gets: %s", told)
	}
}

func TestWhatCannotBeSignedIsRefusedBeforeAKeyIsRead(t *testing.T) {
	d := folder{t.TempDir()}
	for name, args := range map[string][]string{
		"a wildcard as tenant": {"--tenant", "+", "--box", "SIM-00001", "--op", "ping"},
		"an unknown operation": {"--tenant", "b-0001", "--box", "SIM-00001", "--op", "shell"},
		"a day and more":       {"--tenant", "b-0001", "--box", "SIM-00001", "--op", "ping", "--valid", "25h"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, told := d.run(t, append([]string{"sign", "command", "--key", d.path("none")}, args...)...)
			if code == 0 || out != "" || strings.Contains(told, "no such file") {
				t.Errorf("code %d, %q, %s", code, out, told)
			}
		})
	}
}
