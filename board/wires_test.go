package board

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/gpio"

	"studiobox/board/profile"
)

const wired = "[button.golive]\npin=\"A\"\n[lamp.air]\npin=\"B\"\n[deadman]\npin=\"D\"\n[light.key]\npwm=\"pwmchip2/0\"\n" +
	"[display]\ni2c=\"i2c-1/0x3c\"\n[bus.dmx]\nserial=\"/dev/ttyUSB0\"\n[light.rim]\nchannel=\"dmx/1\"\n"

// wiredBoard opens a machine with something of every kind.
func wiredBoard(t *testing.T, roles ...profile.Role) (*Board, *bench, error) {
	t.Helper()
	p, err := profile.Parse("wired", []byte(wired))
	if err != nil {
		t.Fatal(err)
	}
	m, tree := newBench(t, "A", "B", "D"), newPWMTree(t)
	m.pwm = tree.units()
	b, err := open(p, m.machine, roles...)
	return b, m, err
}

func TestEachProcessHoldsTheLinesThatItNamesAndNoOther(t *testing.T) {
	_, m, err := wiredBoard(t, profile.ButtonGoLive, profile.LampAir)
	if err != nil || m.lines["D"].output || m.lines["D"].holder != "" || m.lines["A"].holder == "" {
		t.Errorf("the daemon holds the dead-man's line, or not its own: %v", err)
	}
	if _, m, err = wiredBoard(t); err != nil || m.lines["A"].holder == "" || m.lines["D"].holder == "" {
		t.Errorf("who names none does not hold all: %v", err)
	}
	b, m, err := wiredBoard(t, profile.Deadman)
	if err != nil || !m.lines["D"].output || m.lines["A"].holder != "" || m.lines["B"].holder != "" {
		t.Errorf("the dead-man's process holds the wrong lines: %v", err)
	}
	if _, err := b.Out(profile.Deadman); err != nil {
		t.Error(err)
	}
	if _, _, err := wiredBoard(t, profile.Buzzer); err == nil || !strings.Contains(err.Error(), "[buzzer]") {
		t.Errorf("got %v", err)
	}
}

func TestCloseLetsEveryLineGo(t *testing.T) {
	b, m, err := wiredBoard(t)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for name, f := range m.lines {
		if f.holder != "" {
			t.Errorf("%s is still held by %s", name, f.holder)
		}
	}
}

