package console

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/console/signin"
	"studiobox/provisioning/contract"
)

// enrolIn makes a user's key in the browser and puts what the page shows into
// the keyring, with the classes that its keeper adds.
func (tc *testConsole) enrolIn(b *browser, user signin.User, classes ...contract.Class) {
	tc.t.Helper()
	server := tc.serve()
	b.as(user, server)
	b.navigate(server + "/key")
	b.until("the page says that there is no key", "document.querySelector('#key-state').textContent && !document.querySelector('#key-make').hidden")
	b.click("#key-make")
	b.until("the public key shows", "document.querySelector('#jwk').textContent")
	var public map[string]any
	if err := json.Unmarshal([]byte(eval[string](b, "document.querySelector('#jwk').textContent")), &public); err != nil {
		tc.t.Fatal(err)
	}
	if public["who"] != user.Subject || public["d"] != nil {
		tc.t.Fatalf("the page shows %v", public)
	}
	public["classes"] = classes
	text, err := json.Marshal(public)
	if err != nil {
		tc.t.Fatal(err)
	}
	tc.keys.enrol(text)
	b.navigate(server + "/key")
	b.until("the page says that the key is enrolled", "document.querySelector('#key-state.good')")
}

// The whole way of a command: the key is made in the browser, the words are
// read, the signature holds at the keyring that boxes use, and the box's answer
// comes to the open page.
func TestACommandSignedInTheBrowserReachesTheBroker(t *testing.T) {
	b, tc := newBrowser(t), walled(t)
	server := tc.serve()
	b.as(olga, server)
	b.open(server+"/box/bank-a/SB-000001", "en", 1280, 900)
	b.click("[data-op=stop]")
	b.until("the words are asked", "document.querySelector('#ask').open")
	b.click("#ask-yes")
	b.until("without a key nothing is signed", "document.querySelector('#said').textContent.includes('no key yet')")

	tc.enrolIn(b, olga, contract.ClassLook, contract.ClassSoft, contract.ClassStream)
	if got := eval[string](b, `(async () => {
		const db = await new Promise((done) => { const r = indexedDB.open("studiobox"); r.onsuccess = () => done(r.result); });
		const pair = await new Promise((done) => { const r = db.transaction("keys").objectStore("keys").get("olga"); r.onsuccess = () => done(r.result); });
		db.close();
		return crypto.subtle.exportKey("jwk", pair.privateKey).then(() => "exported", (e) => e.name);
	})()`); got != "InvalidAccessError" {
		t.Errorf("the secret key could be taken out of the browser: %s", got)
	}

	b.navigate(server + "/box/bank-a/SB-000001")
	b.until("the page is live", "document.querySelector('#fresh').dataset.state === 'live'")
	b.click("[data-op=stop]")
	words := eval[string](b, "document.querySelector('#ask-text').textContent")
	if words != "Stop the show of box SB-000001 of Own Shop?" {
		t.Errorf("what is signed is called %q", words)
	}
	b.shoot("ask-stop", false)
	b.click("#ask button[value=no]")
	time.Sleep(200 * time.Millisecond)
	if n := len(tc.broker.commands()); n != 0 {
		t.Fatalf("a command that was called off was sent %d times", n)
	}
	b.click("[data-op=stop]")
	b.click("#ask-yes")
	b.until("it is sent", "document.querySelector('#said').dataset.code === 'sent'")
	command, signers, err := tc.keys.Keyring().Command(tc.broker.commands()[0].sealed)
	if err != nil || command.Op != contract.OpStop || command.Box != "bank-a/SB-000001" || signers[0].Who != "olga" {
		t.Fatalf("the keyring reads %+v of %+v: %v", command, signers, err)
	}
	if err := contract.CheckID(command.ID); err != nil {
		t.Error(err)
	}
	b.until("it shows as sent", stateSays("sent, no answer yet"))
	tc.book.Keep(roster.Update{Tenant: "bank-a", Box: "SB-000001", At: time.Now(), Ack: &contract.Ack{V: 1, ID: command.ID, St: contract.AckAccepted}})
	tc.flush()
	b.until("its answer shows by itself", stateSays("accepted"))
	tc.book.Keep(roster.Update{Tenant: "bank-a", Box: "SB-000001", At: time.Now(), Ack: &contract.Ack{V: 1, ID: command.ID, St: contract.AckRefused, Why: contract.RefusedState}})
	tc.flush()
	b.until("its end shows with the reason", "document.querySelector('#commands').textContent.includes('cannot do this in its present state')")
	b.shoot("command-refused", true)

	b.click("[data-op=identify]")
	b.click("#ask-yes")
	b.until("a command with an argument is sent", "document.querySelector('#said').dataset.code === 'sent' && document.querySelectorAll('[data-command]').length === 2")
	sent := tc.broker.commands()
	if command, _, err = tc.keys.Keyring().Command(sent[len(sent)-1].sealed); err != nil || command.Arg.Minutes != 15 {
		t.Errorf("%+v %v", command, err)
	}
	b.contentKeptBut("422")
}

