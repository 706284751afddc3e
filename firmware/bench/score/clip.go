package score

import (
	"errors"
	"fmt"
)

// Width and Height are the size in which pictures are compared.
const (
	Width, Height = 640, 360
	pictureBytes  = Width * Height
)

// Clip is what the camera filmed: frame n of the clip is frame n of each run.
// It is decoded as far as is asked for and holds one picture at a time.
type Clip struct {
	path    string
	decoder *decoder
	next    int // the number of the frame that the decoder gives next
}

// OpenClip opens an H.264 file in Annex B with painted numbers 0, 1, 2 ...;
// the error says what is wrong with it.
func OpenClip(path string) (*Clip, error) {
	clip := &Clip{path: path}
	if _, err := clip.Luma(0); err != nil {
		return nil, errors.Join(err, clip.Close())
	}
	return clip, nil
}

// Luma is the luma of frame n, Width by Height without padding. It is valid
// until the next call. Going on is cheap, going back starts anew.
func (c *Clip) Luma(n int) ([]byte, error) {
	if c.decoder == nil || n < c.next-1 {
		if err := c.restart(); err != nil {
			return nil, fmt.Errorf("clip: %w", err)
		}
	}
	for c.next <= n {
		if err := c.decoder.read(); err != nil {
			return nil, fmt.Errorf("clip: frame %d: %w", c.next, err)
		}
		if shown, ok := ReadNumber(c.decoder.luma, Width, Width, Height); !ok || shown != c.next {
			return nil, fmt.Errorf("clip: frame %d shows the number %d (readable: %t)", c.next, shown, ok)
		}
		c.next++
	}
	return c.decoder.luma, nil
}

func (c *Clip) restart() error {
	if err := c.Close(); err != nil {
		return err
	}
	decoder, err := startDecoder(nil, "-f", "h264", "-i", c.path)
	if err != nil {
		return err
	}
	c.decoder, c.next = decoder, 0
	return nil
}

// Close ends the decoder. The clip can still be used; it begins anew then.
func (c *Clip) Close() error {
	if c.decoder == nil {
		return nil
	}
	c.decoder.stop()
	c.decoder = nil
	return nil
}
