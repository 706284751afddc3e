package worker

import (
	"fmt"
	"regexp"
	"strconv"
)

// rawCaps is a filter that lets I420 of a size through; 0 leaves that side open.
func rawCaps(width, height int) string {
	caps := "video/x-raw,format=I420"
	if width > 0 {
		caps += ",width=" + strconv.Itoa(width)
	}
	if height > 0 {
		caps += ",height=" + strconv.Itoa(height)
	}
	return caps
}

// format is what matters of a raw format.
type format struct {
	width, height int
	fps           float64 // 0 when it is not told
}

// GStreamer's notation of the fields, as gst_caps_to_string writes it.
const (
	widthField  = `\bwidth=\(int\)(\d+)`
	heightField = `\bheight=\(int\)(\d+)`
	fpsField    = `\bframerate=\(fraction\)(\d+)/(\d+)`
)

// parseFormat reads caps in GStreamer's notation.
func parseFormat(caps string) (format, error) {
	width, height := number(caps, widthField), number(caps, heightField)
	if width <= 0 || height <= 0 {
		return format{}, fmt.Errorf("GStreamer gives pictures of no size: %s", caps)
	}
	f := format{width: width, height: height}
	if m := regexp.MustCompile(fpsField).FindStringSubmatch(caps); m != nil {
		n, _ := strconv.ParseFloat(m[1], 64) // digits, by the expression
		d, _ := strconv.ParseFloat(m[2], 64)
		if d > 0 {
			f.fps = n / d
		}
	}
	return f, nil
}

func number(caps, field string) int {
	m := regexp.MustCompile(field).FindStringSubmatch(caps)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}

// setRate replaces or adds the frame rate in caps of GStreamer's notation.
func setRate(caps string, fps int) string {
	rate := fmt.Sprintf("framerate=(fraction)%d/1", fps)
	if re := regexp.MustCompile(fpsField); re.MatchString(caps) {
		return re.ReplaceAllString(caps, rate)
	}
	return caps + ", " + rate
}

// fit is the size to encode: the wanted one, where 0 is what the source has or
// what its shape asks for. 4:2:0 has no odd sizes.
func fit(source format, width, height int) (int, int) {
	switch {
	case width <= 0 && height <= 0:
		width, height = source.width, source.height
	case width <= 0:
		width = (source.width*height + source.height/2) / source.height
	case height <= 0:
		height = (source.height*width + source.width/2) / source.width
	}
	return max(width&^1, 16), max(height&^1, 16)
}

// pack copies an I420 picture in GStreamer's default layout, whose rows are
// padded to multiples of four bytes (gst_video_info_set_format), to one without
// padding. It reports false when from is too short.
func pack(to, from []byte, width, height int) bool {
	lumaStride, lumaRows := up(width, 4), up(height, 2)
	chromaStride, chromaRows := up(up(width, 2)/2, 4), lumaRows/2
	if len(from) < lumaStride*lumaRows+2*chromaStride*chromaRows {
		return false
	}
	to = rows(to, from, lumaStride, width, height)
	from = from[lumaStride*lumaRows:]
	for range 2 {
		to = rows(to, from, chromaStride, (width+1)/2, (height+1)/2)
		from = from[chromaStride*chromaRows:]
	}
	return true
}

// rows copies one plane and returns the rest of to.
func rows(to, from []byte, stride, width, height int) []byte {
	if stride == width {
		return to[copy(to, from[:width*height]):]
	}
	for y := range height {
		to = to[copy(to, from[y*stride:y*stride+width]):]
	}
	return to
}

func up(n, to int) int { return (n + to - 1) / to * to }
