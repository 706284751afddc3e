package linktest

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestTheLogIsOneLineOfJSONForEachTick(t *testing.T) {
	var out strings.Builder
	log := NewLog(&out)
	log.Tick(Tick{
		Way: Up, At: 100 * ms, Time: time.Unix(1795246134, 500),
		CapacityKbps: 1999.96, DeliveredKbps: 1234.54, Queue: 12345 * time.Microsecond,
		Dropped: 3, Lost: 2, Late: 260 * time.Microsecond,
	})
	log.Tick(Tick{Way: Down, Time: time.Unix(1, 0)})
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	const want = `{"at":1795246134000000500,"way":"up","capacityKbps":2000,"deliveredKbps":1234.5,"queueMs":12.3,"dropped":3,"lost":2,"lateMs":0.3}
{"at":1000000000,"way":"down","capacityKbps":0,"deliveredKbps":0,"queueMs":0,"dropped":0,"lost":0,"lateMs":0}
`
	if out.String() != want {
		t.Errorf("\n got %s\nwant %s", out.String(), want)
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestALogThatCannotBeWrittenSaysSoAtItsEnd(t *testing.T) {
	log := NewLog(full{})
	for range 2000 {
		log.Tick(Tick{Way: Up})
	}
	if err := log.Close(); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("%v", err)
	}
}
