package native

import (
	"errors"
	"fmt"
	"time"
)

// checkLayout proves that the times of a buffer are where cBuffer has them,
// before anything is trusted to them: a fresh buffer has no times, what
// GStreamer itself writes is read back, and a known time passes unharmed.
func (l *Library) checkLayout() error {
	if err := l.Need("appsrc", "appsink", "identity"); err != nil {
		return err
	}
	fresh := l.bufferNewWrapped(l.malloc(1), 1)
	b := (*cBuffer)(fresh)
	empty := b.pts == none && b.dts == none && b.duration == none
	(&Buffer{lib: l, c: fresh}).Free()
	if !empty {
		return l.strange("a fresh buffer has a time")
	}
	// identity stamps by data rate: the second of two buffers of 500 bytes at
	// 1000 bytes per second begins at 0.5 s.
	stamped, err := l.passTwo("identity datarate=1000", 7*time.Second)
	if err != nil {
		return err
	}
	if stamped != 500*time.Millisecond {
		return l.strange(fmt.Sprintf("a buffer stamped 500ms reads %v", stamped))
	}
	const known = 123456789123 * time.Nanosecond
	passed, err := l.passTwo("identity", known)
	if err != nil {
		return err
	}
	if passed != known {
		return l.strange(fmt.Sprintf("a buffer stamped %v comes out as %v", known, passed))
	}
	return nil
}

func (l *Library) strange(what string) error {
	return fmt.Errorf("GStreamer %s has an unknown memory layout (%s): use another version", l.version, what)
}

// passTwo sends two buffers of 500 bytes with the same time through an element
// and returns the time of the second.
func (l *Library) passTwo(element string, pts time.Duration) (time.Duration, error) {
	p, err := l.Launch("appsrc name=src format=time ! " + element + " ! appsink name=sink sync=false")
	if err != nil {
		return 0, err
	}
	defer p.Close()
	src, err := p.Element("src")
	if err != nil {
		return 0, err
	}
	defer l.objectUnref(src.c)
	sink, err := p.Element("sink")
	if err != nil {
		return 0, err
	}
	defer l.objectUnref(sink.c)
	if err := p.Play(); err != nil {
		return 0, err
	}
	var second time.Duration
	for range 2 {
		if err := src.Push(l.NewBlock(500).Buffer(pts)); err != nil {
			return 0, err
		}
		sample := sink.Pull(5 * time.Second)
		if sample == nil {
			return 0, errors.New("GStreamer passes no data from appsrc to appsink: reinstall gstreamer1.0-plugins-base")
		}
		second = sample.PTS()
		sample.Free()
	}
	return second, nil
}
