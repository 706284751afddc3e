package telemetry

import (
	"math"
	"testing"
	"time"

	"studiobox/firmware/health"
	"studiobox/provisioning/contract"
)

func TestTheSnapshotBecomesThePayloadThatTheContractDescribes(t *testing.T) {
	loudness, loss := -16.23, 0.034
	s := &health.Snapshot{
		Version: "1.0.0",
		Session: health.SessionPart{State: "live", RemoteStart: true},
		Camera:  health.CameraPart{FPS: 29.97, Lost: 7, Loudness: &loudness},
		Encoder: health.EncoderPart{Height: 720, Kbps: 5980, Restarts: 3},
		Uplink:  health.UplinkPart{AckedKbps: 5920, QueueMs: 18, RTTMs: 34, Reconnects: 1, Loss: &loss},
		Board:   health.BoardPart{Model: "Raspberry Pi 4 Model B", CPUPercent: 41.4, MemPercent: 56.6, TempC: 63.44, DiskFreeMB: 11800, UnderVoltage: true, Serial: "10000000a3f1c2d4", Slot: "B", Network: "wifi"},
		Studio:  health.StudioPart{Turntable: true, Light: true},
		Fitted:  []string{"lens", "camera_net"},
		Conditions: []health.Condition{
			{Code: health.UnderVoltage}, {Code: health.TooHot},
		},
	}
	const wantHealth = `{"v":1,"ts":1795246134,"n":8812,"st":"live","cpu":41,"mem":57,"tc":63.4,"thr":1,"dsk":11800,` +
		`"rtt":34,"cam":[[30,7]],"enc":[720,5980,3],"up":[5920,3,18,1],"lufs":-16.2,"al":["under_voltage","too_hot"]}`
	if got := string(healthOf(s, 8812, time.Unix(1795246134, 0)).Encode()); got != wantHealth {
		t.Errorf("health\n got %s\nwant %s", got, wantHealth)
	}
	const wantInfo = `{"v":1,"model":"Raspberry Pi 4 Model B","sw":"1.0.0","cap":["light","turntable","lens","camera_net"],"rs":1,"ser":"10000000a3f1c2d4","slot":"B","net":"wifi"}`
	if got := string(infoOf(s).Encode()); got != wantInfo {
		t.Errorf("info\n got %s\nwant %s", got, wantInfo)
	}
}

func TestFiguresThatNobodyKnowsAreMinusOne(t *testing.T) {
	s := &health.Snapshot{
		Board:  health.BoardPart{CPUPercent: math.NaN(), MemPercent: -1, TempC: math.NaN(), DiskFreeMB: -1},
		Camera: health.CameraPart{FPS: math.NaN(), Lost: math.MaxUint64},
	}
	h, err := contract.ParseHealth(healthOf(s, 1, time.Unix(0, 0)).Encode())
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]float64{
		"cpu": float64(h.CPU), "mem": float64(h.Mem), "tc": h.TC, "dsk": float64(h.Dsk),
		"rtt": float64(h.RTT), "fps": float64(h.Cam[0].FPS), "loss": float64(h.Up.LossPercent),
	} {
		if got != contract.Unknown {
			t.Errorf("%s = %v, want -1", name, got)
		}
	}
}
