package rtspcam

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// Parameter sets of a 320x240 picture, made by x264 and x265.
const (
	spsHex     = "6764000dacb20283f60220000003002000000651e28549"
	ppsHex     = "68ebc3cb22c0"
	hevcVPSHex = "40010c01ffff01600000030090000003000003003c959809"
	hevcSPSHex = "42010101600000030090000003000003003ca00a080f165959a4932bc05a020000030002000003003210"
	hevcPPSHex = "4401c172b46240"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// film is what a fake camera shows.
type film struct {
	gop        int  // pictures from key to key; 0 = 12
	bFrames    bool // decoding order is not showing order; gop is 7 then
	hevc       bool
	setsInBand bool
	setsInSDP  bool
	size       int           // bytes of a picture; 0 = 3000, which is several packets
	every      time.Duration // from picture to picture; 0 = 40 ms

	sound format.Format // nil = none

	videoLate, audioLate time.Duration // delay inside of the camera
	reportAfter          time.Duration // first sender reports; 0 = none
	nanoReports          bool          // with nanoseconds for a fraction, as gortsplib v4 does
	wall                 time.Time     // of the first picture
}

// fakeCamera is a small RTSP server.
type fakeCamera struct {
	t    testing.TB
	film film

	user, password string
	refuseUDP      bool
	tls            *tls.Config
	extra          []*description.Media

	server      *gortsplib.Server
	stream      *gortsplib.ServerStream
	desc        *description.Session
	video       *description.Media
	audio       *description.Media
	encodeVideo func([][]byte) ([]*rtp.Packet, error)
	address     string

	mutex     sync.Mutex
	conns     map[*gortsplib.ServerConn]bool
	silent    bool                            // sends nothing
	lose      func(n int, p *rtp.Packet) bool // drops a video packet
	packets   int
	teardowns int
}

func (c *fakeCamera) OnConnOpen(ctx *gortsplib.ServerHandlerOnConnOpenCtx) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.conns[ctx.Conn] = true
}

func (c *fakeCamera) OnConnClose(ctx *gortsplib.ServerHandlerOnConnCloseCtx) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.conns, ctx.Conn)
}

func (c *fakeCamera) OnRequest(_ *gortsplib.ServerConn, req *base.Request) {
	if req.Method == base.Teardown {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.teardowns++
	}
}

