// Package native calls GStreamer without cgo: shared libraries are opened at
// run time, and nothing in them ever calls back into Go.
package native

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Pointers of C: object to any GObject, boxed to GstBuffer, GstCaps, GstSample,
// GstEvent, GstMessage and GstStructure, memory to bytes. They are of the kind
// unsafe.Pointer because purego v0.10.0 hands other kinds of pointers back from
// memory that the next call on another thread may already be writing to.
type (
	object unsafe.Pointer
	boxed  unsafe.Pointer
	memory unsafe.Pointer
)

// gError mirrors GError.
type gError struct {
	_       [2]uint32 // domain and code
	message memory
}

// Library is a loaded GStreamer. All of its methods, and those of what it
// makes, may be called from any goroutine.
type Library struct {
	version string
	functions
}

// functions are the C functions in use, named as in C without "gst_".
type functions struct {
	initCheck          func(argc, argv unsafe.Pointer, err **gError) bool
	getVersion         func(major, minor, micro, nano *uint32)
	elementFactoryFind func(name string) object
	parseLaunch        func(description string, err **gError) object
	binGetByName       func(bin object, name string) object
	elementSetState    func(element object, state int32) int32
	elementGetBus      func(element object) object
	elementSendEvent   func(element object, event boxed) bool
	elementBaseTime    func(element object) uint64
	classFindProperty  func(class unsafe.Pointer, name string) memory
	busPopFiltered     func(bus object, types uint32) boxed
	messageParseError  func(message boxed, err **gError, debug *memory)
	utilSetObjectArg   func(object object, name, value string)
	objectUnref        func(object object)
	miniObjectRef      func(b boxed) boxed
	miniObjectUnref    func(b boxed)
	eventNewCustom     func(kind int32, structure boxed) boxed
	structureNew       func(text string) boxed
	capsFromString     func(text string) boxed
	capsToString       func(caps boxed) memory
	sampleGetBuffer    func(sample boxed) boxed
	sampleGetCaps      func(sample boxed) boxed
	sampleGetSegment   func(sample boxed) boxed
	segmentRunningTime func(segment boxed, format int32, position uint64) uint64
	bufferNewWrapped   func(data memory, size uintptr) boxed
	bufferGetSize      func(buffer boxed) uintptr
	bufferExtract      func(buffer boxed, offset uintptr, dest memory, size uintptr) uintptr
	malloc             func(size uintptr) memory
	free               func(memory memory)
	errorFree          func(err *gError)

	appSrcPushBuffer func(src object, buffer boxed) int32
	appSrcSetCaps    func(src object, caps boxed)
	appSinkTryPull   func(sink object, timeout uint64) boxed
}

// The libraries and the Debian packages that bring them.
const (
	coreLibrary = "libgstreamer-1.0.so.0"
	appLibrary  = "libgstapp-1.0.so.0"
)

// Load opens GStreamer, starts it, and refuses one whose memory layout is not
// the known one. The first start on a machine scans all plug-ins and can take
// seconds. The error is a *MissingError when a library is not installed.
func Load() (*Library, error) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		return nil, errors.New("GStreamer is driven on 64-bit systems only: install the 64-bit system image")
	}
	l := &Library{}
	if err := l.bind(); err != nil {
		return nil, err
	}
	var failure *gError
	if !l.initCheck(nil, nil, &failure) {
		return nil, fmt.Errorf("GStreamer does not start: %s", l.takeError(failure))
	}
	var major, minor, micro, nano uint32
	l.getVersion(&major, &minor, &micro, &nano)
	l.version = fmt.Sprintf("%d.%d.%d", major, minor, micro)
	if err := l.checkLayout(); err != nil {
		return nil, err
	}
	return l, nil
}

// Version of GStreamer, as "1.22.0".
func (l *Library) Version() string { return l.version }

// bind opens both libraries and finds every function in them.
func (l *Library) bind() error {
	core, err := open(coreLibrary)
	if err != nil {
		return err
	}
	app, err := open(appLibrary)
	if err != nil {
		return err
	}
	for _, f := range l.symbols(core, app) {
		address, err := purego.Dlsym(f.library, f.name)
		if err != nil {
			return fmt.Errorf("this GStreamer is too old: it has no %s", f.name)
		}
		purego.RegisterFunc(f.target, address)
	}
	return nil
}

func open(name string) (uintptr, error) {
	handle, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return 0, &MissingError{Part: name, Package: Package(name), Cause: err.Error()}
	}
	return handle, nil
}

type symbol struct {
	library uintptr
	name    string
	target  any
}

// symbols pairs every function with its C name. GLib's are found through
// libgstreamer, which depends on it.
func (l *Library) symbols(core, app uintptr) []symbol {
	return []symbol{
		{core, "gst_init_check", &l.initCheck},
		{core, "gst_version", &l.getVersion},
		{core, "gst_element_factory_find", &l.elementFactoryFind},
		{core, "gst_parse_launch", &l.parseLaunch},
		{core, "gst_bin_get_by_name", &l.binGetByName},
		{core, "gst_element_set_state", &l.elementSetState},
		{core, "gst_element_get_bus", &l.elementGetBus},
		{core, "gst_element_send_event", &l.elementSendEvent},
		{core, "gst_element_get_base_time", &l.elementBaseTime},
		{core, "g_object_class_find_property", &l.classFindProperty},
		{core, "gst_bus_pop_filtered", &l.busPopFiltered},
		{core, "gst_message_parse_error", &l.messageParseError},
		{core, "gst_util_set_object_arg", &l.utilSetObjectArg},
		{core, "gst_object_unref", &l.objectUnref},
		{core, "gst_mini_object_ref", &l.miniObjectRef},
		{core, "gst_mini_object_unref", &l.miniObjectUnref},
		{core, "gst_event_new_custom", &l.eventNewCustom},
		{core, "gst_structure_new_from_string", &l.structureNew},
		{core, "gst_caps_from_string", &l.capsFromString},
		{core, "gst_caps_to_string", &l.capsToString},
		{core, "gst_sample_get_buffer", &l.sampleGetBuffer},
		{core, "gst_sample_get_caps", &l.sampleGetCaps},
		{core, "gst_sample_get_segment", &l.sampleGetSegment},
		{core, "gst_segment_to_running_time", &l.segmentRunningTime},
		{core, "gst_buffer_new_wrapped", &l.bufferNewWrapped},
		{core, "gst_buffer_get_size", &l.bufferGetSize},
		{core, "gst_buffer_extract", &l.bufferExtract},
		{core, "g_malloc", &l.malloc},
		{core, "g_free", &l.free},
		{core, "g_error_free", &l.errorFree},
		{app, "gst_app_src_push_buffer", &l.appSrcPushBuffer},
		{app, "gst_app_src_set_caps", &l.appSrcSetCaps},
		{app, "gst_app_sink_try_pull_sample", &l.appSinkTryPull},
	}
}

// takeError frees a GError and returns its text as one line.
func (l *Library) takeError(e *gError) string {
	if e == nil {
		return "no reason given"
	}
	text := goString(e.message)
	l.errorFree(e)
	return oneLine(text)
}

// takeString frees a C string and returns a copy.
func (l *Library) takeString(s memory) string {
	if s == nil {
		return ""
	}
	text := goString(s)
	l.free(s)
	return text
}

func goString(s memory) string {
	if s == nil {
		return ""
	}
	length := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(s), length)) != 0 {
		length++
	}
	return string(unsafe.Slice((*byte)(s), length))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
