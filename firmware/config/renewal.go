package config

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// identity is the box's certificate and its key, in two files that may be replaced
// while the box runs. Safe for use by several goroutines.
type identity struct {
	box       string // whom it must be made out to
	cert, key string // the files

	mu    sync.Mutex
	pair  *tls.Certificate
	stamp string // of the files that pair came from; empty = not known
}

// now is what the files hold, or held last: while a new pair is being put in
// place, or is not this box's, the old one serves for as long as it is valid.
func (i *identity) now() (*tls.Certificate, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	stamp := i.look()
	if stamp != "" && stamp == i.stamp {
		return i.pair, nil
	}
	pair, err := i.read()
	switch {
	case err == nil:
		i.pair, i.stamp = pair, stamp
	case time.Now().After(i.pair.Leaf.NotAfter):
		return nil, fmt.Errorf("the box's new certificate (mqtt.cert_file, mqtt.key_file) cannot be used: %w", err)
	}
	return i.pair, nil
}

// look tells one version of the files from another.
func (i *identity) look() (stamp string) {
	for _, path := range []string{i.cert, i.key} {
		info, err := os.Stat(path)
		if err != nil {
			return ""
		}
		stamp += fmt.Sprintf("%d %d;", info.ModTime().UnixNano(), info.Size())
	}
	return stamp
}

func (i *identity) read() (*tls.Certificate, error) {
	cert, err := read(i.cert)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", i.cert, err)
	}
	if err := private(i.key); err != nil {
		return nil, err
	}
	key, err := read(i.key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", i.key, err)
	}
	return i.join(cert, key)
}

// join makes a pair, which must be this box's: the broker knows a box by the common
// name, and gives it that box's topics.
func (i *identity) join(cert, key string) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		return nil, fmt.Errorf("does not go with cert_file: %w", err)
	}
	if name := pair.Leaf.Subject.CommonName; name != i.box {
		return nil, fmt.Errorf("the certificate is for %q, and box.id is %q; they must be the same", name, i.box)
	}
	return &pair, nil
}