func (c *fakeCamera) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (
	*base.Response, *gortsplib.ServerStream, error,
) {
	if c.user != "" && !ctx.Conn.VerifyCredentials(ctx.Request, c.user, c.password) {
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	}
	if ctx.Path != "/studio" {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *fakeCamera) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (
	*base.Response, *gortsplib.ServerStream, error,
) {
	if c.refuseUDP && ctx.Transport == gortsplib.TransportUDP {
		return &base.Response{StatusCode: base.StatusUnsupportedTransport}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *fakeCamera) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// start opens the camera for connections on loopback.
func (c *fakeCamera) start() {
	c.t.Helper()
	if c.film.gop == 0 {
		c.film.gop = 12
	}
	if c.film.bFrames {
		c.film.gop = len(decodingOrder)
	}
	if c.film.size == 0 {
		c.film.size = 3000
	}
	if c.film.every == 0 {
		c.film.every = 40 * time.Millisecond
	}
	c.conns = map[*gortsplib.ServerConn]bool{}
	c.describe()
	for try := 0; ; try++ {
		c.server = &gortsplib.Server{
			Handler: c, RTSPAddress: "127.0.0.1:0", TLSConfig: c.tls,
			DisableRTCPSenderReports: true, // ours are chosen
			WriteQueueSize:           1024,
			Listen: func(network, address string) (net.Listener, error) {
				l, err := net.Listen(network, address)
				if err == nil {
					c.address = l.Addr().String()
				}
				return l, err
			},
		}
		if c.tls == nil {
			port := evenUDPPort(c.t)
			c.server.UDPRTPAddress = fmt.Sprintf("127.0.0.1:%d", port)
			c.server.UDPRTCPAddress = fmt.Sprintf("127.0.0.1:%d", port+1)
		}
		err := c.server.Start()
		if err == nil {
			break
		}
		if try == 20 {
			c.t.Fatalf("fake camera: %v", err)
		}
	}
	c.stream = &gortsplib.ServerStream{Server: c.server, Desc: c.desc}
	if err := c.stream.Initialize(); err != nil {
		c.t.Fatalf("fake camera: %v", err)
	}
	c.t.Cleanup(func() { c.stream.Close(); c.server.Close() })
}

// evenUDPPort finds a port that is free now, with the next one after it likely so.
func evenUDPPort(t testing.TB) int {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	return pc.LocalAddr().(*net.UDPAddr).Port &^ 1
}

// describe makes the SDP and the packetiser.
func (c *fakeCamera) describe() {
	var f format.Format
	if c.film.hevc {
		h := &format.H265{PayloadTyp: 96}
		if c.film.setsInSDP {
			h.VPS, h.SPS, h.PPS = unhex(hevcVPSHex), unhex(hevcSPSHex), unhex(hevcPPSHex)
		}
		e, err := h.CreateEncoder()
		if err != nil {
			c.t.Fatal(err)
		}
		f, c.encodeVideo = h, e.Encode
	} else {
		h := &format.H264{PayloadTyp: 96, PacketizationMode: 1}
		if c.film.setsInSDP {
			h.SPS, h.PPS = unhex(spsHex), unhex(ppsHex)
		}
		e, err := h.CreateEncoder()
		if err != nil {
			c.t.Fatal(err)
		}
		f, c.encodeVideo = h, e.Encode
	}
	c.video = &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{f}}
	c.desc = &description.Session{Medias: []*description.Media{c.video}}
	if c.film.sound != nil {
		c.audio = &description.Media{Type: description.MediaTypeAudio, Formats: []format.Format{c.film.sound}}
		c.desc.Medias = append(c.desc.Medias, c.audio)
	}
	c.desc.Medias = append(c.desc.Medias, c.extra...)
}

// url is the camera's address, with credentials if there are any.
func (c *fakeCamera) url(credentials string) string {
	scheme := "rtsp"
	if c.tls != nil {
		scheme = "rtsps"
	}
	return fmt.Sprintf("%s://%s%s/studio", scheme, credentials, c.address)
}

// decodingOrder is the showing order of the pictures of I B B P B B P as sent.
var decodingOrder = []int{0, 3, 1, 2, 6, 4, 5}

// numberBytes is a picture's or frame's number as it stands in the payload: no
// zero bytes, so that no start code can come about.
func numberBytes(n int) []byte {
	var b [8]byte
	for i := range b {
		b[7-i] = 0x10 | byte(n>>(4*i)&0xf)
	}
	return b[:]
}

func readNumber(b []byte) int {
	n := 0
	for _, digit := range b[:8] {
		n = n<<4 | int(digit&0xf)
	}
	return n
}

// picture makes the n-th picture as sent, and tells which it is as shown.
func (c *fakeCamera) picture(n int) (nalus [][]byte, shown int) {
	shown = n
	if c.film.bFrames {
		shown = n - n%c.film.gop + decodingOrder[n%c.film.gop]
	}
	key := n%c.film.gop == 0
	head := []byte{0x41, 0x9a}
	switch {
	case c.film.hevc && key:
		head = []byte{0x26, 0x01, 0x80} // IDR_W_RADL
	case c.film.hevc:
		head = []byte{0x02, 0x01, 0x80}
	case key:
		head = []byte{0x65, 0x88}
	}
	slice := append(head, numberBytes(shown)...)
	for len(slice) < c.film.size {
		slice = append(slice, 0x5a)
	}
	if key && c.film.setsInBand {
		if c.film.hevc {
			nalus = append(nalus, unhex(hevcVPSHex), unhex(hevcSPSHex), unhex(hevcPPSHex))
		} else {
			nalus = append(nalus, unhex(spsHex), unhex(ppsHex))
		}
	}
	return append(nalus, slice), shown
}

// RTP times of the first picture and the first frame of sound.
const (
	videoBase = 0xffff0000 // wraps soon
	audioBase = 1_234_567
)

// roll sends until ctx ends. It returns at once.
func (c *fakeCamera) roll(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	c.t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		begun := time.Now()
		ticker := time.NewTicker(2 * time.Millisecond)
		defer ticker.Stop()
		pictures, frames, reports := 0, 0, 0
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			elapsed := time.Since(begun)
			for ; elapsed >= time.Duration(pictures)*c.film.every+c.film.videoLate; pictures++ {
				c.sendPicture(pictures)
			}
			for ; c.audio != nil && elapsed >= time.Duration(frames)*frameTime(c.film.sound)+c.film.audioLate; frames++ {
				c.sendFrame(frames)
			}
			if c.film.reportAfter > 0 && elapsed >= c.film.reportAfter+time.Duration(reports)*time.Second {
				c.sendReports(elapsed)
				reports++
			}
		}
	}()
}

