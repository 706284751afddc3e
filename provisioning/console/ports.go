package console

import (
	"context"
	"net/http"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract/seal"
)

// Gate lets people in, and refuses posts that were not made from a page of
// ours. [signin.Gate] is one.
type Gate interface {
	Handler() http.Handler // of all paths below signin.Path
	Require(next http.Handler) http.Handler
	Watch(next http.Handler) http.Handler // as Require, for what is no use of a session
}

// Picture is the present of all boxes at a glance.
type Picture interface {
	Counts(scope roster.Scope) roster.Counts
	Attention(scope roster.Scope, now time.Time) roster.Attention
}

// Finder finds boxes in the present picture. What is not in the scope does not
// exist.
type Finder interface {
	Search(scope roster.Scope, filter roster.Filter, cursor string, limit int) roster.Found
	Facets(scope roster.Scope) roster.Facets
	Box(scope roster.Scope, tenant, id string) (roster.Box, bool)
}

// Marks are what people of a scope say of rows of attention, as the present
// picture has them. [roster.Roster] is one.
type Marks interface {
	Mark(scope roster.Scope, key string) roster.Mark
	SetMark(scope roster.Scope, mark roster.Mark)
}

// MarkKeeper keeps what people say, for this console's next start and for the
// others. [book.Book] is one.
type MarkKeeper interface {
	SetMark(ctx context.Context, scope roster.Scope, mark roster.Mark) error
}

// Trend is the past of the counts. [book.Book] is one.
type Trend interface {
	Sparks(ctx context.Context, scope roster.Scope, from time.Time) ([]book.Spark, error)
}

// Past is what boxes did. [book.Book] is one.
type Past interface {
	Timeline(ctx context.Context, scope roster.Scope, tenant, box string, from, to time.Time) ([]book.Span, error)
	Events(ctx context.Context, scope roster.Scope, tenant, box string, before time.Time, limit int) ([]book.Event, error)
	Gaps(ctx context.Context, scope roster.Scope, tenant, box string) ([]book.Gap, error)
}

// Ledger keeps commands and what became of them. [book.Book] is one.
type Ledger interface {
	AddCommand(ctx context.Context, command book.Command) error
	FinishDraft(ctx context.Context, scope roster.Scope, command book.Command) error
	Commands(ctx context.Context, scope roster.Scope, tenant, box string, limit int) ([]book.Command, error)
}

// Drafts keeps commands that wait for a second signature. [book.Book] is one.
type Drafts interface {
	AddDraft(ctx context.Context, draft book.Draft) error
	Drafts(ctx context.Context, scope roster.Scope, now time.Time) ([]book.Draft, error)
	DropDraft(ctx context.Context, scope roster.Scope, id string, now time.Time) error
}

// Warden shuts boxes out of the picture and lets them in again, and tells who
// did what to one. [book.Book] is one.
type Warden interface {
	Quarantine(ctx context.Context, scope roster.Scope, tenant, box, who string, on bool) (bool, error)
	Acts(ctx context.Context, scope roster.Scope, tenant, box string, limit int) ([]book.Act, error)
}

// Sender hands a sealed command to the broker.
type Sender interface {
	Send(ctx context.Context, tenant, box string, sealed []byte) error
}

// Keys gives the keyring that is in force.
type Keys interface {
	Keyring() *seal.Keyring
}
