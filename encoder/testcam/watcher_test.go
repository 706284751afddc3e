package testcam

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// watcher is a client that keeps all it gets.
type watcher struct {
	client *gortsplib.Client
	desc   *description.Session
	ended  chan error

	mu     sync.Mutex
	video  []videoUnit
	audio  []audioPacket
	anchor map[description.MediaType]*rtcp.SenderReport // the first of each track
}

type videoUnit struct {
	rtpTime uint32
	nalus   [][]byte
}

type audioPacket struct {
	rtpTime  uint32
	sequence uint16
	samples  []byte
}

func newWatcher() *watcher {
	return &watcher{ended: make(chan error, 1), anchor: map[description.MediaType]*rtcp.SenderReport{}}
}

// watch plays a stream; tcp is the only transport that the camera has.
func watch(t *testing.T, url string) *watcher {
	t.Helper()
	w := newWatcher()
	must(t, w.play(url))
	t.Cleanup(w.client.Close)
	return w
}

func (w *watcher) play(address string) error {
	u, err := base.ParseURL(address)
	if err != nil {
		return err
	}
	tcp := gortsplib.TransportTCP
	w.client = &gortsplib.Client{Scheme: u.Scheme, Host: u.Host, Transport: &tcp, ReadTimeout: 5 * time.Second}
	if err := w.client.Start2(); err != nil {
		return err
	}
	if err := w.setup(u); err != nil {
		w.client.Close()
		return err
	}
	go func() { w.ended <- w.client.Wait() }()
	return nil
}

func (w *watcher) setup(u *base.URL) error {
	desc, _, err := w.client.Describe(u)
	if err != nil {
		return err
	}
	w.desc = desc
	if err := w.client.SetupAll(desc.BaseURL, desc.Medias); err != nil {
		return err
	}
	for _, media := range desc.Medias {
		w.listen(media)
	}
	_, err = w.client.Play(nil)
	return err
}

func (w *watcher) listen(media *description.Media) {
	w.client.OnPacketRTCP(media, func(packet rtcp.Packet) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if report, ok := packet.(*rtcp.SenderReport); ok && w.anchor[media.Type] == nil {
			w.anchor[media.Type] = report
		}
	})
	if media.Type == description.MediaTypeAudio {
		w.client.OnPacketRTP(media, media.Formats[0], func(packet *rtp.Packet) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.audio = append(w.audio, audioPacket{packet.Timestamp, packet.SequenceNumber, packet.Payload})
		})
		return
	}
	depacketiser := &rtph264.Decoder{PacketizationMode: 1}
	_ = depacketiser.Init() // fails for modes beyond 1 only
	w.client.OnPacketRTP(media, media.Formats[0], func(packet *rtp.Packet) {
		nalus, err := depacketiser.Decode(packet)
		if err != nil {
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.video = append(w.video, videoUnit{packet.Timestamp, nalus})
	})
}

// counts is how much came so far.
func (w *watcher) counts() (video, audio int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.video), len(w.audio)
}

// await waits until n units of video have come.
func (w *watcher) await(t *testing.T, n int) {
	t.Helper()
	eventually(t, "video", func() bool { video, _ := w.counts(); return video >= n })
}

// wantEnd waits until the connection is cut.
func (w *watcher) wantEnd(t *testing.T) {
	t.Helper()
	select {
	case <-w.ended:
	case <-time.After(10 * time.Second):
		t.Error("the connection is still there")
	}
}

// wall is the time of the wall clock at which a packet's content was there, as
// the track's first sender report ties it.
func (w *watcher) wall(kind description.MediaType, rtpTime uint32, clockRate int) time.Time {
	report := w.anchor[kind]
	const from1900 = 2208988800
	seconds, fraction := int64(report.NTPTime>>32)-from1900, int64(report.NTPTime&0xffffffff)
	at := time.Unix(seconds, fraction*int64(time.Second)>>32)
	since := int64(int32(rtpTime - report.RTPTime))
	return at.Add(time.Duration(since * int64(time.Second) / int64(clockRate)))
}

// startCamera runs a camera until the test ends.
func startCamera(t *testing.T, cfg Config) *Camera {
	t.Helper()
	if cfg.Worker.Command == nil {
		cfg.Worker = testWorker()
	}
	camera, err := New(cfg, testLog(t))
	must(t, err)
	inBackground(t, func(ctx context.Context) error { return camera.Run(ctx) })
	<-camera.Ready()
	return camera
}

// small is a camera that costs little to run.
func small() Config {
	return Config{Width: 320, Height: 180, Kbps: 400, FPS: 25}
}

func h264Of(t *testing.T, desc *description.Session) *format.H264 {
	t.Helper()
	for _, media := range desc.Medias {
		if f, ok := media.Formats[0].(*format.H264); ok {
			return f
		}
	}
	t.Fatal("the camera announces no H.264")
	return nil
}
