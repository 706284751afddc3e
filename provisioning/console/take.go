package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
	"studiobox/provisioning/contract/seal"
)

// Why this console does not pass a command on, beside contract's refusals.
const (
	refusedRole       contract.Refusal = "no_role"
	refusedOther      contract.Refusal = "not_you"
	refusedSame       contract.Refusal = "same_person"
	refusedNoDraft    contract.Refusal = "no_draft"
	refusedQuarantine contract.Refusal = "quarantined"
	refusedInternal   contract.Refusal = "internal"
)

// refusedError is a refusal on its way to the browser.
type refusedError struct{ why contract.Refusal }

func (r refusedError) Error() string { return "command refused: " + string(r.why) }

// answered is what a browser is told of what it posted: a code for tests and
// scripts, and words for people.
type answered struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// takeCommand takes what a browser signed, checks it against keyring, role,
// scope and the page that it came from, and has it sent; or keeps it until a
// second person has signed.
func (c *Console) takeCommand(w http.ResponseWriter, v *visit) {
	b, ok := c.box(v)
	if !ok {
		c.fail(w, v, http.StatusNotFound)
		return
	}
	var posted struct {
		Seal string `json:"seal"`
	}
	decoder := json.NewDecoder(v.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&posted); err != nil {
		refuse(w, v, contract.RefusedForm)
		return
	}
	stage, err := c.accept(v, b, []byte(posted.Seal))
	var refused refusedError
	switch {
	case errors.As(err, &refused):
		c.log.Info("a command was refused", "by", v.user.Subject, "box", addressee(b), "why", refused.why)
		refuse(w, v, refused.why)
	case err != nil:
		c.log.Error("a command could not be kept", "by", v.user.Subject, "box", addressee(b), "error", err)
		refuse(w, v, refusedInternal)
	default:
		writeJSON(w, http.StatusOK, answered{stage, v.say.Say("said." + stage)})
	}
}

// The stages of a command that was accepted here, as a browser is told.
const (
	stageSent  = "sent"
	stageDraft = "draft"
)

// accept judges a signed command and does with it what it is for.
func (c *Console) accept(v *visit, b roster.Box, sealed []byte) (stage string, err error) {
	one, err := c.open(v, b, sealed)
	if err != nil {
		return "", err
	}
	ctx := context.WithoutCancel(v.Context()) // a closed tab takes nothing back
	if one.Class == contract.ClassDanger {
		draft, found, err := c.draft(v, b, one.ID)
		if err != nil {
			return "", err
		}
		if !found {
			return stageDraft, c.keepDraft(ctx, one)
		}
		if one, err = second(one, draft); err != nil {
			return "", err
		}
	}
	if _, _, err := c.deps.Keys.Keyring().Command(one.Sealed); err != nil {
		return "", whyOf(err)
	}
	keep := c.deps.Ledger.AddCommand
	if len(one.Signers) > 1 {
		keep = func(ctx context.Context, one book.Command) error { return c.deps.Ledger.FinishDraft(ctx, v.scope, one) }
	}
	if err := keep(ctx, one); err != nil {
		return "", asRefusal(err)
	}
	c.log.Info("a command was signed", "by", one.Signers, "box", addressee(b), "op", one.Op, "id", one.ID)
	if !c.deps.Dispatcher.Give(ctx, one) {
		return stageWaiting, nil
	}
	return stageSent, nil
}

// open checks one person's signature and what it was put under.
func (c *Console) open(v *visit, b roster.Box, sealed []byte) (book.Command, error) {
	body, signers, err := c.deps.Keys.Keyring().Open(seal.TypeCommand, sealed)
	if err != nil {
		return book.Command{}, whyOf(err)
	}
	command, err := contract.ParseCommand(body)
	if err != nil {
		var form *contract.BodyError
		if errors.As(err, &form) {
			return book.Command{}, refusedError{form.Why}
		}
		return book.Command{}, refusedError{contract.RefusedBody}
	}
	class, known := contract.ClassOf(command.Op)
	now := c.cfg.Now()
	why := contract.Refusal("")
	switch {
	case len(signers) != 1:
		why = contract.RefusedForm // each person signs alone; this console joins
	case !strings.EqualFold(signers[0].Who, v.user.Subject):
		why = refusedOther
	case !known:
		why = contract.RefusedOp
	case !v.user.Role.May(leastFor(class)):
		why = refusedRole
	case !slices.Contains(signers[0].Classes, class):
		why = contract.RefusedClass
	case command.Box != addressee(b):
		why = contract.RefusedBox
	case b.Status == roster.Quarantined:
		why = refusedQuarantine
	case command.Exp <= now.Unix():
		why = contract.RefusedExpired
	case command.Iat > now.Add(contract.ClockSlack*time.Second).Unix():
		why = contract.RefusedEarly
	case command.Exp <= command.Iat || command.Exp-command.Iat > int64(ValidFor(class).Seconds()):
		why = contract.RefusedValidity
	}
	if why != "" {
		return book.Command{}, refusedError{why}
	}
	return book.Command{
		ID: command.ID, Tenant: b.Tenant, Box: b.ID, Op: command.Op, Class: class, Body: body, Sealed: sealed,
		Signers: []string{signers[0].Who}, Who: v.user.Subject, At: now, Ends: time.Unix(command.Exp, 0),
	}, nil
}

// whyOf is the refusal in an error of the keyring.
func whyOf(err error) error {
	var refused *seal.Refused
	if errors.As(err, &refused) {
		return refusedError{refused.Why}
	}
	return err
}

// asRefusal makes a refusal of a command that the book has already, or of a
// signature under a draft that is gone.
func asRefusal(err error) error {
	switch {
	case errors.Is(err, book.ErrTwice):
		return refusedError{contract.RefusedReplay}
	case errors.Is(err, book.ErrNoDraft):
		return refusedError{refusedNoDraft}
	}
	return err
}

func refuse(w http.ResponseWriter, v *visit, why contract.Refusal) {
	writeJSON(w, http.StatusUnprocessableEntity, answered{string(why), refusal(v.say, why)})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the visitor left: nobody to tell
}