func stateSays(text string) string {
	return fmt.Sprintf("document.querySelector('#commands .state')?.textContent === %q", text)
}

func TestTwoPeopleSignADangerousCommandInTheBrowser(t *testing.T) {
	b, tc := newBrowser(t), walled(t)
	server := tc.serve()
	b.as(anna, server)
	b.open(server+"/", "en", 1280, 900)
	tc.enrolIn(b, anna, contract.Classes()...)
	tc.enrolIn(b, ben, contract.Classes()...)

	b.as(anna, server)
	b.navigate(server + "/box/bank-a/SB-000001")
	b.click("[data-op=wipe]")
	b.click("#ask-yes")
	b.until("it waits for the second", "document.querySelector('#said').dataset.code === 'draft'")
	b.until("the first is not asked again", "document.querySelector('.draft')?.textContent.includes('you were the first')")
	if eval[bool](b, "Boolean(document.querySelector('[data-second]'))") {
		t.Error("the first person is offered to sign as the second")
	}
	b.as(ben, server)
	b.navigate(server + "/box/bank-a/SB-000001")
	b.until("the second is asked", "document.querySelector('[data-second]')")
	b.click("[data-second]")
	b.shoot("ask-second", false)
	b.click("#ask-yes")
	b.until("it is sent", "document.querySelector('#said').dataset.code === 'sent'")
	sent := tc.broker.commands()
	if len(sent) != 1 {
		t.Fatalf("%d commands were sent", len(sent))
	}
	command, signers, err := tc.keys.Keyring().Command(sent[0].sealed)
	if err != nil || command.Op != contract.OpWipe || len(signers) != 2 || signers[0].Who == signers[1].Who {
		t.Errorf("%+v %+v %v", command, signers, err)
	}
	b.until("the draft is gone", "!document.querySelector('.draft')")
	b.contentKept()
}

// A draft whose body is not what the page says is not signed: neither a server
// nor a person can slip another command in.
func TestTheBrowserDoesNotSignADraftThatSaysSomethingElse(t *testing.T) {
	b, tc := newBrowser(t), walled(t)
	server := tc.serve()
	b.as(ben, server)
	b.open(server+"/", "en", 1280, 900)
	tc.enrolIn(b, ben, contract.Classes()...)
	annas := newSigner(t, "anna", contract.ClassDanger)
	tc.keys.enrol(annas.Public())
	tc.post(anna, ownPath, sealed(t, order(firstID, ownBox, contract.OpWipe, time.Now()), annas))
	b.navigate(server + "/box/bank-a/SB-000001")
	for _, change := range []string{"box", "op", "id"} {
		eval[bool](b, fmt.Sprintf(`(() => {
			const button = document.querySelector("[data-second]");
			button.kept ??= button.dataset.payload;
			const body = JSON.parse(atob(button.kept.replaceAll("-", "+").replaceAll("_", "/")));
			body[%q] += "X";
			button.dataset.payload = btoa(JSON.stringify(body)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
			document.querySelector("#said").textContent = "";
			button.click();
			return true;
		})()`, change))
		b.until(change+" is noticed", "document.querySelector('#said').textContent.includes('Nothing was signed')")
		if eval[bool](b, "document.querySelector('#ask').open") {
			t.Errorf("%s: the person is asked all the same", change)
		}
	}
	if n := len(tc.broker.commands()); n != 0 {
		t.Errorf("%d commands were sent", n)
	}
}

