//go:build !linux

package turntable

import "time"

func becomeRealtime() bool { return false }

func becomeOrdinary() {}

func nanosleep(d time.Duration) { time.Sleep(d) }
