package ingesttest

import (
	"errors"
	"fmt"
	"net"
	"strconv"
)

// portPair is two UDP sockets on an even port and the one above it, as RTP and
// RTCP want them.
type portPair struct {
	conns [2]net.PacketConn
	next  int
}

// newPortPair finds two neighbouring free ports on the listener's host.
func newPortPair(listen func(network, address string) (net.PacketConn, error), beside net.Addr) (*portPair, error) {
	host, _, err := net.SplitHostPort(beside.String())
	if err != nil {
		return nil, fmt.Errorf("UDP ports: %w", err)
	}
	for range 100 {
		low, err := listen("udp", net.JoinHostPort(host, "0"))
		if err != nil {
			return nil, fmt.Errorf("UDP ports: %w", err)
		}
		port := low.LocalAddr().(*net.UDPAddr).Port
		if port%2 == 0 {
			high, err := listen("udp", net.JoinHostPort(host, strconv.Itoa(port+1)))
			if err == nil {
				return &portPair{conns: [2]net.PacketConn{low, high}}, nil
			}
		}
		_ = low.Close()
	}
	return nil, errors.New("UDP ports: no even port with a free neighbour in 100 tries")
}

func (p *portPair) addresses() (rtp, rtcp string) {
	return p.conns[0].LocalAddr().String(), p.conns[1].LocalAddr().String()
}

// take hands the sockets out in order to the library, which believes that it
// makes them.
func (p *portPair) take(string, string) (net.PacketConn, error) {
	if p.next >= len(p.conns) {
		return nil, errors.New("UDP ports: both are taken")
	}
	p.next++
	return p.conns[p.next-1], nil
}

// close is for sockets that were never taken; closing twice does no harm.
func (p *portPair) close() {
	for _, conn := range p.conns {
		_ = conn.Close()
	}
}
