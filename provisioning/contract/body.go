package contract

import (
	"errors"
	"fmt"
	"strings"

	"studiobox/provisioning/contract/internal/shape"
)

// BodyError says why the body of a command or of wished settings is refused.
type BodyError struct {
	Why Refusal // RefusedBody or RefusedField
	Err error
}

// Error tells what is wrong.
func (e *BodyError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *BodyError) Unwrap() error { return e.Err }

// ParseCommand reads the body of a command: strictly, since a key that is
// overlooked could be the one that changes the meaning. The error is a
// [BodyError]. It judges the form; whether a box obeys is the box's business.
func ParseCommand(body []byte) (Command, error) {
	var c Command
	if err := shape.ReadStrict(body, &c); err != nil {
		return Command{}, bodyError("command", err)
	}
	if c.V != Version {
		return Command{}, bodyError("command", fmt.Errorf("version %d, want %d", c.V, Version))
	}
	if err := CheckID(c.ID); err != nil {
		return Command{}, bodyError("command", err)
	}
	if err := checkAddressee(c.Box); err != nil {
		return Command{}, bodyError("command", err)
	}
	if c.Op == "" || c.Iat != moment(c.Iat) || c.Exp != moment(c.Exp) {
		return Command{}, bodyError("command", errors.New("op must be there, and iat and exp be Unix seconds"))
	}
	return c, nil
}

// ParseWant reads the body of wished settings, as strictly as [ParseCommand].
// Whether a value is one that a box accepts is the box's business.
func ParseWant(body []byte) (Want, error) {
	var w Want
	if err := shape.ReadStrict(body, &w); err != nil {
		return Want{}, bodyError("settings", err)
	}
	if w.V != Version {
		return Want{}, bodyError("settings", fmt.Errorf("version %d, want %d", w.V, Version))
	}
	if err := checkAddressee(w.Box); err != nil {
		return Want{}, bodyError("settings", err)
	}
	if w.Rev < 1 || w.Rev > maxCount || w.Iat != moment(w.Iat) {
		return Want{}, bodyError("settings", errors.New("rev must be from 1, and iat be Unix seconds"))
	}
	return w, nil
}

// checkAddressee refuses what [Addressee] cannot have made.
func checkAddressee(text string) error {
	tenant, box, _ := strings.Cut(text, "/")
	if err := CheckTenant(tenant); err != nil {
		return err
	}
	return CheckBox(box)
}

// bodyError names the refusal of a body that could not be read.
func bodyError(what string, err error) *BodyError {
	why := RefusedBody
	if errors.Is(err, shape.ErrKey) {
		why = RefusedField
	}
	return &BodyError{why, fmt.Errorf("%s: %w", what, err)}
}
