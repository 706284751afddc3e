package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// leaveFile holds, in the data directory, what the business decided on the box's
// page. A wipe takes it away.
const leaveFile = "remote-start.json"

// leave is the business's answer to whether a show may start without a press on
// the box. It outlives the program; without an answer there is no leave.
type leave struct {
	path    string
	allowed atomic.Bool
	disk    sync.Mutex
}

// leaveRecord is the file.
type leaveRecord struct {
	Allowed bool `json:"allowed"`
}

// openLeave reads the answer. With an error it is no: nobody can tell what it was.
func openLeave(path string) (*leave, error) {
	l := &leave{path: path}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	var record leaveRecord
	if err == nil {
		err = json.Unmarshal(text, &record)
	}
	if err != nil {
		return l, fmt.Errorf("leave to start from afar: %w; answer again on the box's page", err)
	}
	l.allowed.Store(record.Allowed)
	return l, nil
}

// save keeps the newest answer. When it returns nil the answer is on disk. One that
// cannot be kept counts as no at the next start, if the disk lets the old one go.
func (l *leave) save() error {
	l.disk.Lock()
	defer l.disk.Unlock()
	text, err := json.Marshal(leaveRecord{l.allowed.Load()})
	if err == nil {
		err = replaceFile(l.path, text)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("leave to start from afar: %w", err), os.RemoveAll(l.path))
	}
	return nil
}

// replaceFile writes a file whole or not at all, also through a power cut.
func replaceFile(path string, text []byte) error {
	fresh := path + ".new"
	file, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