func TestARoleAskedForAsTheWrongKindIsNamed(t *testing.T) {
	b, _, err := wiredBoard(t, profile.ButtonGoLive, profile.LampAir, profile.LightKey)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := b.Out(profile.LightKey); err != nil || out.Name() != "pwmchip2/0" {
		t.Errorf("%v, %v", out, err)
	}
	only := func(_ any, err error) error { return err }
	_, _, noI2C := b.I2C(profile.LampAir)
	for want, err := range map[string]error{
		"light.key is wired to a pwm channel, and this part wants a pin": only(b.Pin(profile.LightKey)),
		"light.rim is wired to a channel of bus.dmx":                     only(b.Out(profile.LightRim)),
		"button.golive is an input":                                      only(b.Out(profile.ButtonGoLive)),
		"deadman belongs to another process":                             only(b.Pin(profile.Deadman)),
		"lamp.air is wired to a pin, and this part wants an i2c address": noI2C,
		"display is wired to an i2c address, and this part wants a seri": only(b.Serial(profile.Display)),
		"no pin plays the role lens.zoom":                                only(b.Out(profile.LensZoom)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestAProfileForAnotherComputerIsRefusedWithTheRightOne(t *testing.T) {
	for model, want := range map[string]string{
		"Raspberry Pi 5 Model B Rev 1.0":        "use the profile rpi5",
		"Raspberry Pi 4 Model B Rev 1.4":        "",
		"Raspberry Pi Compute Module 4 Rev 1.0": "", // suits both
		"Raspberry Pi 6 Model B Rev 1.0":        "", // later than this was written
		"":                                      "",
	} {
		m := newBench(t, "GPIO17", "GPIO27")
		put(t, m.root, "proc/device-tree/model", model+"\x00")
		_, err := open(rpi4(t), m.machine)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", model, err, want)
		}
	}
}

func TestABusyLineNamesItsHolderAlsoWherePeriphKeepsOnlyText(t *testing.T) {
	m := newBench(t, "GPIO17", "GPIO27")
	m.lines["GPIO17"].holder = kernelHeld
	_, err := open(rpi4(t), m.machine)
	for _, want := range []string{"role button.golive", "line GPIO17", fmt.Sprintf("held by %q", kernelHeld), "another pin"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestEveryRefusalOfALineIsExplained(t *testing.T) {
	in := profile.Wire{Pin: "GPI3"}
	out := profile.Wire{Pin: "GPI3", Use: profile.Use{Output: true}}
	for _, c := range []struct {
		err  error
		w    profile.Wire
		want string
	}{
		{syscall.EBUSY, out, "held by another program"},
		{errors.New("line_request ioctl: device or resource busy"), in, "held by another program"},
		{syscall.EIO, out, "the chip refuses it as an output"},
		{errors.New("input/output error"), in, "the chip refuses it as an input"},
		{errors.New("errno 524"), in, "the chip refuses it as an input"},
		{syscall.ENODEV, in, "its chip is gone"},
		{syscall.ENOMEM, in, "line GPI3: cannot allocate memory"},
	} {
		got := explainLine(c.err, c.w, "").Error()
		if !strings.Contains(got, c.want) || !strings.Contains(got, "GPI3") || strings.Contains(got, "\n") {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

func TestALineOnAChipThatIsClosedToUsNamesThePermission(t *testing.T) {
	m := newBench(t, "GPIO17") // GPIO27 is on the other chip
	if err := os.Symlink("gone", filepath.Join(m.root, "dev/gpiochip1")); err != nil {
		t.Fatal(err)
	}
	_, err := open(rpi4(t), m.machine)
	if err == nil || !strings.Contains(err.Error(), "role lamp.air") || !strings.Contains(err.Error(), "gpiochip1 is not there") {
		t.Errorf("got %v", err)
	}
}

func TestTheKernelsStructuresHaveTheKernelsSizes(t *testing.T) {
	for name, size := range map[string][2]uintptr{
		"gpio_v2_line_request": {unsafe.Sizeof(lineRequest{}), ioctlLineRequest >> 16 & 0x3fff},
		"gpio_v2_line_info":    {unsafe.Sizeof(lineInfo{}), ioctlLineInfo >> 16 & 0x3fff},
		"gpio_v2_line_values":  {unsafe.Sizeof(lineValues{}), ioctlSetValues >> 16 & 0x3fff},
	} {
		if size[0] != size[1] {
			t.Errorf("%s has %d bytes, want %d", name, size[0], size[1])
		}
	}
}

func TestTheKernelsStructuresHaveTheirFieldsInPlace(t *testing.T) {
	var r lineRequest
	var i lineInfo
	for name, at := range map[string][2]uintptr{
		"request.consumer":  {unsafe.Offsetof(r.consumer), 256},
		"request.flags":     {unsafe.Offsetof(r.flags), 288},
		"request.num_attrs": {unsafe.Offsetof(r.numAttrs), 296},
		"request.attrs":     {unsafe.Offsetof(r.attrs), 320},
		"request.mask":      {unsafe.Offsetof(r.attrs[0].mask), 16},
		"request.num_lines": {unsafe.Offsetof(r.numLines), 560},
		"request.fd":        {unsafe.Offsetof(r.fd), 588},
		"info.consumer":     {unsafe.Offsetof(i.consumer), 32},
		"info.offset":       {unsafe.Offsetof(i.offset), 64},
	} {
		if at[0] != at[1] {
			t.Errorf("%s is at byte %d, want %d", name, at[0], at[1])
		}
	}
}

func TestAnOutputIsRequestedTogetherWithItsValue(t *testing.T) {
	for level, want := range map[gpio.Level]uint64{gpio.High: 1, gpio.Low: 0} {
		r := outputRequest(27, level)
		value := r.attrs[0]
		if r.offsets[0] != 27 || r.numLines != 1 || r.flags != flagOutput || r.numAttrs != 1 ||
			value.id != attrOutputValue || value.value != want || value.mask != 1 {
			t.Errorf("%v: %+v", level, r)
		}
		if r.consumer[0] == 0 || r.consumer[len(r.consumer)-1] != 0 {
			t.Errorf("consumer %q", r.consumer)
		}
	}
}

func TestAnI2CDeviceThatIsMissingIsNamed(t *testing.T) {
	b, m, err := wiredBoard(t)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = b.I2C(profile.Display)
	if err == nil || !strings.Contains(err.Error(), "role display") || !strings.Contains(err.Error(), "i2c-1 is not there: add dtparam=i2c_arm=on") {
		t.Errorf("no bus: %v", err)
	}
	put(t, m.root, "dev/i2c-1", "") // a plain file takes no transfer
	if _, _, err = b.I2C(profile.Display); !errors.Is(err, syscall.ENOTTY) {
		t.Errorf("no bus either: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func TestATransferIsWrittenThenReadAndItsFailureExplained(t *testing.T) {
	var answer error
	var seen []string
	bus := &i2cBus{name: "i2c-1", transfer: func(messages []i2cMessage) error {
		for _, m := range messages {
			seen = append(seen, fmt.Sprintf("%x/%d/%d", m.addr, m.flags, m.length))
			*m.data = 0x55
		}
		return answer
	}}
	read := make([]byte, 2)
	if err := bus.Tx(0x40, []byte{1, 2, 3}, read); err != nil || read[0] != 0x55 || strings.Join(seen, " ") != "40/0/3 40/1/2" {
		t.Errorf("%v, read %x: %v", seen, read, err)
	}
	if err := bus.Tx(0x40, nil, nil); err != nil || len(seen) != 2 {
		t.Errorf("nothing to do made a transfer: %v", err)
	}
	if err := bus.Tx(0x40, make([]byte, 1<<16), nil); err == nil || len(seen) != 2 {
		t.Errorf("a length that does not fit was cut: %v", err)
	}
	for code, want := range map[error]string{
		syscall.EREMOTEIO: "nothing answers at 0x40 on i2c-1: check its supply",
		syscall.ENXIO:     "nothing answers at 0x40",
		syscall.ETIMEDOUT: "i2c-1 hangs",
		syscall.EINVAL:    "i2c-1 at 0x40: invalid argument",
	} {
		answer = code
		if err := bus.Tx(0x40, []byte{0}, nil); !errors.Is(err, code) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestASerialPortThatIsGoneIsNamed(t *testing.T) {
	b, _, err := wiredBoard(t)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Serial(profile.BusDMX)
	for _, want := range []string{"role bus.dmx", "ttyUSB0 is not there", "/dev/serial/by-id"} {
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	for code, want := range map[error]string{
		syscall.EACCES: "no permission on /dev/x",
		syscall.EBUSY:  "held by another program",
		syscall.EIO:    "/dev/x: input/output error",
	} {
		if got := explainFile("/dev/x", portError(code), "").Error(); !strings.Contains(got, want) {
			t.Errorf("%v: %q", code, got)
		}
	}
}

func TestDMXHasItsOwnSpeedAndStopBits(t *testing.T) {
	for role, want := range map[profile.Role]serial.Mode{
		profile.BusDMX:        {BaudRate: 250000, DataBits: 8, StopBits: serial.TwoStopBits},
		profile.TurntableUART: {BaudRate: 115200, DataBits: 8, StopBits: serial.OneStopBit},
	} {
		if got := modeOf(role); *got != want {
			t.Errorf("%s: %+v, want %+v", role, *got, want)
		}
	}
}

// TestTheSerialPortIsSetAsAsked opens a pseudo-terminal: the kernel keeps the
// speed and the stop bits of a port that has neither.
func TestTheSerialPortIsSetAsAsked(t *testing.T) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("SKIPPED LOUDLY, needs pseudo-terminals: ", err)
	}
	defer func() { _ = master.Close() }()
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Skip("SKIPPED LOUDLY, needs pseudo-terminals: ", err)
	}
	text := strings.Replace(wired, "/dev/ttyUSB0", fmt.Sprintf("/dev/pts/%d", number), 1)
	p, err := profile.Parse("pty", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	m := newBench(t, "A", "B", "D")
	m.pwm = newPWMTree(t).units()
	b, err := open(p, m.machine)
	if err != nil {
		t.Fatal(err)
	}
	b.machine.root = "/"
	old, err := b.Serial(profile.BusDMX)
	if err != nil {
		t.Fatal(err)
	}
	port, err := b.Serial(profile.BusDMX)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := port.Write([]byte{0, 255}); err != nil {
		t.Error(err)
	}
	var closed *serial.PortError
	if err := old.SetReadTimeout(0); err != nil {
		t.Error(err)
	}
	if _, err := old.Read(make([]byte, 1)); !errors.As(err, &closed) || closed.Code() != serial.PortClosed {
		t.Errorf("asked again, the old port is not closed: %v", err)
	}
	set, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
	if err != nil || set.Ospeed != 250000 || set.Cflag&unix.CSTOPB == 0 || set.Cflag&unix.CSIZE != unix.CS8 {
		t.Errorf("speed %d, flags %o: %v", set.Ospeed, set.Cflag, err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
