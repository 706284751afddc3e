package showlog

import "time"

const (
	// points is how many steps a show's course is told in at most, leastPoint
	// the shortest of them.
	points     = 240
	leastPoint = time.Second
)

// Point is one step of the course of a show.
type Point struct {
	// At is the step's begin since that of the show.
	At, Length time.Duration
	// Known is false where most of the step was not recorded; all that follows
	// then is zero.
	Known                            bool
	AckedKbps, TargetKbps, LeastKbps int // LeastKbps is the lowest target
	Width, Height                    int
	FPS                              int
	Lost                             time.Duration
	// Reason is the worst of the step, as [Gravity] has it.
	Reason string
}

// Gravity orders reasons by what they mean for a viewer: 3 nothing arrives,
// 2 the picture was made worse, 1 the box waits and sees, 0 all is well.
func Gravity(reason string) int {
	switch reason {
	case "outage", NoPicture:
		return 3
	case "standing_queue", "capacity", "loss", "receiver_limited", "stall", "skip":
		return 2
	case "hold", "no_kernel_stats", "probe_rtt":
		return 1
	}
	return 0
}

// line lays the spans over equal steps.
func line(spans []span, duration time.Duration) []Point {
	if duration <= 0 {
		return nil
	}
	length := max(leastPoint, (duration+points-1)/points)
	line := make([]Point, (duration+length-1)/length)
	made := make([]strokes, len(line))
	var begin time.Duration
	for _, s := range spans {
		for at := begin; at < begin+s.length; {
			i := int(at / length)
			end := min(time.Duration(i+1)*length, begin+s.length)
			made[i].add(s, end-at)
			at = end
		}
		begin += s.length
	}
	for i := range line {
		at := time.Duration(i) * length
		line[i] = made[i].point(at, min(length, duration-at))
	}
	return line
}

// strokes is what falls into one step.
type strokes struct {
	known              time.Duration
	acked, target, fps float64 // times seconds
	least              int
	lost               time.Duration
	reason             string
	longest            time.Duration
	width, height      int
}

func (k *strokes) add(s span, part time.Duration) {
	if !s.known {
		return
	}
	seconds := part.Seconds()
	if k.known == 0 || s.at.TargetKbps < k.least {
		k.least = s.at.TargetKbps
	}
	if k.known == 0 || Gravity(s.at.Reason) > Gravity(k.reason) {
		k.reason = s.at.Reason
	}
	k.known += part
	k.acked += float64(s.at.AckedKbps) * seconds
	k.target += float64(s.at.TargetKbps) * seconds
	k.fps += float64(s.at.FPS) * seconds
	k.lost += time.Duration(float64(s.lost) * float64(part) / float64(s.length))
	if part > k.longest {
		k.longest, k.width, k.height = part, s.at.Width, s.at.Height
	}
}

func (k *strokes) point(at, length time.Duration) Point {
	p := Point{At: at, Length: length}
	if k.known*2 < length {
		return p
	}
	seconds := k.known.Seconds()
	p.Known = true
	p.AckedKbps, p.TargetKbps, p.FPS = int(k.acked/seconds), int(k.target/seconds), int(k.fps/seconds+0.5)
	p.LeastKbps, p.Lost, p.Reason = k.least, min(k.lost, length), k.reason
	p.Width, p.Height = k.width, k.height
	return p
}