func TestCountsLeadToListsAndTheAddressIsTheFilter(t *testing.T) {
	b, tc := newBrowser(t), newConsole(t, nil)
	tc.believable(600, time.Now())
	server := tc.serve()
	b.as(anna, server)
	b.open(server+"/", "en", 1280, 900)
	n := eval[string](b, "document.querySelector('#count-rolled_back .figure').textContent")
	b.press("#count-rolled_back a")
	b.until("the list says as many", fmt.Sprintf("document.querySelector('#total').textContent === '%s boxes'", n))
	if at := eval[string](b, "location.pathname + location.search"); at != "/boxes?status=rolled_back" {
		t.Errorf("the address is %s", at)
	}
	eval[bool](b, "(() => { document.querySelector('#filters [name=network]').value = 'Network D'; return true; })()")
	b.press("#filters button")
	b.until("both hold", "document.querySelectorAll('a.chip').length === 2 && [...document.querySelectorAll('#list td:nth-child(5)')].every((c) => c.textContent === 'Network D')")
	here := eval[string](b, "location.href")
	total := eval[string](b, "document.querySelector('#total').textContent")
	b.navigate(server + "/")
	b.navigate(here)
	b.until("the address alone finds the same", fmt.Sprintf("document.querySelector('#total').textContent === %q", total))
	b.press("a.chip")
	b.until("a chip takes its filter away", "document.querySelectorAll('a.chip').length === 1")
	b.press("#list a")
	b.until("a box's page opens", "document.querySelector('#boxhead h1')")
	b.contentKept()
}

// What happens in the fleet shows on the open page within seconds: counts, rows
// that come and go, and a console that is lost says so.
func TestTheOpenPageFollowsTheFleet(t *testing.T) {
	b, tc := newBrowser(t), walled(t)
	server := tc.serve()
	b.as(vera, server)
	b.open(server+"/", "en", 1280, 900)
	b.until("the page is live", "document.querySelector('#fresh').dataset.state === 'live'")
	b.until("the trouble shows", "document.querySelectorAll('#rows .row:not(.legend)').length === 1")
	now := time.Now()
	tc.say("bank-a", "SB-000001", now, roster.Update{Health: &contract.Health{V: 1, TS: now.Unix(), St: "idle"}})
	b.until("the row goes", "!document.querySelector('#rows .row:not(.legend)') && document.querySelector('#quiet')")
	tc.say("bank-a", "SB-000001", now.Add(time.Second), roster.Update{Health: &contract.Health{V: 1, TS: now.Unix(), St: "idle", Al: []string{"camera_lost"}}})
	b.until("another comes", "document.querySelector('#rows .cause')?.textContent.includes('camera') && !document.querySelector('#quiet')")
	if text := eval[string](b, "document.body.innerText"); strings.Contains(text, foreign) {
		t.Error("the other bank shows on the live page")
	}
	tc.gate.signOut(vera)
	b.until("a page whose session is over says so, and leads to the sign-in",
		"document.querySelector('#fresh').dataset.state === 'out' && document.querySelector('#fresh a').getAttribute('href') === '/signin/?return=%2F'")
	b.shoot("signed-out", false)
	tc.gate.signIn(vera)
	eval[bool](b, "document.dispatchEvent(new Event('visibilitychange'))")
	b.until("whoever signed in elsewhere and comes back sees it go on", "document.querySelector('#fresh').dataset.state === 'live'")
}

func TestTheLanguageSwitchIsKept(t *testing.T) {
	b, tc := newBrowser(t), walled(t)
	server := tc.serve()
	b.as(vera, server)
	b.open(server+"/", "en", 1280, 900)
	b.press(".langs [value=zh]")
	b.until("Chinese", "document.documentElement.lang === 'zh' && document.querySelector('h2').textContent === '需要处理'")
	b.navigate(server + "/box/bank-a/SB-000001")
	b.until("Chinese on another page", "document.documentElement.lang === 'zh'")
	b.press(".langs [value=ja]")
	b.until("Japanese, on the same page", "document.documentElement.lang === 'ja' && location.pathname === '/box/bank-a/SB-000001'")
}

// Without scripts everything but signing works: the page is the server's.
func TestThePageWorksWithoutScripts(t *testing.T) {
	b, tc := newBrowser(t), walled(t)
	server := tc.serve()
	b.as(olga, server)
	b.call("Emulation.setScriptExecutionDisabled", parameters{Value: true})
	b.size(1280, 900)
	b.call("Page.navigate", parameters{URL: server + "/"})
	b.until("the row is there", "document.querySelector('#rows .row:not(.legend)')")
	b.click("#rows [value=take]")
	b.until("a button works", "document.querySelector('#rows .owner')?.textContent === 'You look after it'")
}
