// Package worker is the child process that runs GStreamer: it takes units and
// raw pictures off a socket and sends back what the codecs make of them.
package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"studiobox/encoder/gst/internal/native"
	"studiobox/encoder/gst/internal/wire"
)

// Exit codes of the process.
const (
	exitDone   = 0 // the box closed the socket
	exitUsage  = 2 // not started by the box
	exitFailed = 3 // said why in a Failed message
)

// Main is the whole life of a worker. The box decides when it ends, by closing
// the socket; the signals that a terminal or systemd sends to a whole group are
// therefore ignored.
func Main() int {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	// A crashed codec must not fill the card with a core dump.
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	file := os.NewFile(3, "box")
	socket, err := net.FileConn(file)
	conn, ok := socket.(*net.UnixConn)
	if err != nil || !ok {
		fmt.Fprintln(os.Stderr, "this program is started by studiobox itself: file descriptor 3 is not its socket")
		return exitUsage
	}
	file.Close()
	defer conn.Close()
	s := newServer(conn)
	err = s.serve()
	if err == nil {
		return exitDone
	}
	s.tell(err)
	return exitFailed
}

// tell sends the box the reason of the end.
func (s *server) tell(err error) {
	f := wire.Failure{Text: err.Error()}
	var missing *native.MissingError
	if errors.As(err, &missing) {
		f.Part, f.Package = missing.Part, missing.Package
	}
	body, err := json.Marshal(f)
	if err != nil {
		return // two strings always marshal
	}
	_ = s.out.Send(wire.Header{Kind: wire.Failed}, body) // nobody is left to tell
}

// ended tells whether an error of the socket means that the box closed it.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed)
}
