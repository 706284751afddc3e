package rtspcam

import (
	"context"
	"time"

	"github.com/pion/rtcp"

	"studiobox/encoder/unit"
)

// pull is one connection from dial to end.
func (c *Camera) pull(ctx context.Context) error {
	n := newConnection(c)
	if err := n.client.Start2(); err != nil {
		return err
	}
	aborted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(aborted); n.end() })
	defer func() {
		n.end()
		if !stop() {
			<-aborted
		}
	}()

	r, err := c.play(n)
	if err != nil {
		return n.explain(err)
	}
	defer func() {
		n.end() // no packet comes after this
		c.floor = r.highest()
	}()
	return c.watch(ctx, n, r)
}

// play goes from DESCRIBE to PLAY.
func (c *Camera) play(n *connection) (*receiver, error) {
	desc, _, err := n.client.Describe(c.url)
	if err != nil {
		return nil, err
	}
	o, err := choose(desc.Medias)
	if err != nil {
		return nil, err
	}
	if err := n.client.SetupAll(desc.BaseURL, o.medias()); err != nil {
		return nil, err
	}
	r := newReceiver(o, c, time.Now())
	n.client.OnPacketRTP(o.videoMedia, o.video, r.videoPacket)
	n.client.OnPacketRTCP(o.videoMedia, func(p rtcp.Packet) { r.control(unit.Video, p) })
	if o.audio != nil {
		n.client.OnPacketRTP(o.audioMedia, o.audioFormat, r.audioPacket)
		n.client.OnPacketRTCP(o.audioMedia, func(p rtcp.Packet) { r.control(unit.Audio, p) })
	}
	c.tally.connected(r.media, n.usedTransport, o.notes)
	r.announce()
	if _, err := n.client.Play(nil); err != nil {
		return nil, err
	}
	return r, nil
}
