package telemetry

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestAWriteIntoADeadLineGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe() // nobody reads at the far end
		defer far.Close()
		defer near.Close()
		began := time.Now()
		_, err := (&impatient{near, 2 * time.Second}).Write([]byte("ping"))
		if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took != 2*time.Second {
			t.Errorf("after %s: %v", took, err)
		}
	})
}
