package panel

import (
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// A page with everything open at once: a viewer over UDP and one over TCP, an
// event stream, a held button, and a connection that has said nothing yet.
func TestNothingOfThePageOutlivesItsEnd(t *testing.T) {
	page := playing(t)
	startOf(t, watch(t, page, "camera", webrtc.NetworkTypeUDP4))
	startOf(t, watch(t, page, "camera", webrtc.NetworkTypeTCP4))
	events := listen(t, page, "en")
	wait(t, events, "picture")
	page.button.down("0123456789")
	silent, err := net.Dial("tcp", strings.TrimPrefix(page.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if got := page.viewers(); got != 2 {
		t.Fatalf("%d viewers, want 2", got)
	}

	page.end() // and it fails the test when this takes longer than a second

	if got := page.box.noted(); !slices.Equal(got, []string{"down", "up"}) {
		t.Errorf("the box saw %v: the button must be let go", got)
	}
	if left := leftovers(); len(left) > 0 {
		t.Errorf("still running:\n%s", strings.Join(left, "\n\n"))
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(page.url, "http://")); err == nil {
		t.Error("the port is still open")
	}
}

// leftovers are the goroutines that run code of the page itself.
func leftovers() []string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return slices.DeleteFunc(strings.Split(string(stacks), "\n\n"), func(stack string) bool {
		own := strings.Contains(stack, "panel.(*viewer)") || strings.Contains(stack, "panel.(*stream)") ||
			strings.Contains(stack, "panel.(*door)") || strings.Contains(stack, "panel.(*Panel).serve") ||
			strings.Contains(stack, "TCPMuxDefault")
		return !own
	})
}
