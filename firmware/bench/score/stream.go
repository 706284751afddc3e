package score

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// received is a unit with its place in the file and its times.
type received struct {
	Unit
	offset int64
	at     time.Duration // since the capture of frame 0
	ready  time.Duration // when its references and itself had arrived
}

// stream is the file of the units that the ingest got.
type stream struct {
	file  *os.File
	units []received // publisher after publisher, each in order of arrival
}

// openStream finds the units in the file. Of a record that was cut short the
// units that are there count.
func openStream(dir string, units []Unit, t0 int64) (*stream, error) {
	file, err := os.Open(filepath.Join(dir, StreamFile))
	if err != nil {
		return nil, err
	}
	s := &stream{file: file}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	offset := int64(0)
	for _, u := range units {
		if u.Bytes <= 0 || offset+int64(u.Bytes) > info.Size() {
			break
		}
		s.units = append(s.units, received{Unit: u, offset: offset, at: time.Duration(u.At - t0)})
		offset += int64(u.Bytes)
	}
	slices.SortStableFunc(s.units, func(a, b received) int { return cmp.Compare(a.Session, b.Session) })
	s.follow()
	return s, nil
}

// follow finds when each unit's references had arrived: a key frame needs
// none, and what comes after it needs all from it on.
func (s *stream) follow() {
	ready := map[int]time.Duration{} // by publisher
	for i := range s.units {
		u := &s.units[i]
		u.ready = u.at
		if !u.Key {
			u.ready = max(u.at, ready[u.Session])
		}
		ready[u.Session] = u.ready
	}
}

func (s *stream) data(u received) ([]byte, error) {
	data := make([]byte, u.Bytes)
	if _, err := s.file.ReadAt(data, u.offset); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(data, []byte{0, 0, 1}) && !bytes.HasPrefix(data, []byte{0, 0, 0, 1}) {
		return nil, fmt.Errorf("%s: byte %d: no start code: do the lengths in %s count them?", StreamFile, u.offset, UnitsFile)
	}
	return data, nil
}

// write gives the decodable units to a decoder in IVF, the simplest container
// that keeps packets apart and stamps each: with its index.
func (s *stream) write(to io.Writer) error {
	out := bufio.NewWriterSize(to, 1<<16)
	header := [32]byte{0: 'D', 1: 'K', 2: 'I', 3: 'F', 6: 32, 8: 'H', 9: '2', 10: '6', 11: '4'}
	binary.LittleEndian.PutUint16(header[12:], Width)
	binary.LittleEndian.PutUint16(header[14:], Height)
	binary.LittleEndian.PutUint32(header[16:], 30) // one stamp is 1/30 s; any unit would do
	binary.LittleEndian.PutUint32(header[20:], 1)
	if _, err := out.Write(header[:]); err != nil {
		return err
	}
	for i, u := range s.units {
		if !u.Decodable {
			continue
		}
		data, err := s.data(u)
		if err != nil {
			return err
		}
		var head [12]byte
		binary.LittleEndian.PutUint32(head[:], uint32(len(data)))
		binary.LittleEndian.PutUint64(head[4:], uint64(i))
		if _, err := out.Write(append(head[:], data...)); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (s *stream) decodable() bool {
	return slices.ContainsFunc(s.units, func(u received) bool { return u.Decodable })
}

// decode gives each picture with the index of its unit, in decoding order.
func (s *stream) decode(each func(unit int, luma []byte) error) error {
	if !s.decodable() {
		return nil
	}
	d, err := startDecoder(s.write, "-f", "ivf", "-i", "pipe:0")
	if err != nil {
		return err
	}
	defer d.stop()
	for {
		if err := d.read(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if d.stamp >= len(s.units) {
			return fmt.Errorf("ffmpeg: a picture of unit %d of %d", d.stamp, len(s.units))
		}
		if err := each(d.stamp, d.luma); err != nil {
			return err
		}
	}
}

func (s *stream) close() error { return s.file.Close() }
