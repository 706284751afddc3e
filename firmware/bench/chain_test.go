package main

import (
	"testing"

	"studiobox/encoder/unit"
)

// units are three seconds of the clip as the ingest would see them.
func units(t *testing.T) []*unit.Unit {
	t.Helper()
	var all []*unit.Unit
	for n, nalus := range pictures(t, shortClip(t), 3*clipFPS) {
		all = append(all, &unit.Unit{Track: unit.Video, NALUs: nalus, Key: n%keyFrames == 0})
	}
	return all
}

func TestAWholeStreamIsDecodable(t *testing.T) {
	var c chain
	for n, u := range units(t) {
		if !c.take(u, false) {
			t.Fatalf("picture %d is said to lack a reference", n)
		}
	}
}

func TestAPictureLeftOutInSilenceSpoilsTheRestUpToTheKeyFrame(t *testing.T) {
	var c chain
	for n, u := range units(t) {
		if n == 20 {
			continue
		}
		if got, want := c.take(u, false), n < 20 || n >= keyFrames; got != want {
			t.Fatalf("picture %d decodable: %t, want %t", n, got, want)
		}
	}
}

func TestAPacketLostSpoilsTheRestUpToTheKeyFrame(t *testing.T) {
	var c chain
	for n, u := range units(t) {
		if got, want := c.take(u, n == 31), n < 31 || n >= keyFrames; got != want {
			t.Fatalf("picture %d decodable: %t, want %t", n, got, want)
		}
	}
}

func TestANewSessionBeginsWithAKeyFrame(t *testing.T) {
	var c chain
	for n, u := range units(t) {
		if n == 10 {
			c.cut()
		}
		if got, want := c.take(u, false), n < 10 || n >= keyFrames; got != want {
			t.Fatalf("picture %d decodable: %t, want %t", n, got, want)
		}
	}
}

func TestDamagedUnitsAreNoPanic(t *testing.T) {
	var c chain
	c.take(units(t)[0], false) // its parameter sets are known from here on
	for _, nalus := range [][][]byte{nil, {nil}, {{0x41}}, {{0x67}}, {{0x67, 1, 2}, {0x65, 0xff}}, {{0x41, 0, 0, 0, 0}}} {
		c.take(&unit.Unit{Track: unit.Video, NALUs: nalus}, false)
	}
}
