package signin

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxAddresses bounds the memory that strangers can take.
const maxAddresses = 4096

// limiter counts what addresses do too often: burst at once, then one in every.
type limiter struct {
	every time.Duration
	burst int

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

// has tells whether an address has something left.
func (l *limiter) has(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bucket(address).Tokens() >= 1
}

// spend takes one, and tells whether there was one.
func (l *limiter) spend(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bucket(address).Allow()
}

// bucket is that of an address. When there are too many, those that are
// full again are forgotten; if none is, all are, which favours a flood from many
// addresses over the memory of the console.
func (l *limiter) bucket(address string) *rate.Limiter {
	if b, ok := l.buckets[address]; ok {
		return b
	}
	if len(l.buckets) >= maxAddresses {
		for key, b := range l.buckets {
			if b.Tokens() >= float64(l.burst) {
				delete(l.buckets, key)
			}
		}
	}
	if l.buckets == nil || len(l.buckets) >= maxAddresses {
		l.buckets = map[string]*rate.Limiter{}
	}
	b := rate.NewLimiter(rate.Every(l.every), l.burst)
	l.buckets[address] = b
	return b
}

// address is who counts as one: an IPv4 address, or the /64 that an IPv6
// customer has for himself.
func (g *Gate) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if g.config.Forwarded {
		list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		host = strings.TrimSpace(list[len(list)-1])
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		ip = netip.PrefixFrom(ip, 64).Masked().Addr()
	}
	return ip.String()
}
