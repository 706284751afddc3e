package console

import (
	"net/http"
	"strings"

	"studiobox/provisioning/console/signin"
)

// route is one address of the console. Every address but files and sign-in has
// one, so that none can forget to ask who is there.
type route struct {
	pattern string      // as http.ServeMux takes it
	least   signin.Role // who may come here
	serve   func(w http.ResponseWriter, v *visit)
}

// byItself tells what an open page asks without anybody at it: that does not
// count as use of a session, which so ends although a page stays open.
func (r route) byItself() bool { return strings.HasPrefix(r.pattern, "GET /live") }

// routes is the whole surface that people with a session reach. What each
// serves is bounded by visit.user.Scope.
func (c *Console) routes() []route {
	return []route{
		{"GET /{$}", signin.Viewer, c.serveFront},
		{"GET /boxes", signin.Viewer, c.serveBoxes},
		{"GET /boxes.csv", signin.Viewer, c.serveCSV},
		{"GET /box/{tenant}/{box}", signin.Viewer, c.serveBox},
		{"GET /live", signin.Viewer, c.liveFront},
		{"GET /live/session", signin.Viewer, c.stillHere},
		{"GET /live/boxes", signin.Viewer, c.liveBoxes},
		{"GET /live/box/{tenant}/{box}", signin.Viewer, c.liveBox},
		{"GET /key", signin.Viewer, c.serveKey},
		{"GET /key/{kid}", signin.Viewer, c.serveEnrolled},
		{"POST /key", signin.Viewer, c.enrol},
		{"POST /language", signin.Viewer, c.setLanguage},
		{"POST /attention", signin.Operator, c.markRow},
		{"POST /box/{tenant}/{box}/command", signin.Viewer, c.takeCommand},
		{"POST /box/{tenant}/{box}/draft", signin.Lead, c.dropDraft},
		{"POST /box/{tenant}/{box}/quarantine", signin.Lead, c.quarantine},
	}
}

func (c *Console) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/{file}", c.serveStatic)
	mux.Handle(signin.Path, c.deps.Gate.Handler())
	for _, r := range c.routes() {
		mux.Handle(r.pattern, c.enter(r))
	}
	mux.Handle("/", c.enter(route{least: signin.Viewer, serve: c.serveNothing}))
	return mux
}

// serveNothing is every address that does not exist.
func (c *Console) serveNothing(w http.ResponseWriter, v *visit) { c.fail(w, v, http.StatusNotFound) }

// enter lets somebody with a session and the role in. The gate has seen to it
// that every post carries the session's token.
func (c *Console) enter(to route) http.Handler {
	require := c.deps.Gate.Require
	if to.byItself() {
		require = c.deps.Gate.Watch
	}
	return require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		v, ok := c.visit(r)
		switch {
		case !ok:
			http.Error(w, "Sign in first.", http.StatusUnauthorized) // a gate that is none
		case !v.user.Role.May(to.least):
			c.fail(w, v, http.StatusForbidden)
		default:
			to.serve(w, v)
		}
	}))
}
