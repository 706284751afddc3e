package fleet

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"studiobox/provisioning/contract/seal"
)

// keyFile is the ring of public keys in force: that of a file, which people add
// keys to while the console runs.
type keyFile struct {
	path string // empty: nobody's signature counts
	log  *slog.Logger
	ring atomic.Pointer[seal.Keyring]
	mu   sync.Mutex // of the file
	seen os.FileInfo
}

// openKeys reads the file; one that cannot be read is an error only now.
func openKeys(path string, log *slog.Logger) (*keyFile, error) {
	k := &keyFile{path: path, log: log}
	k.ring.Store(new(seal.Keyring))
	if path == "" {
		return k, nil
	}
	if err := k.read(); err != nil {
		return nil, err
	}
	return k, nil
}

// Keyring is the ring in force; never nil.
func (k *keyFile) Keyring() *seal.Keyring { return k.ring.Load() }

// Run takes changes of the file over until ctx ends. A file that cannot be read
// leaves the ring that is in force.
func (k *keyFile) Run(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if changed, err := k.again(); err != nil {
			k.log.Error("command keys: the file changed and cannot be read; the keys before it stay in force", "error", err)
		} else if changed {
			k.log.Info("command keys: read anew", "keys", len(k.Keyring().Signers()))
		}
	}
}

// again reads the file if it has changed.
func (k *keyFile) again() (changed bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.path == "" || !k.changed() {
		return false, nil
	}
	return true, k.read()
}

func (k *keyFile) changed() bool {
	info, err := os.Stat(k.path)
	return err == nil && (k.seen == nil || info.ModTime() != k.seen.ModTime() || info.Size() != k.seen.Size())
}

func (k *keyFile) read() error {
	info, err := os.Stat(k.path)
	if err != nil {
		return err
	}
	k.seen = info // whatever is in it, it is read once
	ring, err := readRing(k.path)
	if err != nil {
		return err
	}
	k.ring.Store(ring)
	return nil
}
