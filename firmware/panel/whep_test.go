package panel

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// watcher is a WHEP client made with pion.
type watcher struct {
	peer     *webrtc.PeerConnection
	packets  chan *rtp.Packet
	ssrc     chan uint32
	location string
}

// watch opens a tile as a browser would, over the given kinds of network.
func watch(t *testing.T, page *served, tile string, networks ...webrtc.NetworkType) *watcher {
	t.Helper()
	codecs := &webrtc.MediaEngine{}
	if err := codecs.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes(networks)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(codecs), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	peer, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	w := &watcher{peer: peer, packets: make(chan *rtp.Packet, 4096), ssrc: make(chan uint32, 1)}
	peer.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		w.ssrc <- uint32(track.SSRC())
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				close(w.packets)
				return
			}
			w.packets <- packet
		}
	})
	w.negotiate(t, page, tile)
	return w
}

func (w *watcher) negotiate(t *testing.T, page *served, tile string) {
	t.Helper()
	if _, err := w.peer.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	offer, err := w.peer.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(w.peer)
	if err := w.peer.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	response, err := http.Post(page.url+"/whep/"+tile, "application/sdp", strings.NewReader(w.peer.LocalDescription().SDP))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("%s: %s", response.Status, answer)
	}
	w.location = response.Header.Get("Location")
	if err := w.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)}); err != nil {
		t.Fatal(err)
	}
}

// next is the next packet, nil when none comes for a while.
func (w *watcher) next(patience time.Duration) *rtp.Packet {
	select {
	case packet := <-w.packets:
		return packet
	case <-time.After(patience):
		return nil
	}
}

// kinds are the types of the NAL units in a packet (RFC 6184); of a fragment,
// the type that its first packet begins.
func kinds(packet *rtp.Packet) []byte {
	payload := packet.Payload
	switch kind := payload[0] & 0x1f; kind {
	case 24: // STAP-A
		var all []byte
		for rest := payload[1:]; len(rest) > 2; {
			size := int(rest[0])<<8 | int(rest[1])
			all = append(all, rest[2]&0x1f)
			rest = rest[2+size:]
		}
		return all
	case 28: // FU-A
		if payload[1]&0x80 == 0 {
			return nil
		}
		return []byte{payload[1] & 0x1f}
	default:
		return []byte{kind}
	}
}

// playing is a page whose camera tile already shows a film.
func playing(t *testing.T) *served {
	t.Helper()
	page, film := serve(t, openLocal), makeFilm(t)
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	go film.run(ctx, page.Camera())
	for deadline := time.Now().Add(patience); page.tiles["camera"].state() != tileOK; {
		if time.Now().After(deadline) {
			t.Fatal("the film does not reach the tile")
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond) // into the middle of a group of pictures
	return page
}

func TestAViewerReceivesH264ThatStartsWithAKeyPicture(t *testing.T) {
	for name, networks := range map[string][]webrtc.NetworkType{
		"UDP": {webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6},
		"TCP": {webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6},
	} {
		t.Run(name, func(t *testing.T) {
			w := watch(t, playing(t), "camera", networks...)
			if begin := startOf(t, w); begin != "7 8 5 " {
				t.Errorf("the stream begins with NAL units %s, want 7 8 5: parameter sets and an IDR picture", begin)
			}
			var last *rtp.Packet
			pictures := 0
			for pictures < 60 {
				packet := w.next(5 * time.Second)
				if packet == nil {
					t.Fatalf("the stream ended after %d pictures", pictures)
				}
				if last != nil && packet.SequenceNumber != last.SequenceNumber+1 {
					t.Fatalf("packet %d follows %d", packet.SequenceNumber, last.SequenceNumber)
				}
				if last != nil && int32(packet.Timestamp-last.Timestamp) < 0 {
					t.Fatalf("stamp %d follows %d", packet.Timestamp, last.Timestamp)
				}
				if packet.Marker {
					pictures++
				}
				last = packet
			}
		})
	}
}

// startOf names the first three NAL units of a stream.
func startOf(t *testing.T, w *watcher) string {
	t.Helper()
	begin, count := "", 0
	for count < 3 {
		packet := w.next(10 * time.Second)
		if packet == nil {
			t.Fatalf("no picture within 10 s (got NAL units %q)", begin)
		}
		for _, kind := range kinds(packet) {
			if kind == 6 { // supplemental information
				continue
			}
			begin += string('0'+rune(kind)) + " "
			count++
		}
	}
	return begin
}

func TestADecoderThatLostItsThreadGetsAKeyPictureSoon(t *testing.T) {
	w := watch(t, playing(t), "camera", webrtc.NetworkTypeUDP4)
	cached := awaitKey(t, w, 0)
	live := awaitKey(t, w, cached) // the film's own next one: for 2 s no other comes by itself
	asked := time.Now()
	if err := w.peer.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: <-w.ssrc}}); err != nil {
		t.Fatal(err)
	}
	awaitKey(t, w, live)
	if took := time.Since(asked); took > renewPause+600*time.Millisecond {
		t.Errorf("the key picture came after %v; the film's own come every 2 s", took)
	}
}

