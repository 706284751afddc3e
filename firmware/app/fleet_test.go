package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"studiobox/firmware/health"
)

// TestABoxWhoseDiskAndTempFolderRefuseStillStarts is a full card: monitoring must
// keep no studio from starting.
func TestABoxWhoseDiskAndTempFolderRefuseStillStarts(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	ledger := openLedger(filepath.Join(os.DevNull, ledgerFile), slog.New(slog.DiscardHandler))
	if ledger.Settled() {
		t.Error("a ledger without a past claims to know it")
	}
	if err := ledger.Close(); err != nil {
		t.Error(err)
	}
}

func TestABoxWhoseWayToTheFleetCannotBeMadeStartsWithoutIt(t *testing.T) {
	b := stillBox(t, "rtsp://127.0.0.1:9/main", "")
	b.cfg.Settings.MQTT.Broker = "tcp://127.0.0.1:9"
	b.cfg.Settings.Box.Tenant = "no tenant's name"
	if err := b.makeFleet(); err != nil {
		t.Fatal(err)
	}
	if b.fleet != nil {
		t.Fatal("the fleet side was made")
	}
	active := b.tracker.Active(time.Now().Add(time.Hour)) // its patience is over
	if !slices.ContainsFunc(active, func(c health.Condition) bool { return c.Code == health.MQTTDown && c.Detail != "" }) {
		t.Errorf("conditions %+v", active)
	}
}
