package console

import (
	"errors"
	"net/http"
	"time"

	"studiobox/provisioning/console/signin"
)

// The pace of live pages. A list costs a search of the whole fleet, and eyes do
// not read it faster.
const (
	liveTick     = time.Second
	listTick     = 3 * time.Second
	sessionCheck = 5 * time.Second
	quietLimit   = 20 * time.Second // proxies close what says nothing
	pushLimit    = 10 * time.Second // to hand one message to a slow browser
)

// errGone tells that what a page shows is not there any more, or not for this
// visitor.
var errGone = errors.New("it is not there any more")

// partsOf makes the parts of a page for a visit, and completes the page itself.
type partsOf func(v *visit, p *page) ([]part, error)

// delta is one message to a live page: the parts that changed, and the order of
// the parts of slots in which it changed.
type delta struct {
	Parts  map[string]string   `json:"parts,omitempty"`
	Slots  map[string][]string `json:"slots,omitempty"`
	Notice string              `json:"notice"`
	At     string              `json:"at"`
}

// writeLive renders a page with its parts as they are now.
func (c *Console) writeLive(w http.ResponseWriter, v *visit, name string, p page, parts partsOf) {
	list, err := parts(v, &p)
	if errors.Is(err, errGone) {
		c.fail(w, v, http.StatusNotFound)
		return
	}
	if err != nil {
		c.log.Error("a page cannot be made", "page", name, "error", err)
		c.fail(w, v, http.StatusInternalServerError)
		return
	}
	rendered, err := c.renderParts(p, list)
	if err != nil {
		c.log.Error("a page cannot be rendered", "page", name, "error", err)
		c.fail(w, v, http.StatusInternalServerError)
		return
	}
	p.fill(rendered)
	c.write(w, v, http.StatusOK, name, p)
}

func (c *Console) liveFront(w http.ResponseWriter, v *visit) {
	c.live(w, v, "/", liveTick, c.frontParts)
}

func (c *Console) liveBoxes(w http.ResponseWriter, v *visit) {
	query := v.URL.Query()
	query.Del("seen")
	c.live(w, v, "/boxes?"+query.Encode(), listTick, c.boxesParts)
}

func (c *Console) liveBox(w http.ResponseWriter, v *visit) {
	b, ok := c.box(v)
	if !ok {
		c.fail(w, v, http.StatusNotFound)
		return
	}
	c.live(w, v, boxPath(b.Tenant, b.ID), liveTick, c.boxParts)
}

// stillHere answers an open page that asks whether its session holds; the gate
// answers when it does not.
func (c *Console) stillHere(w http.ResponseWriter, _ *visit) { w.WriteHeader(http.StatusNoContent) }

// live sends what changes on a page until the reader leaves, the session ends,
// or the page's subject is gone. Only parts whose fingerprint the browser does
// not have are sent.
func (c *Console) live(w http.ResponseWriter, v *visit, here string, pace time.Duration, parts partsOf) {
	if !c.streams.enter(v.user.Subject) {
		http.Error(w, v.say.Say("error.503.title"), http.StatusServiceUnavailable)
		return
	}
	defer c.streams.leave(v.user.Subject)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	s := &stream{console: c, visit: v, here: here, parts: parts, out: w, control: http.NewResponseController(w), seen: readSeen(v.URL.Query())}
	s.run(pace)
}

// stillIn asks the gate again whether the visitor's session holds, with the
// same role and scope.
func (c *Console) stillIn(v *visit) bool {
	in := false
	c.deps.Gate.Watch(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		user, ok := signin.From(r.Context())
		in = ok && user == v.user
	})).ServeHTTP(nowhere{http.Header{}}, v.Request)
	return in
}

// nowhere is a response that nobody reads.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header            { return n.header }
func (n nowhere) Write(text []byte) (int, error) { return len(text), nil }
func (n nowhere) WriteHeader(int)                {}
