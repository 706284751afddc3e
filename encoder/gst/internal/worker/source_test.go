package worker

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"studiobox/encoder/gst/internal/native"
	"studiobox/encoder/gst/internal/wire"
)

func chains(c wire.Camera) (all []string) {
	for _, w := range ways(c) {
		all = append(all, w.chain)
	}
	return all
}

func TestACSICameraLeavesNothingOpenForTheEncoder(t *testing.T) {
	got := chains(wire.Camera{Kind: wire.CSI, Device: "/base/soc/i2c0mux/i2c@1/imx219@10", Width: 1280, Height: 720, FPS: 30})
	want := []string{`libcamerasrc name=camera camera-name="/base/soc/i2c0mux/i2c@1/imx219@10" ! video/x-raw,format=NV12,` +
		"width=(int)1280,height=(int)720,framerate=(fraction)30/1,colorimetry=bt709,interlace-mode=progressive"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	first := chains(wire.Camera{Kind: wire.CSI, Width: 1280, Height: 720, FPS: 30})
	if strings.Contains(first[0], "camera-name") {
		t.Errorf("the first camera has no name: %q", first)
	}
}

func TestAUSBCameraIsTriedUncompressedThenAsJPEGThenAtWhatItHas(t *testing.T) {
	got := chains(wire.Camera{Kind: wire.V4L2, Device: "/dev/video0", Width: 1280, Height: 720, FPS: 30})
	const source, exact = `v4l2src name=camera device="/dev/video0" ! `, ",width=(int)1280,height=(int)720,framerate=(fraction)30/1"
	if len(got) != 6 || got[0] != source+"video/x-raw"+exact || got[1] != source+"image/jpeg"+exact+" ! jpegdec" {
		t.Errorf("got %q", got)
	}
	if got[4] != source+"video/x-raw" || got[5] != source+"image/jpeg ! jpegdec" {
		t.Errorf("at last: %q", got[4:])
	}
}

func TestAnHDMISignalKeepsTheSizeThatItHas(t *testing.T) {
	got := chains(wire.Camera{Kind: wire.HDMI, Device: "/dev/video1"})
	if len(got) != 4 || !strings.Contains(got[0], "video/x-raw,width=(int)[1,1920],height=(int)[1,1088],framerate=(fraction)[24/1,60/1]") {
		t.Errorf("got %q", got)
	}
}

func TestAMicrophoneCountsOnThePicturesClock(t *testing.T) {
	w, err := soundWay(wire.Camera{Sound: wire.ALSA, SoundDevice: "hw:1,0", SoundKbps: 96})
	want := `alsasrc device="hw:1,0" provide-clock=false slave-method=skew buffer-time=200000 latency-time=20000 ! ` +
		"audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=2 ! opusenc bitrate=96000 frame-size=20"
	if err != nil || w.chain != want || !slices.Contains(w.elements, "alsasrc") {
		t.Errorf("got %q, %v", w, err)
	}
	if _, err := soundWay(wire.Camera{Sound: "gramophone"}); err == nil {
		t.Error("a gramophone was taken")
	}
}

// GStreamer itself must be able to read every pipeline whose elements are here,
// also one whose device name tries to break out of its quotes.
func TestGStreamerReadsEveryPipeline(t *testing.T) {
	lib, err := native.Load()
	if err != nil {
		t.Fatal(err)
	}
	nasty := `/dev/x" ! filesink location="/tmp/broken\`
	var all []way
	for _, c := range []wire.Camera{
		{Kind: wire.CSI, Width: 1280, Height: 720, FPS: 30}, {Kind: wire.CSI, Device: nasty, Width: 640, Height: 480, FPS: 30},
		{Kind: wire.V4L2, Device: "/dev/video0", Width: 1280, Height: 720, FPS: 30}, {Kind: wire.V4L2, Device: nasty},
		{Kind: wire.HDMI, Device: "/dev/video1"}, {Kind: wire.Test, Width: 320, Height: 240, FPS: 30},
	} {
		all = append(all, ways(c)...)
	}
	for _, sound := range []string{wire.ALSA, wire.Test} {
		w, err := soundWay(wire.Camera{Sound: sound, SoundDevice: "hw:1,0", SoundKbps: 96})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, w)
	}
	for _, w := range all {
		if missing := lib.Need(w.elements...); missing != nil {
			t.Logf("UNPROVEN here, %v: %s", missing, w.chain)
			continue
		}
		p, err := lib.Launch(w.chain + pictureTail)
		if err != nil {
			t.Errorf("%s: %v", w.chain, err)
			continue
		}
		if _, err := p.Element("filesink0"); err == nil {
			t.Errorf("%s: a device name broke out of its quotes", w.chain)
		}
		p.Close()
	}
}

func TestACameraThatStopsIsSeen(t *testing.T) {
	lib, err := native.Load()
	if err != nil {
		t.Fatal(err)
	}
	c, err := open(lib, way{[]string{"videotestsrc"}, "videotestsrc num-buffers=4 is-live=true"}, pictureTail)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	pictures := 0
	err = c.pump(func(s *native.Sample) error { s.Free(); pictures++; return nil })
	if !errors.Is(err, errStalled) || pictures == 0 {
		t.Errorf("pump ended with %v after %d pictures", err, pictures)
	}
}

func TestASilentDeviceIsNamedWithItsMend(t *testing.T) {
	for kind, want := range map[string]string{
		wire.HDMI: "hdmi:/dev/video1: gives nothing: check the HDMI cable, and that its source is on",
		wire.V4L2: "v4l2:/dev/video1: gives nothing: check its cable",
	} {
		if got := explain(wire.Camera{Kind: kind, Device: "/dev/video1"}, errNothing).Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTheFirstPictureTellsWhichClockThePipelineHas(t *testing.T) {
	const now = 1000 * time.Second
	for _, tt := range []struct {
		name              string
		base, first, want time.Duration
	}{
		{"CLOCK_MONOTONIC", now - 2*time.Second, 1900 * time.Millisecond, now - 2*time.Second},
		{"a little ahead", now - 2*time.Second, 2010 * time.Millisecond, now - 2*time.Second},
		{"a clock of its own", 3 * time.Second, 500 * time.Millisecond, now - 500*time.Millisecond},
		{"from the future", 2 * now, time.Second, now - time.Second},
	} {
		if got := origin(now, tt.base, tt.first); got != tt.want {
			t.Errorf("%s: origin %v, want %v", tt.name, got, tt.want)
		}
	}
}
