package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
)

// lead is the time from PLAY to frame 0, in which the line is started.
const lead = 150 * time.Millisecond

// cameraCommand is the camera's process: it plays the clip over RTSP, frame n
// at t0 + n/30 s on the wall clock, whatever happened to the frames before it.
type cameraCommand struct {
	Clip string `required:"" help:"The clip, H.264 in Annex B."`
}

// The lines that a camera's process says, in this order.
type (
	cameraReady struct{ URL string }
	// cameraStart says when frame 0 was captured.
	cameraStart struct{ T0Ns int64 }
	// cameraEnd says how late frames left: a measure of the machine's load.
	cameraEnd struct{ Late lateness }
)

// camera is a server of one stream for one reader.
type camera struct {
	stream *gortsplib.ServerStream
	desc   *description.Session
	once   sync.Once
	played chan struct{}
}

// Run plays until standard input closes.
func (c *cameraCommand) Run(ctx context.Context) error {
	file, err := os.Open(c.Clip)
	if err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	defer file.Close()
	video := &format.H264{PayloadTyp: 96, PacketizationMode: 1}
	if video.SPS, video.PPS, err = parameterSets(newClipReader(file)); err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	cam := &camera{
		played: make(chan struct{}),
		desc: &description.Session{Medias: []*description.Media{{
			Type: description.MediaTypeVideo, Formats: []format.Format{video},
		}}},
	}
	return cam.serve(ctx, newClipReader(file), video)
}

// parameterSets are those of the clip's first picture.
func parameterSets(clip *clipReader) (sps, pps []byte, err error) {
	first, err := clip.next()
	if err != nil {
		return nil, nil, err
	}
	for _, nalu := range first {
		switch nalu[0] & nalTypeMask {
		case nalSPS:
			sps = bytes.Clone(nalu)
		case nalPPS:
			pps = bytes.Clone(nalu)
		}
	}
	if sps == nil || pps == nil {
		return nil, nil, errors.New("the clip does not begin with its parameter sets")
	}
	return sps, pps, nil
}

// serve waits for a reader and plays to it until ctx ends or the clip does.
func (c *camera) serve(ctx context.Context, clip *clipReader, video *format.H264) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	server := &gortsplib.Server{
		Handler: c, RTSPAddress: listener.Addr().String(), WriteQueueSize: 1024,
		Listen:                   func(string, string) (net.Listener, error) { return listener, nil },
		DisableRTCPSenderReports: true, // its NTP fraction is in nanoseconds; see reports
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	defer server.Close()
	c.stream = &gortsplib.ServerStream{Server: server, Desc: c.desc}
	if err := c.stream.Initialize(); err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	defer c.stream.Close()
	if err := say(cameraReady{URL: "rtsp://" + listener.Addr().String() + "/clip"}); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case <-c.played:
	}
	t0 := time.Now().Add(lead)
	if err := say(cameraStart{T0Ns: t0.UnixNano()}); err != nil {
		return err
	}
	end, err := c.play(ctx, clip, video, t0)
	if err != nil {
		return err
	}
	return say(end)
}

// play sends frame after frame at its own time. A frame that is late leaves at
// once and the next one keeps its time.
func (c *camera) play(ctx context.Context, clip *clipReader, video *format.H264, t0 time.Time) (cameraEnd, error) {
	encoder := &rtph264.Encoder{PayloadType: video.PayloadTyp, PacketizationMode: 1}
	if err := encoder.Init(); err != nil {
		return cameraEnd{}, fmt.Errorf("camera: %w", err)
	}
	media := c.desc.Medias[0]
	reports := reporter{ssrc: c.stream.Stats().Medias[media].Formats[video].LocalSSRC}
	var late latenesses
	for n := 0; ; n++ {
		nalus, err := clip.next()
		if err == io.EOF {
			<-ctx.Done()
		} else if err != nil {
			return cameraEnd{}, err
		}
		due := t0.Add(time.Duration(n) * time.Second / clipFPS)
		if !sleepUntil(ctx, due) {
			return cameraEnd{Late: late.sum()}, nil
		}
		late.add(time.Since(due))
		packets, err := encoder.Encode(nalus)
		if err != nil {
			return cameraEnd{}, fmt.Errorf("camera: frame %d: %w", n, err)
		}
		if report := reports.due(n, due); report != nil {
			_ = c.stream.WritePacketRTCP(media, report)
		}
		for _, packet := range packets {
			packet.Timestamp = rtpTime(n)
			reports.count(packet)
			_ = c.stream.WritePacketRTPWithNTP(media, packet, due) // fails only once the reader is gone
		}
	}
}

// sleepUntil is false when ctx ended first.
func sleepUntil(ctx context.Context, at time.Time) bool {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// OnDescribe answers with the clip's parameter sets.
func (c *camera) OnDescribe(*gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

// OnSetup takes any transport.
func (c *camera) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

// OnPlay starts the clip's clock at the first reader.
func (c *camera) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	c.once.Do(func() { close(c.played) })
	return &base.Response{StatusCode: base.StatusOK}, nil
}
