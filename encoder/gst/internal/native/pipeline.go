package native

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unsafe"
)

// GStreamer's numbers in use (gstelement.h, gstmessage.h, gstevent.h, gstpad.h).
const (
	stateNull           = 1
	statePlaying        = 4
	stateChangeFailure  = 0
	messageError        = 1 << 1
	eventCustomUpstream = 270<<8 | 1
	flowOK              = 0
)

// ErrFlow says that a pipeline takes no more data; Pipeline.Err tells why.
var ErrFlow = errors.New("the pipeline takes no more data")

// Pipeline is a running chain of elements.
type Pipeline struct {
	lib *Library
	c   object
	bus object
}

// Launch builds a pipeline from GStreamer's own notation.
func (l *Library) Launch(description string) (*Pipeline, error) {
	var failure *gError
	c := l.parseLaunch(description, &failure)
	if failure != nil {
		text := l.takeError(failure)
		if c != nil {
			l.objectUnref(c)
		}
		return nil, fmt.Errorf("pipeline: %s", text)
	}
	if c == nil {
		return nil, errors.New("pipeline: no reason given")
	}
	return &Pipeline{lib: l, c: c, bus: l.elementGetBus(c)}, nil
}

// Element finds an element by its name in the pipeline.
func (p *Pipeline) Element(name string) (*Element, error) {
	c := p.lib.binGetByName(p.c, name)
	if c == nil {
		return nil, fmt.Errorf("pipeline: no element called %s", name)
	}
	return &Element{lib: p.lib, c: c}, nil
}

// Play starts the pipeline.
func (p *Pipeline) Play() error {
	if p.lib.elementSetState(p.c, statePlaying) != stateChangeFailure {
		return nil
	}
	if err := p.Err(); err != nil {
		return err
	}
	return errors.New("pipeline: does not start, no reason given")
}

// Err returns the first error that an element has posted since the last call,
// or nil. It does not wait.
func (p *Pipeline) Err() error {
	message := p.lib.busPopFiltered(p.bus, messageError)
	if message == nil {
		return nil
	}
	defer p.lib.miniObjectUnref(message)
	var failure *gError
	var debug memory
	p.lib.messageParseError(message, &failure, &debug)
	text := p.lib.takeError(failure)
	if detail := lastLine(p.lib.takeString(debug)); detail != "" {
		text += " (" + detail + ")"
	}
	return fmt.Errorf("pipeline: %s", text)
}

// lastLine is what an element says itself; the lines before it name files of
// GStreamer's source.
func lastLine(debug string) string {
	lines := strings.Split(strings.TrimSpace(debug), "\n")
	return oneLine(lines[len(lines)-1])
}

// BaseTime is what the pipeline's clock said when it started to play; that clock
// is CLOCK_MONOTONIC unless an element brings one of its own.
func (p *Pipeline) BaseTime() time.Duration { return time.Duration(p.lib.elementBaseTime(p.c)) }

// Close stops the pipeline and frees it. Nobody may be using its elements.
func (p *Pipeline) Close() {
	p.lib.elementSetState(p.c, stateNull)
	p.lib.objectUnref(p.bus)
	p.lib.objectUnref(p.c)
}

// Element is one element of a pipeline; it lives as long as the process.
type Element struct {
	lib *Library
	c   object
}

// Set sets a property, given as in GStreamer's own notation. A property that
// this version does not have is left alone.
func (e *Element) Set(property, value string) { e.lib.utilSetObjectArg(e.c, property, value) }

// Has tells whether the element has a property. Every GObject begins with the
// address of its class, which is part of GLib's interface.
func (e *Element) Has(property string) bool {
	return e.lib.classFindProperty(*(*unsafe.Pointer)(e.c), property) != nil
}

// Free gives the reference back; the pipeline keeps its own.
func (e *Element) Free() { e.lib.objectUnref(e.c) }

// SetCaps sets the format of what an appsrc is going to be pushed.
func (e *Element) SetCaps(text string) error {
	caps := e.lib.capsFromString(text)
	if caps == nil {
		return fmt.Errorf("GStreamer cannot read the format %q", text)
	}
	e.lib.appSrcSetCaps(e.c, caps)
	e.lib.miniObjectUnref(caps)
	return nil
}

// Push gives a buffer to an appsrc, which takes the reference over in any
// case. It waits while the appsrc is full and set to block.
func (e *Element) Push(b *Buffer) error {
	if e.lib.appSrcPushBuffer(e.c, b.c) != flowOK {
		return ErrFlow
	}
	return nil
}

// Pull takes a sample from an appsink, or nil when none came in time.
func (e *Element) Pull(timeout time.Duration) *Sample {
	c := e.lib.appSinkTryPull(e.c, uint64(timeout))
	if c == nil {
		return nil
	}
	return &Sample{lib: e.lib, c: c}
}

// ForceKey asks an encoder for a key frame with parameter sets, from the
// picture with this presentation time on (GStreamer's GstForceKeyUnit event).
func (e *Element) ForceKey(pts time.Duration) error {
	text := fmt.Sprintf("GstForceKeyUnit, running-time=(guint64)%d, all-headers=(boolean)true, count=(uint)0", uint64(pts))
	structure := e.lib.structureNew(text)
	if structure == nil {
		return errors.New("GStreamer cannot read a key frame request")
	}
	if !e.lib.elementSendEvent(e.c, e.lib.eventNewCustom(eventCustomUpstream, structure)) {
		return errors.New("the encoder refuses a key frame request")
	}
	return nil
}
