package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"studiobox/encoder/greycard"
	"studiobox/encoder/gst"
	"studiobox/encoder/unit"
)

// errNoPicture is for a camera that sends nothing which can be measured.
var errNoPicture = errors.New("no picture of the camera could be decoded: see that the camera works, and try again")

// pictureTaker decodes single pictures of what the camera sends, each in a child
// process of its own: whatever kind of camera it is, the encoded picture is what
// viewers get. It stands in the way of the camera's units.
type pictureTaker struct {
	next   unit.Sink          // gets every unit
	video  func() unit.Format // of the camera; unit.NoCodec = none comes
	askKey func()
	worker gst.Worker
	log    *slog.Logger

	taking sync.Mutex // one picture at a time

	mu      sync.Mutex
	decoder *gst.Decoder // nil while nobody wants a picture
	after   time.Time
}

// Put implements unit.Sink.
func (p *pictureTaker) Put(u *unit.Unit) {
	p.next.Put(u)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.decoder != nil && u.Track == unit.Video && !u.Captured.Before(p.after) {
		p.decoder.Put(u)
	}
}

// take waits for a picture that was captured after a time. In haste the camera is
// asked for a key picture, which a decoder needs to begin.
func (p *pictureTaker) take(ctx context.Context, after time.Time, haste bool) (greycard.Picture, error) {
	p.taking.Lock()
	defer p.taking.Unlock()
	video := p.video()
	if video.Codec != unit.H264 && video.Codec != unit.H265 {
		return greycard.Picture{}, errNoPicture
	}
	ctx, cancel := context.WithCancel(ctx)
	frames, ended := make(chan gst.Frame, 1), make(chan error, 1)
	decoder := gst.NewDecoder(gst.DecoderConfig{Worker: p.worker, Codec: video.Codec}, func(f gst.Frame) {
		select {
		case frames <- f:
		default: // the first is enough
		}
	}, p.log)
	go func() { ended <- decoder.Run(ctx) }()
	p.feed(decoder, after)
	defer func() {
		p.feed(nil, time.Time{})
		cancel()
		<-ended
	}()
	for {
		// The key picture that comes next may have been on its way before, too
		// early to count.
		var again <-chan time.Time
		if haste {
			p.askKey()
			again = time.After(keyAgain)
		}
		select {
		case f := <-frames:
			return greycard.Picture{Width: f.Width, Height: f.Height, I420: f.I420, Coding: codingOf(video, f.Height)}, nil
		case err := <-ended:
			ended <- nil
			return greycard.Picture{}, errors.Join(errNoPicture, err)
		case <-ctx.Done():
			return greycard.Picture{}, errNoPicture
		case <-again:
		}
	}
}

// keyAgain is after how long without a picture the camera is asked for another key
// picture.
const keyAgain = 2 * time.Second

func (p *pictureTaker) feed(decoder *gst.Decoder, after time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.decoder, p.after = decoder, after
}

// Matrix coefficients of a stream (ITU-T H.273, table 4).
const (
	matrixBT709    = 1
	matrixUntold   = 2
	matrixBT601625 = 5
	matrixBT601525 = 6
)

// codingOf reads what a stream's numbers stand for from its parameter sets; where
// they do not tell, small pictures are of BT.601, as decoders have it too.
func codingOf(video unit.Format, height int) greycard.Coding {
	matrix, full := uint8(matrixUntold), false
	switch video.Codec {
	case unit.H264:
		var sps h264.SPS
		if sps.Unmarshal(video.SPS) == nil && sps.VUI != nil && sps.VUI.VideoSignalTypePresentFlag {
			full = sps.VUI.VideoFullRangeFlag
			if sps.VUI.ColourDescriptionPresentFlag {
				matrix = sps.VUI.MatrixCoefficients
			}
		}
	case unit.H265:
		var sps h265.SPS
		if sps.Unmarshal(video.SPS) == nil && sps.VUI != nil && sps.VUI.VideoSignalTypePresentFlag {
			full = sps.VUI.VideoFullRangeFlag
			if sps.VUI.ColourDescriptionPresentFlag {
				matrix = sps.VUI.MatrixCoefficients
			}
		}
	}
	old := matrix == matrixBT601625 || matrix == matrixBT601525
	if matrix != matrixBT709 && !old {
		old = height <= 576
	}
	return greycard.Coding{BT601: old, Full: full}
}
