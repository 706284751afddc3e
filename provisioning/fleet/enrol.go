package fleet

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

// enrol puts somebody's public key into the file, for every class. It is the
// demo's: elsewhere people compare a key by voice and choose its classes.
func (k *keyFile) enrol(who string, key []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	member := map[string]json.RawMessage{}
	if err := json.Unmarshal(key, &member); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	owner, err := json.Marshal(who)
	if err != nil {
		return err
	}
	classes, err := json.Marshal(contract.Classes())
	if err != nil {
		return err
	}
	member["who"], member["classes"] = owner, classes
	fresh, err := json.Marshal(member)
	if err != nil {
		return err
	}
	return k.append(fresh)
}

// append adds a public key to the file's set.
func (k *keyFile) append(key json.RawMessage) error {
	text, err := os.ReadFile(k.path)
	if err != nil {
		return err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return fmt.Errorf("%s: %w", k.path, err)
	}
	set.Keys = append(set.Keys, key)
	if text, err = json.Marshal(set); err != nil {
		return err
	}
	if _, err := seal.ParseKeyring(text); err != nil {
		return err // a box would refuse the whole set
	}
	if err := writeFile(k.path, 0o644, func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err }); err != nil {
		return err
	}
	return k.read()
}