// awaitKey waits for a key picture that is not the one of this stamp, and
// returns its stamp.
func awaitKey(t *testing.T, w *watcher, not uint32) uint32 {
	t.Helper()
	for {
		packet := w.next(3 * time.Second)
		if packet == nil {
			t.Fatal("the stream stopped")
		}
		if slices.Contains(kinds(packet), 5) && packet.Timestamp != not {
			return packet.Timestamp
		}
	}
}

func TestHangingUpEndsTheViewer(t *testing.T) {
	page := playing(t)
	w := watch(t, page, "camera", webrtc.NetworkTypeUDP4)
	startOf(t, w)
	request, err := http.NewRequest(http.MethodDelete, page.url+w.location, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode != http.StatusNoContent {
		t.Fatalf("%v %v", err, response)
	}
	for deadline := time.Now().Add(patience); page.viewers() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the viewer is still there long after it hung up")
		}
	}
}

func (s *served) viewers() int {
	s.peers.mu.Lock()
	defer s.peers.mu.Unlock()
	return len(s.peers.viewers)
}

func TestAViewerThatVanishesIsForgotten(t *testing.T) {
	page := playing(t)
	w := watch(t, page, "camera", webrtc.NetworkTypeUDP4)
	startOf(t, w)
	_ = w.peer.Close()
	for deadline := time.Now().Add(patience); page.viewers() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the viewer is still there 15 s after its browser vanished")
		}
	}
}

func TestAnOfferThatCannotBePlayedIsRefusedWithItsReason(t *testing.T) {
	page := serve(t, openLocal)
	post := func(tile, kind, body string) (int, string) {
		response, err := http.Post(page.url+"/whep/"+tile, kind, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return response.StatusCode, strings.TrimSpace(string(text))
	}
	check := func(what, tile, kind, body string, wantStatus int, want string) {
		t.Helper()
		status, text := post(tile, kind, body)
		if status != wantStatus || text != `{"code":"`+want+`"}` {
			t.Errorf("%s: %d %s, want %d %s", what, status, text, wantStatus, want)
		}
	}
	check("no such tile", "attic", "application/sdp", "v=0", 404, "no_tile")
	check("not an offer", "camera", "text/plain", "v=0", 415, "bad_request")
	check("no picture", "camera", "application/sdp", "v=0", 409, "waiting")
	putAll(page.tiles["camera"], pictures("Kpbb", 0, 3, 1, 2))
	check("B-frames", "camera", "application/sdp", "v=0", 409, "bframes")
	putAll(page.tiles["ingest"], pictures("K"))
	check("nonsense", "ingest", "application/sdp", "nonsense", 400, "bad_offer")
	const vp8 = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n" +
		"a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n" +
		"a=setup:actpass\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"
	check("a browser without H.264", "ingest", "application/sdp", vp8, 400, "bad_offer")
	if got := page.viewers(); got != 0 {
		t.Errorf("%d viewers remain of refused offers", got)
	}
}
