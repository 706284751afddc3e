package panel

import (
	"bytes"
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

// contentTypes are set here, since a small machine may know none.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json",
	".svg":  "image/svg+xml",
}

// languageMark is what the page's file says where the language goes.
const languageMark = `<html lang="en"`

// static holds the page's files with their fingerprints: a browser asks again
// each time, and gets a file only when an update changed it.
type static map[string]staticFile

type staticFile struct {
	body        []byte
	contentType string
	tag         string
}

func newStaticFile(name string, body []byte) staticFile {
	sum := sha256.Sum256(body)
	return staticFile{body, contentTypes[path.Ext(name)], `"` + hex.EncodeToString(sum[:8]) + `"`}
}

func loadStatic() (static, error) {
	files := static{}
	err := fs.WalkDir(web, "web", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := web.ReadFile(name)
		if err != nil {
			return err
		}
		if contentTypes[path.Ext(name)] == "" {
			return fmt.Errorf("%s is of a kind that the page does not serve", name)
		}
		files[name[len("web/"):]] = newStaticFile(name, body)
		return nil
	})
	if err != nil {
		return nil, err
	}
	index := files["index.html"]
	for _, lang := range languages {
		body := bytes.Replace(index.body, []byte(languageMark), []byte(`<html lang="`+lang+`"`), 1)
		files["index."+lang] = newStaticFile("index.html", body)
	}
	return files, nil
}

// serveIndex sends the page with its language set from Accept-Language; the
// page's own switch can overrule it.
func (p *Panel) serveIndex(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept-Language")
	p.static["index."+languageOf(r)].serve(w, r)
}

func (p *Panel) serveFile(w http.ResponseWriter, r *http.Request) {
	file, found := p.static[r.PathValue("file")]
	if !found {
		http.NotFound(w, r)
		return
	}
	file.serve(w, r)
}

func (f staticFile) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", f.tag)
	if r.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", f.contentType)
	_, _ = w.Write(f.body) // the visitor left: nobody to tell
}