func (c *fakeCamera) sendPicture(n int) {
	nalus, shown := c.picture(n)
	packets, err := c.encodeVideo(nalus)
	if err != nil {
		c.t.Errorf("fake camera: %v", err)
		return
	}
	c.mutex.Lock()
	silent, lose := c.silent, c.lose
	c.mutex.Unlock()
	for _, p := range packets {
		p.Timestamp = videoBase + uint32(int64(shown)*int64(c.film.every)*90/int64(time.Millisecond))
		c.packets++
		if silent || lose != nil && lose(c.packets, p) {
			continue
		}
		_ = c.stream.WritePacketRTP(c.video, p)
	}
}

func frameTime(f format.Format) time.Duration {
	if aac, ok := f.(*format.MPEG4Audio); ok {
		return 1024 * time.Second / time.Duration(aac.Config.SampleRate)
	}
	return 20 * time.Millisecond
}

func (c *fakeCamera) sendFrame(n int) {
	c.mutex.Lock()
	silent := c.silent
	c.mutex.Unlock()
	if silent {
		return
	}
	frame := append(numberBytes(n), make([]byte, 152)...) // 160 bytes: 20 ms of G.711
	_ = c.stream.WritePacketRTP(c.audio, c.framePacket(n, frame))
}

func (c *fakeCamera) framePacket(n int, frame []byte) *rtp.Packet {
	f := c.film.sound
	p := &rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: true, PayloadType: f.PayloadType(), SequenceNumber: uint16(65000 + n),
			Timestamp: audioBase + uint32(int64(frameTime(f))*int64(n)*int64(f.ClockRate())/int64(time.Second)),
		},
		Payload: frame,
	}
	if _, ok := f.(*format.MPEG4Audio); ok { // RFC 3640: header of 16 bits, 13 of them the size
		p.Timestamp = audioBase + uint32(1024*n)
		p.Payload = append([]byte{0, 16, byte(len(frame) >> 5), byte(len(frame) << 3)}, frame...)
	}
	return p
}

// sendReports sends what RTP time it is on both tracks now.
func (c *fakeCamera) sendReports(elapsed time.Duration) {
	wall := c.film.wall.Add(elapsed)
	seconds, nanos := uint64(wall.Unix()+2208988800), uint64(wall.Nanosecond())
	ntp := seconds<<32 | nanos<<32/1e9
	if c.film.nanoReports {
		ntp = seconds<<32 | nanos
	}
	_ = c.stream.WritePacketRTCP(c.video, &rtcp.SenderReport{
		NTPTime: ntp, RTPTime: videoBase + uint32(elapsed*90/time.Millisecond),
	})
	if c.audio != nil {
		rate := time.Duration(c.film.sound.ClockRate())
		_ = c.stream.WritePacketRTCP(c.audio, &rtcp.SenderReport{
			NTPTime: ntp, RTPTime: audioBase + uint32(elapsed*rate/time.Second),
		})
	}
}

// set changes what the camera does while it rolls.
func (c *fakeCamera) set(change func(*fakeCamera)) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	change(c)
}

// hangUp closes all connections without a word.
func (c *fakeCamera) hangUp() {
	c.mutex.Lock()
	conns := make([]*gortsplib.ServerConn, 0, len(c.conns))
	for conn := range c.conns {
		conns = append(conns, conn)
	}
	c.mutex.Unlock()
	for _, conn := range conns {
		conn.NetConn().Close()
	}
}

// Kinds of sound.
func opus() format.Format { return &format.Opus{PayloadTyp: 111, ChannelCount: 2} }
func alaw() format.Format {
	return &format.G711{PayloadTyp: 8, SampleRate: 8000, ChannelCount: 1}
}
func mulaw() format.Format {
	return &format.G711{PayloadTyp: 0, MULaw: true, SampleRate: 8000, ChannelCount: 1}
}
func aac() format.Format {
	return &format.MPEG4Audio{
		PayloadTyp: 97, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3,
		Config: &mpeg4audio.AudioSpecificConfig{
			Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelCount: 2,
		},
	}
}
