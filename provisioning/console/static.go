package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
)

//go:embed web
var web embed.FS

// contentTypes are set here, since a small machine may know none. Pages and
// texts have none: they are not served as files.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// staticFile is a file with its fingerprint: a browser asks again each time, and
// gets it only when an update changed it.
type staticFile struct {
	body        []byte
	contentType string
	tag         string
}

func loadStatic() (map[string]staticFile, error) {
	files := map[string]staticFile{}
	entries, err := fs.ReadDir(web, "web")
	if err != nil {
		return nil, fmt.Errorf("the console's files: %w", err)
	}
	for _, entry := range entries {
		contentType := contentTypes[path.Ext(entry.Name())]
		if entry.IsDir() || contentType == "" {
			continue
		}
		body, err := fs.ReadFile(web, "web/"+entry.Name())
		if err != nil {
			return nil, fmt.Errorf("the console's files: %w", err)
		}
		sum := sha256.Sum256(body)
		files[entry.Name()] = staticFile{body, contentType, `"` + hex.EncodeToString(sum[:8]) + `"`}
	}
	return files, nil
}

func (c *Console) serveStatic(w http.ResponseWriter, r *http.Request) {
	file, found := c.static[r.PathValue("file")]
	if !found {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", file.tag)
	if r.Header.Get("If-None-Match") == file.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", file.contentType)
	_, _ = w.Write(file.body) // the visitor left: nobody to tell
}
