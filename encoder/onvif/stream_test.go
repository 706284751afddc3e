package onvif

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"studiobox/encoder/testcam"
)

// kinds are the cameras that the client has to get along with.
var kinds = map[string]testcam.ONVIF{
	"Media2":                 {},
	"before Media2":          {Ver10: true},
	"HTTP digest":            {HTTPDigest: true},
	"a clock an hour behind": {Skew: -time.Hour},
	"a clock of 1970":        {Skew: -time.Since(time.Unix(100_000, 0))},
}

func TestTheRateIsChangedAndAllElseStays(t *testing.T) {
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			s := mainStream(t, start(t, kind))
			if s.Profile() != "prof-main" {
				t.Fatalf("found profile %q", s.Profile())
			}
			e, err := s.Encoding(t.Context())
			must(t, err)
			if want := (Encoding{Token: "enc-main", Kbps: 2000, MinKbps: 100, MaxKbps: 8000}); e != want {
				t.Errorf("got %+v, want %+v", e, want)
			}
			// The camera refuses a request that alters anything but the rate, its
			// maker's own element included.
			granted, err := s.SetKbps(t.Context(), 750)
			must(t, err)
			if e, err = s.Encoding(t.Context()); err != nil || granted != 750 || e.Kbps != 750 {
				t.Errorf("granted %d, then %+v, %v", granted, e, err)
			}
			must(t, s.ForceKey(t.Context()))
		})
	}
}

func TestARateBeyondTheCamerasRangeIsCutToIt(t *testing.T) {
	for _, ver10 := range []bool{false, true} {
		s := mainStream(t, start(t, testcam.ONVIF{MinKbps: 512, MaxKbps: 3000, Ver10: ver10}))
		for asked, want := range map[int]int{100: 512, 9000: 3000} {
			if granted, err := s.SetKbps(t.Context(), asked); err != nil || granted != want {
				t.Errorf("asked for %d: granted %d, %v, want %d", asked, granted, err, want)
			}
		}
	}
}

func TestWhatTheCameraReallyTookIsTold(t *testing.T) {
	s := mainStream(t, start(t, testcam.ONVIF{GridKbps: 512}))
	if granted, err := s.SetKbps(t.Context(), 600); err != nil || granted != 1024 {
		t.Errorf("granted %d, %v; a camera with a grid of 512 makes 1024", granted, err)
	}
}

func TestAClockThatIsSetMeanwhileIsLearntAgain(t *testing.T) {
	camera := start(t, testcam.ONVIF{})
	s := mainStream(t, camera)
	must(t, camera.SetClock(42*time.Minute))
	must(t, s.ForceKey(t.Context()))
}

func TestAStreamThatNoProfileHasIsNotGuessed(t *testing.T) {
	camera := start(t, testcam.ONVIF{})
	c := client(t, camera.ONVIFURL())
	for _, url := range []string{"rtsp://camera/other", "rtsp://camera/main?channel=2"} {
		_, err := c.Stream(t.Context(), url)
		if !errors.Is(err, ErrNoProfile) {
			t.Errorf("%s: %v", url, err)
		}
		wantText(t, err, "rtsp://192.168.0.64:554/main?unicast=true")
	}
	if _, err := c.Stream(t.Context(), "rtsp://camera/main?unicast=true"); err != nil {
		t.Error(err)
	}
}

func TestEachFaultHasItsWords(t *testing.T) {
	camera := start(t, testcam.ONVIF{})
	s := mainStream(t, camera)
	for fault, want := range map[testcam.ONVIFFault]error{
		testcam.NotAuthorized:      ErrAuth,
		testcam.ActionNotSupported: ErrUnsupported,
		testcam.Garbage:            ErrNotONVIF,
		testcam.Flood:              ErrNotONVIF,
	} {
		must(t, camera.FailONVIF(fault))
		err := s.ForceKey(t.Context())
		if !errors.Is(err, want) || strings.ContainsAny(err.Error(), "\n<") {
			t.Errorf("fault %d: %v, want %v", fault, err, want)
		}
	}
	must(t, camera.FailONVIF(testcam.NoFault))
	must(t, s.ForceKey(t.Context()))
}

func TestACameraThatHangsIsGivenUpInTime(t *testing.T) {
	camera := start(t, testcam.ONVIF{})
	must(t, camera.FailONVIF(testcam.Hang))
	c, err := New(Config{URL: camera.ONVIFURL(), Timeout: 200 * time.Millisecond}, testLog(t))
	must(t, err)
	begun := time.Now()
	if _, err := c.Profiles(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("%v, want %v", err, ErrUnreachable)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("that took %v", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	c.timeout = time.Hour
	if _, err := c.Profiles(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that the end of ctx ends the wait", err)
	}
}

func TestAWrongPasswordIsToldAndNotShown(t *testing.T) {
	for _, digest := range []bool{false, true} {
		camera := start(t, testcam.ONVIF{HTTPDigest: digest})
		for _, user := range []string{"box:wr0ng@", ""} {
			url := "http://" + user + strings.SplitN(camera.ONVIFURL(), "@", 2)[1]
			_, err := client(t, url).Profiles(t.Context())
			if !errors.Is(err, ErrAuth) || strings.Contains(err.Error(), "wr0ng") {
				t.Errorf("credentials %q: %v", user, err)
			}
		}
	}
}

func TestAPortThatIsClosedIsTold(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := listener.Addr().String()
	must(t, listener.Close())
	if _, err := client(t, "http://"+address).Profiles(t.Context()); !errors.Is(err, ErrRefused) {
		t.Errorf("%v, want %v", err, ErrRefused)
	}
}

func TestAnAddressThatIsNoneIsRefusedWithoutItsPassword(t *testing.T) {
	for _, url := range []string{"", "camera", "rtsp://box:secret@camera", "http://", "http://box:se%cret@camera"} {
		if _, err := New(Config{URL: url}, nil); err == nil || strings.Contains(err.Error(), "cret") {
			t.Errorf("%q: %v", url, err)
		}
	}
}
