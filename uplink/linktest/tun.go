package linktest

import (
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

const (
	mtu       = 1500
	tunDevice = "/dev/net/tun"
	tunName   = "line0"

	// tunQueue is how many packets the kernel may hold for us while this
	// machine is busy with something else; 500 by default, which is 120 ms of
	// 50 Mbit/s. What does not fit is lost without a trace in the counts.
	tunQueue = 4000
)

// openTUN makes a TUN device in the calling thread's namespace: address on
// it, up, and the line's other end reachable through it. Offloads stay off, so
// that the kernel hands over packets of at most the MTU. The descriptor does
// not block.
func openTUN(address netip.Prefix) (int, error) {
	fd, err := unix.Open(tunDevice, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", tunDevice, err)
	}
	if err := setUpTUN(fd, address); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("TUN device %s: %w", address, err)
	}
	return fd, nil
}

func setUpTUN(fd int, address netip.Prefix) error {
	device, err := unix.NewIfreq(tunName)
	if err != nil {
		return err
	}
	device.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, device); err != nil {
		return err
	}
	if err := setAddress(unix.SIOCSIFADDR, address.Addr().AsSlice()); err != nil {
		return err
	}
	if err := setAddress(unix.SIOCSIFNETMASK, net.CIDRMask(address.Bits(), 32)); err != nil {
		return err
	}
	if err := setQueue(tunQueue); err != nil {
		return err
	}
	return raise(tunName)
}

// setQueue sets the device's queue, in packets (netdevice(7)).
func setQueue(packets uint32) error {
	ifreq, err := unix.NewIfreq(tunName)
	if err != nil {
		return err
	}
	ifreq.SetUint32(packets)
	return ioctl(unix.SIOCSIFTXQLEN, ifreq)
}

// setAddress sets the address or mask of the TUN device (netdevice(7)).
func setAddress(request uint, address []byte) error {
	ifreq, err := unix.NewIfreq(tunName)
	if err != nil {
		return err
	}
	if err := ifreq.SetInet4Addr(address); err != nil {
		return err
	}
	return ioctl(request, ifreq)
}

// raise brings a device of the calling thread's namespace up.
func raise(device string) error {
	ifreq, err := unix.NewIfreq(device)
	if err != nil {
		return err
	}
	ifreq.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return ioctl(unix.SIOCSIFFLAGS, ifreq)
}

// ioctl asks through a socket of the calling thread's namespace.
func ioctl(request uint, ifreq *unix.Ifreq) error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	return unix.IoctlIfreq(socket, request, ifreq)
}
