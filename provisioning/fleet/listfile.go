package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
)

// listFile keeps the book's list of boxes in step with the bank's file: what the
// file adds or changes is taken over as it is written. Nothing is taken off by
// that, since a file may be cut short: studiofleet import --remove does.
type listFile struct {
	path string // empty: there is none
	book *book.Book
	log  *slog.Logger
	seen os.FileInfo
}

// openList takes the file over; one that cannot be read is an error only now.
func openList(ctx context.Context, path string, kept *book.Book, log *slog.Logger) (*listFile, error) {
	l := &listFile{path: path, book: kept, log: log}
	if path == "" {
		return l, nil
	}
	return l, l.read(ctx)
}

// Run takes changes of the file over until ctx ends. A file that cannot be read
// leaves the list as it is.
func (l *listFile) Run(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if l.path == "" || !l.changed() {
			continue
		}
		if err := l.read(ctx); err != nil && ctx.Err() == nil {
			l.log.Error("list of boxes: the file changed and was not taken over; the list before it stays", "error", err)
		}
	}
}

func (l *listFile) changed() bool {
	info, err := os.Stat(l.path)
	return err == nil && (l.seen == nil || info.ModTime() != l.seen.ModTime() || info.Size() != l.seen.Size())
}

func (l *listFile) read(ctx context.Context) error {
	info, err := os.Stat(l.path)
	if err != nil {
		return fmt.Errorf("list of boxes: %w", err)
	}
	l.seen = info // whatever is in it, it is read once
	boxes, err := readBoxList(l.path)
	if err != nil {
		return err
	}
	all := roster.Scope{All: true}
	missing, err := l.book.Replace(ctx, all, "", boxes, true)
	if err != nil {
		return err
	}
	done, err := l.book.Import(ctx, all, boxes, false)
	if err != nil {
		return err
	}
	l.log.Info("list of boxes", "file", l.path, "new", done.New, "changed", done.Changed, "same", done.Same)
	if len(done.Elsewhere) > 0 {
		l.log.Warn("list of boxes: other tenants had these before", "boxes", strings.Join(done.Elsewhere, " "))
	}
	if missing.Removed > 0 {
		l.log.Warn("list of boxes: these are not on it any more and stay; take them off with studiofleet import --remove",
			"number", missing.Removed, "boxes", strings.Join(missing.RemovedBoxes, " "))
	}
	return nil
}
