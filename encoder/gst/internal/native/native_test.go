package native

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

func load(t *testing.T) *Library {
	t.Helper()
	l, err := Load()
	var missing *MissingError
	if errors.As(err, &missing) {
		t.Skipf("needs GStreamer: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestGStreamerLoadsAndItsLayoutIsTheKnownOne(t *testing.T) {
	if l := load(t); !strings.HasPrefix(l.Version(), "1.") {
		t.Errorf("version is %q", l.Version())
	}
}

func TestAMissingElementNamesItsPackageOrTheLikelyOnes(t *testing.T) {
	l := load(t)
	var missing *MissingError
	if err := l.Need("appsrc", "nosuchenc"); !errors.As(err, &missing) || missing.Part != "nosuchenc" ||
		!strings.Contains(missing.Package, "gstreamer1.0-plugins-bad") {
		t.Errorf("Need returned %v", err)
	}
	if err := l.Need("appsrc", "appsink"); err != nil {
		t.Errorf("Need returned %v", err)
	}
}

func TestBadPipelinesAreErrorsInOneLine(t *testing.T) {
	l := load(t)
	for _, tt := range []struct{ description, want string }{
		{"nosuchelement", `no element "nosuchelement"`},
		{"fakesrc nosuchproperty=1 ! fakesink", `no property "nosuchproperty"`},
		{"fakesrc ! ! fakesink", "syntax error"},
	} {
		p, err := l.Launch(tt.description)
		if err == nil {
			p.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", tt.description, err)
		}
	}
	p, err := l.Launch("fakesrc ! fakesink")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Element("nobody"); err == nil {
		t.Error("an element that is not there was found")
	}
}

func TestWhatAnElementComplainsAboutIsReadFromTheBus(t *testing.T) {
	l := load(t)
	p, err := l.Launch("filesrc location=/nonexistent/file ! fakesink")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Play(); err == nil || !strings.Contains(err.Error(), "/nonexistent/file") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Play returned %v", err)
	}
}

func TestBytesAndTimesPassThroughCUnharmed(t *testing.T) {
	l := load(t)
	p, err := l.Launch("appsrc name=src format=time caps=application/x-test,number=(int)7 ! appsink name=sink sync=false")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	src, err := p.Element("src")
	if err != nil {
		t.Fatal(err)
	}
	sink, err := p.Element("sink")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Play(); err != nil {
		t.Fatal(err)
	}
	if s := sink.Pull(time.Millisecond); s != nil {
		t.Fatal("a sample came out of nothing")
	}
	block := l.NewBlock(5)
	copy(block.Bytes(), "jewel")
	const at = 400*time.Hour + 1
	if err := src.Push(block.Buffer(at)); err != nil {
		t.Fatal(err)
	}
	s := sink.Pull(5 * time.Second)
	if s == nil {
		t.Fatal("no sample came out")
	}
	defer s.Free()
	got := make([]byte, s.Size())
	if n := s.CopyTo(got); n != 5 || string(got) != "jewel" || s.PTS() != at {
		t.Errorf("%q (%d bytes) at %v", got, n, s.PTS())
	}
	if caps := s.Caps().String(); caps != "application/x-test, number=(int)7" {
		t.Errorf("caps are %q", caps)
	}
	kept := s.Caps().Keep()
	defer kept.Free()
	if !kept.Same(s.Caps()) {
		t.Error("the same caps differ")
	}
	if err := src.SetCaps("no caps, at all"); err == nil {
		t.Error("nonsense is a format")
	}
}

// Pointers that one goroutine gets must not be those of another.
func TestCallsFromManyGoroutinesGetTheirOwnMemory(t *testing.T) {
	l := load(t)
	var callers sync.WaitGroup
	for id := range byte(8) {
		callers.Go(func() {
			for range 40000 {
				b := l.NewBlock(64)
				for i := range b.Bytes() {
					b.Bytes()[i] = id
				}
				l.Has("identity")
				if got := bytes.Count(b.Bytes(), []byte{id}); got != 64 {
					t.Errorf("%d of 64 bytes are still those of goroutine %d", got, id)
					return // it is not ours to free
				}
				b.Free()
			}
		})
	}
	callers.Wait()
}

func TestASurveyListsEveryPartWithItsPackage(t *testing.T) {
	load(t)
	found := Survey()
	if len(found) != 1+len(need) {
		t.Fatalf("%d rows, want %d", len(found), 1+len(need))
	}
	for _, f := range found {
		if f.Name == "" || f.Package == "" || f.Detail == "" || strings.Contains(f.Package, " ") {
			t.Errorf("row %+v", f)
		}
	}
	if !found[0].Found || !found[1].Found {
		t.Errorf("the first rows are not found: %+v", found[:2])
	}
}
