package console

import (
	"net/http"
	"strings"

	"studiobox/provisioning/contract"
)

// enrolled is what the keyring says of a key.
type enrolled struct {
	Known   bool             `json:"known"`
	Mine    bool             `json:"mine"`
	Who     string           `json:"who,omitempty"`
	Classes []contract.Class `json:"classes,omitempty"`
	Text    string           `json:"text"`
}

// serveKey is the page of the visitor's own key, which the browser makes.
func (c *Console) serveKey(w http.ResponseWriter, v *visit) {
	c.write(w, v, http.StatusOK, "key", c.page(v, v.say.Say("key.title"), "key"))
}

// serveEnrolled tells whether the keyring has a key of the visitor's. Whose
// other keys are is not told: of them a visitor learns only that they are not
// the visitor's.
func (c *Console) serveEnrolled(w http.ResponseWriter, v *visit) {
	reply := enrolled{Text: v.say.Say("key.unknown")}
	for _, signer := range c.deps.Keys.Keyring().Signers() {
		if signer.Kid != v.PathValue("kid") {
			continue
		}
		reply.Known, reply.Text = true, v.say.Say("key.other")
		if strings.EqualFold(signer.Who, v.user.Subject) {
			reply.Mine, reply.Who, reply.Classes = true, signer.Who, signer.Classes
			var names []string
			for _, class := range signer.Classes {
				names = append(names, v.say.Say("class."+string(class)))
			}
			reply.Text = v.say.Say("key.known", "classes", strings.Join(names, v.say.Say("list.comma")))
		}
	}
	writeJSON(w, http.StatusOK, reply)
}
