package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// v4l2 encodes in hardware through the kernel (Raspberry Pi 4, Zero 2). Its
// element has no property for the rate and ignores key frame requests; both go
// to the driver as controls of the open device, and take effect at once.
type v4l2 struct{}

func (v4l2) name() string { return "v4l2" }

func (v4l2) elements() []string { return []string{"v4l2h264enc", "h264parse"} }

// chain gives the level, without which the element does not negotiate. The
// driver's own key frames are a safety net behind the ordered ones. B-frames
// do not exist in this hardware.
func (v4l2) chain(kbps, _, keySpan int) string {
	return fmt.Sprintf(`v4l2h264enc name=codec extra-controls="controls,video_bitrate_mode=1,video_bitrate=%d,`+
		`repeat_sequence_header=1,h264_i_frame_period=%d" ! video/x-h264,profile=high,level=(string)4 ! `+
		"h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au", driverRate(kbps), keySpan)
}

// rate has no buffer time: the driver has no control for it.
func (v4l2) rate(kbps, _ int) []setting {
	return []setting{{"extra-controls", fmt.Sprintf("controls,video_bitrate=%d", driverRate(kbps))}}
}

func (v4l2) key() []setting {
	return []setting{{"extra-controls", "controls,force_key_frame=1"}}
}

// driverRate is the rate in bit/s within what bcm2835-codec accepts: 25 kbit/s
// to 25 Mbit/s in steps of 25 kbit/s.
func driverRate(kbps int) int {
	const step, most = 25, 25000
	return min(max(kbps/step*step, step), most) * 1000
}

// keySpan is a key frame interval in pictures, for a driver that counts them,
// at 30 per second. An interval of 1 hangs the Raspberry Pi's driver.
func keySpan(ms int) int { return max(2, ms*30/1000) }

// Of the kernel's interface (linux/videodev2.h), on 64-bit systems.
const (
	vidiocQuerycap    = 0x80685600
	vidiocEnumFmt     = 0xc0405602
	capM2MPlanar      = 0x00004000
	capM2M            = 0x00008000
	bufCapture        = 1
	bufCapturePlanar  = 9
	pixelFormatH264   = 'H' | '2'<<8 | '6'<<16 | '4'<<24
	mostFormatsListed = 64
)

// capability mirrors struct v4l2_capability.
type capability struct {
	driver       [16]byte
	card, bus    [32]byte
	version      uint32
	capabilities uint32
	device       uint32
	_            [3]uint32
}

// formatDescription mirrors struct v4l2_fmtdesc.
type formatDescription struct {
	index, kind, flags uint32
	description        [32]byte
	pixelFormat        uint32
	_                  [4]uint32
}

// hasEncoder tells whether a video node under dev opens and turns raw pictures
// into H.264.
func hasEncoder(dev string) bool {
	nodes, err := filepath.Glob(filepath.Join(dev, "video*"))
	if err != nil {
		return false // the pattern is ours
	}
	for _, node := range nodes {
		if isEncoder(node) {
			return true
		}
	}
	return false
}

func isEncoder(node string) bool {
	f, err := os.OpenFile(node, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	var c capability
	if !ioctl(f, vidiocQuerycap, unsafe.Pointer(&c)) || c.device&(capM2M|capM2MPlanar) == 0 {
		return false
	}
	queue := uint32(bufCapture)
	if c.device&capM2MPlanar != 0 {
		queue = bufCapturePlanar
	}
	for i := range uint32(mostFormatsListed) {
		d := formatDescription{index: i, kind: queue}
		if !ioctl(f, vidiocEnumFmt, unsafe.Pointer(&d)) {
			return false
		}
		if d.pixelFormat == pixelFormatH264 {
			return true
		}
	}
	return false
}

func ioctl(f *os.File, request uintptr, argument unsafe.Pointer) bool {
	_, _, failure := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(argument))
	return failure == 0
}
