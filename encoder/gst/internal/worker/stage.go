package worker

import (
	"fmt"
	"sync/atomic"
	"time"

	"studiobox/encoder/gst/internal/native"
)

const (
	// pullEvery is how often a waiting stage looks for errors.
	pullEvery = 100 * time.Millisecond
	// restAfter is how long after its last input a stage stops looking: an
	// idle worker must not wake up at all.
	restAfter = time.Second
)

// The ends of every pipeline. The source holds one buffer and makes the next
// push wait, so that all queues are in Go, where they can be judged; no clock
// holds anything back.
const (
	head = "appsrc name=src is-live=true format=time block=true max-bytes=1 "
	tail = " ! appsink name=sink sync=false async=false enable-last-sample=false max-buffers=2"
)

// stage is one pipeline from an appsrc to an appsink.
type stage struct {
	name     string // for errors
	pipeline *native.Pipeline
	src      *native.Element
	sink     *native.Element
	work     chan struct{} // wakes a resting pump
	pushes   atomic.Uint64
}

// newStage builds a pipeline around the chain of elements and starts it.
func newStage(lib *native.Library, name, caps, chain string) (*stage, error) {
	source := head
	if caps != "" {
		source += "caps=" + caps
	}
	p, err := lib.Launch(source + " ! " + chain + tail)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s := &stage{name: name, pipeline: p, work: make(chan struct{}, 1)}
	if s.src, err = p.Element("src"); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if s.sink, err = p.Element("sink"); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// play starts the pipeline, which must happen before the first push.
func (s *stage) play() error {
	if err := s.pipeline.Play(); err != nil {
		s.pipeline.Close()
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// push gives a buffer to the pipeline, waiting until the one before has been
// taken. The buffer is used up in any case.
func (s *stage) push(b *native.Buffer) error {
	s.pushes.Add(1)
	select {
	case s.work <- struct{}{}:
	default:
	}
	if err := s.src.Push(b); err != nil {
		if cause := s.pipeline.Err(); cause != nil {
			err = cause
		}
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// pump gives every sample that comes out to each, which must free it, until
// something fails.
func (s *stage) pump(each func(*native.Sample) error) error {
	var seen uint64
	var rest time.Time
	for {
		sample := s.sink.Pull(pullEvery)
		if sample != nil {
			if err := each(sample); err != nil {
				return err
			}
			continue
		}
		if err := s.pipeline.Err(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		now := time.Now()
		if pushes := s.pushes.Load(); pushes != seen {
			seen, rest = pushes, now.Add(restAfter)
		}
		if now.After(rest) {
			<-s.work
		}
	}
}
