package console

import (
	"encoding/json"
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
	p := c.page(v, v.say.Say("key.title"), "key")
	p.Body = c.cfg.Enrol != nil // whether one press enrols
	c.write(w, v, http.StatusOK, "key", p)
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

// enrol puts the visitor's public key into the keyring, where the console was
// told to: in a demo. Elsewhere there is no such address.
func (c *Console) enrol(w http.ResponseWriter, v *visit) {
	if c.cfg.Enrol == nil {
		c.fail(w, v, http.StatusNotFound)
		return
	}
	var key struct {
		Type  string `json:"kty"`
		Curve string `json:"crv"`
		X     string `json:"x"`
	}
	if err := json.NewDecoder(v.Body).Decode(&key); err != nil {
		c.fail(w, v, http.StatusBadRequest)
		return
	}
	public, err := json.Marshal(key) // its three members and nothing else that was sent
	if err == nil {
		err = c.cfg.Enrol(v.user.Subject, public)
	}
	if err != nil {
		c.log.Warn("a key was not enrolled", "who", v.user.Subject, "error", err)
		c.fail(w, v, http.StatusBadRequest)
		return
	}
	c.log.Info("a key was enrolled", "who", v.user.Subject)
	w.WriteHeader(http.StatusNoContent)
}
