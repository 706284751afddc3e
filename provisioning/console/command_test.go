package console

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/console/signin"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

// post sends a seal as the page's script does.
func (tc *testConsole) post(user signin.User, path string, sealed []byte) (int, answered) {
	tc.t.Helper()
	body, err := json.Marshal(map[string]string{"seal": string(sealed)})
	if err != nil {
		tc.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(signin.Header, "token-of-"+user.Subject)
	r.AddCookie(&http.Cookie{Name: "who", Value: user.Subject})
	w := httptest.NewRecorder()
	tc.Handler().ServeHTTP(w, r)
	var got answered
	_ = json.Unmarshal(w.Body.Bytes(), &got)
	return w.Code, got
}

// order is a command's body as a browser makes it.
func order(id, box string, op contract.Op, now time.Time, change ...func(*contract.Command)) []byte {
	c := contract.Command{V: 1, ID: id, Box: box, Op: op, Iat: now.Unix(), Exp: now.Add(time.Minute).Unix()}
	for _, f := range change {
		f(&c)
	}
	text, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return text
}

func sealed(t testing.TB, body []byte, keys ...seal.Key) []byte {
	t.Helper()
	text, err := seal.Seal(seal.TypeCommand, body, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const (
	ownBox  = "bank-a/SB-000001"
	ownPath = "/box/bank-a/SB-000001/command"
	firstID = "01K00000000000000000000001"
	nextID  = "01K00000000000000000000002"
)

// Each way in which a command can be wrong is refused for its own reason, in
// words, and nothing reaches the broker.
func TestAWrongCommandIsRefusedWithItsOwnReason(t *testing.T) {
	tc := walled(t)
	now := time.Now()
	all := contract.Classes()
	olgas, strangers, annas := newSigner(t, "olga", all...), newSigner(t, "olga", all...), newSigner(t, "anna", all...)
	softOnly := newSigner(t, "olga", contract.ClassSoft)
	for _, key := range []seal.Key{olgas, annas, softOnly} {
		tc.keys.enrol(key.Public())
	}
	good := order(firstID, ownBox, contract.OpStop, now)
	with := func(change func(*contract.Command)) []byte {
		return sealed(t, order(firstID, ownBox, contract.OpStop, now, change), olgas)
	}
	bent := sealed(t, good, olgas)
	if at := len(bent) - 40; bent[at] == 'A' {
		bent[at] = 'B'
	} else {
		bent[at] = 'A'
	}
	want, err := seal.Seal(seal.TypeWant, []byte(`{"v":1,"rev":1,"box":"bank-a/SB-000001","iat":1}`), olgas)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		user   signin.User
		sealed []byte
		why    contract.Refusal
	}{
		"no seal at all":             {olga, []byte("hello"), contract.RefusedForm},
		"another kind of seal":       {olga, want, contract.RefusedForm},
		"too large":                  {olga, bytes.Repeat([]byte("x"), contract.MaxCommand+1), contract.RefusedSize},
		"a key that nobody enrolled": {olga, sealed(t, good, strangers), contract.RefusedKey},
		"a changed signature":        {olga, bent, contract.RefusedSignature},
		"no command":                 {olga, sealed(t, []byte(`{"v":9}`), olgas), contract.RefusedBody},
		"a field too many":           {olga, sealed(t, bytes.Replace(good, []byte(`"op"`), []byte(`"force":1,"op"`), 1), olgas), contract.RefusedField},
		"somebody else's key":        {olga, sealed(t, good, annas), refusedOther},
		"two signatures at once":     {olga, sealed(t, good, olgas, annas), contract.RefusedForm},
		"another box":                {olga, with(func(c *contract.Command) { c.Box = "bank-b/SB-000001" }), contract.RefusedBox},
		"an unknown operation":       {olga, with(func(c *contract.Command) { c.Op = "dance" }), contract.RefusedOp},
		"a key of another class":     {olga, sealed(t, good, softOnly), contract.RefusedClass},
		"a viewer's stop":            {vera, sealed(t, good, olgas), refusedOther},
		"an operator's danger":       {olga, with(func(c *contract.Command) { c.Op = contract.OpWipe }), refusedRole},
		"too late":                   {olga, with(func(c *contract.Command) { c.Iat, c.Exp = now.Unix()-90, now.Unix()-30 }), contract.RefusedExpired},
		"from the future":            {olga, with(func(c *contract.Command) { c.Iat, c.Exp = now.Unix()+900, now.Unix()+960 }), contract.RefusedEarly},
		"good for too long":          {olga, with(func(c *contract.Command) { c.Exp = now.Unix() + 3600 }), contract.RefusedValidity},
		"over before it begins":      {olga, with(func(c *contract.Command) { c.Iat, c.Exp = now.Unix()+120, now.Unix()+60 }), contract.RefusedValidity},
	} {
		status, got := tc.post(c.user, ownPath, c.sealed)
		if status != http.StatusUnprocessableEntity || got.Code != string(c.why) || got.Text == "" || got.Text == got.Code {
			t.Errorf("%s: %d %+v, want %s in words", name, status, got, c.why)
		}
	}
	if sent := tc.broker.commands(); len(sent) > 0 {
		t.Errorf("the broker got %d of them", len(sent))
	}
}

func TestASignedCommandReachesItsBoxOnceAndItsAnswerIsShown(t *testing.T) {
	tc := walled(t)
	key := newSigner(t, "olga", contract.ClassStream)
	tc.keys.enrol(key.Public())
	text := sealed(t, order(firstID, ownBox, contract.OpStop, time.Now()), key)
	if status, got := tc.post(olga, ownPath, text); status != http.StatusOK || got.Code != stageSent {
		t.Fatalf("%d %+v", status, got)
	}
	if status, got := tc.post(olga, ownPath, text); got.Code != string(contract.RefusedReplay) {
		t.Errorf("the same command again: %d %+v", status, got)
	}
	sent := tc.broker.commands()
	if len(sent) != 1 || sent[0].address != ownBox || !bytes.Equal(sent[0].sealed, text) {
		t.Fatalf("the broker got %q", sent)
	}
	tc.book.Keep(roster.Update{Tenant: "bank-a", Box: "SB-000001", At: time.Now(), Ack: &contract.Ack{V: 1, ID: firstID, St: contract.AckRefused, Why: contract.RefusedState}})
	tc.flush()
	page := tc.ask(olga, "/box/bank-a/SB-000001", nil).Body.String()
	if !strings.Contains(page, "cannot do this in its present state") {
		t.Error("the box's answer is not on its page")
	}
}

func TestADangerousCommandNeedsTwoDifferentPeople(t *testing.T) {
	tc := walled(t)
	now := time.Now()
	annas, bens, again := newSigner(t, "anna", contract.ClassDanger), newSigner(t, "ben", contract.ClassDanger), newSigner(t, "anna", contract.ClassDanger)
	for _, key := range []seal.Key{annas, bens, again} {
		tc.keys.enrol(key.Public())
	}
	body := order(firstID, ownBox, contract.OpWipe, now)
	expect := func(user signin.User, text []byte, code string) {
		t.Helper()
		if status, got := tc.post(user, ownPath, text); got.Code != code {
			t.Errorf("%d %+v, want %s", status, got, code)
		}
	}
	expect(anna, sealed(t, body, annas), stageDraft)
	expect(anna, sealed(t, body, again), string(refusedSame)) // the same person with another key
	expect(ben, sealed(t, order(firstID, ownBox, contract.OpWipe, now.Add(time.Second)), bens), string(contract.RefusedBody))
	if sent := tc.broker.commands(); len(sent) != 0 {
		t.Fatal("one person's signature was sent")
	}
	expect(ben, sealed(t, body, bens), stageSent)
	sent := tc.broker.commands()
	if len(sent) != 1 {
		t.Fatalf("the broker got %d commands", len(sent))
	}
	command, signers, err := tc.keys.Keyring().Command(sent[0].sealed)
	if err != nil || command.ID != firstID || len(signers) != 2 {
		t.Errorf("what was sent: %+v %+v %v", command, signers, err)
	}
	expect(ben, sealed(t, body, bens), stageDraft) // begins anew, and cannot end: the id was given
	expect(anna, sealed(t, body, annas), string(contract.RefusedReplay))
}

func TestADiscardedDraftCannotBeSigned(t *testing.T) {
	tc := walled(t)
	annas := newSigner(t, "anna", contract.ClassDanger)
	tc.keys.enrol(annas.Public())
	tc.post(anna, ownPath, sealed(t, order(firstID, ownBox, contract.OpWipe, time.Now()), annas))
	page := tc.ask(ben, "/box/bank-a/SB-000001", nil).Body.String()
	if !strings.Contains(page, `data-second="`+firstID+`"`) {
		t.Fatal("the draft is not offered to the second person")
	}
	if w := tc.ask(ben, "/box/bank-a/SB-000001/draft", map[string][]string{"id": {firstID}}); w.Code != http.StatusSeeOther {
		t.Fatalf("discard: %d", w.Code)
	}
	if page := tc.ask(ben, "/box/bank-a/SB-000001", nil).Body.String(); strings.Contains(page, `data-second="`) {
		t.Error("the draft is still offered")
	}
}

func TestACommandWaitsForABrokerThatIsAway(t *testing.T) {
	tc := walled(t)
	key := newSigner(t, "olga", contract.ClassSoft)
	tc.keys.enrol(key.Public())
	tc.broker.away = true
	if _, got := tc.post(olga, ownPath, sealed(t, order(firstID, ownBox, contract.OpIdentify, time.Now()), key)); got.Code != stageWaiting {
		t.Errorf("%+v", got)
	}
	if page := tc.ask(olga, "/box/bank-a/SB-000001", nil).Body.String(); !strings.Contains(page, "not sent yet") {
		t.Error("the page does not say that it waits")
	}
}

func TestNobodyIsOfferedWhatTheRoleForbids(t *testing.T) {
	tc := walled(t)
	for user, want := range map[signin.User][]contract.Op{
		vera: {contract.OpPing, contract.OpBurst},
		olga: {contract.OpPing, contract.OpBurst, contract.OpIdentify, contract.OpLook, contract.OpStop, contract.OpStart, contract.OpRestart},
		anna: contract.Ops(),
	} {
		page := tc.ask(user, "/box/bank-a/SB-000001", nil).Body.String()
		for _, op := range contract.Ops() {
			if got := strings.Contains(page, `data-op="`+string(op)+`"`); got != slices.Contains(want, op) {
				t.Errorf("%s is offered %s: %t", user.Subject, op, got)
			}
		}
	}
}

// A body larger than any command is cut off before it is read.
func TestAHugeBodyIsRefused(t *testing.T) {
	tc := walled(t)
	r := httptest.NewRequest(http.MethodPost, ownPath, io.LimitReader(zeros{}, 100<<20))
	r.Header.Set(signin.Header, "token-of-olga")
	r.AddCookie(&http.Cookie{Name: "who", Value: "olga"})
	w := httptest.NewRecorder()
	tc.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d", w.Code)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}
