package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// clip is two seconds of H.264 that were coded beforehand; README.md says how.
//
//go:embed clip.h264
var clip []byte

// clipFPS is the clip's rate in pictures a second.
const clipFPS = 25

// rtpClock is the clock of video in RTP, in Hz (RFC 6184, section 5.1).
const rtpClock = 90000

// camera plays the clip over RTSP, again and again, and codes nothing.
type camera struct {
	url    string
	stream *gortsplib.ServerStream
	server *gortsplib.Server
	video  *format.H264
	units  [][][]byte // the NAL units of each picture
}

// openCamera makes a camera that answers on this machine's loopback.
func openCamera() (*camera, error) {
	c := &camera{video: &format.H264{PayloadTyp: 96, PacketizationMode: 1}}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("camera: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("camera: %w", err)
	}
	c.url = "rtsp://" + inGuest(listener) + "/clip"
	c.server = &gortsplib.Server{
		Handler: c, RTSPAddress: listener.Addr().String(),
		Listen: func(string, string) (net.Listener, error) { return listener, nil },
		// The library writes nanoseconds where NTP has a binary fraction.
		DisableRTCPSenderReports: true,
	}
	if err := c.server.Start(); err != nil {
		return nil, fmt.Errorf("camera: %w", err)
	}
	c.stream = &gortsplib.ServerStream{Server: c.server, Desc: &description.Session{
		Medias: []*description.Media{{Type: description.MediaTypeVideo, Formats: []format.Format{c.video}}},
	}}
	if err := c.stream.Initialize(); err != nil {
		c.server.Close()
		return nil, fmt.Errorf("camera: %w", err)
	}
	return c, nil
}

// load cuts the clip at its access unit delimiters.
func (c *camera) load() error {
	var nalus h264.AnnexB
	if err := nalus.Unmarshal(clip); err != nil {
		return err
	}
	for _, nalu := range nalus {
		switch h264.NALUType(nalu[0] & 0x1f) {
		case h264.NALUTypeAccessUnitDelimiter:
			c.units = append(c.units, nil)
			continue
		case h264.NALUTypeSPS:
			c.video.SPS = nalu
		case h264.NALUTypePPS:
			c.video.PPS = nalu
		}
		if len(c.units) == 0 {
			return errors.New("the clip does not begin with an access unit delimiter")
		}
		c.units[len(c.units)-1] = append(c.units[len(c.units)-1], nalu)
	}
	return nil
}

// run plays until ctx ends.
func (c *camera) run(ctx context.Context) error {
	defer c.server.Close()
	coder := &rtph264.Encoder{PayloadType: c.video.PayloadTyp, PacketizationMode: 1}
	if err := coder.Init(); err != nil {
		return fmt.Errorf("camera: %w", err)
	}
	ticks := time.NewTicker(time.Second / clipFPS)
	defer ticks.Stop()
	for n := uint32(0); ; n++ {
		packets, err := coder.Encode(c.units[int(n)%len(c.units)])
		if err != nil {
			return fmt.Errorf("camera: %w", err)
		}
		for _, packet := range packets {
			packet.Timestamp = n * (rtpClock / clipFPS)
			_ = c.stream.WritePacketRTP(c.stream.Desc.Medias[0], packet) // fails only while nobody reads
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
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

// OnPlay lets anybody watch.
func (c *camera) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}
