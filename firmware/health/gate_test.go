package health

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// fine is a box that may go on air.
func fine() Facts {
	return Facts{
		FrameAge: 30 * time.Millisecond, FPS: 30, Audio: "aac", AudioRequired: true,
		EncoderReady: true, EncoderDetail: "x264",
		IngestConfigured: true, Ingest: HandshakeOK, IngestAge: time.Second,
		LineKbps: 4200, FloorKbps: 300,
		Now: t0, EarliestTime: t0.AddDate(0, -1, 0),
		DiskFreeMB: 11800, MinDiskMB: 500, TempC: 61, MaxTempC: 82,
	}
}

func TestEachFactHoldsTheShowBackByItsOwnCheck(t *testing.T) {
	for name, c := range map[string]struct {
		alter func(*Facts)
		want  string // the failing check; "" for none
	}{
		"all is well":                   {func(*Facts) {}, ""},
		"there never was a frame":       {func(f *Facts) { f.FrameAge = -1 }, CheckCamera},
		"the last frame is too old":     {func(f *Facts) { f.FrameAge = 1100 * time.Millisecond }, CheckCamera},
		"the last frame is just new":    {func(f *Facts) { f.FrameAge = time.Second }, ""},
		"sound is missing":              {func(f *Facts) { f.Audio = "none" }, CheckAudio},
		"sound is unknown":              {func(f *Facts) { f.Audio = "" }, CheckAudio},
		"sound is missing, not asked":   {func(f *Facts) { f.Audio, f.AudioRequired = "none", false }, ""},
		"the encoder is down":           {func(f *Facts) { f.EncoderReady = false }, CheckEncoder},
		"no ingest is set":              {func(f *Facts) { f.IngestConfigured = false }, CheckIngest},
		"the ingest just failed":        {func(f *Facts) { f.Ingest = HandshakeFailed }, CheckIngest},
		"the ingest failed long ago":    {func(f *Facts) { f.Ingest, f.IngestAge = HandshakeFailed, time.Minute }, ""},
		"the ingest was never tried":    {func(f *Facts) { f.Ingest = HandshakeUnknown }, ""},
		"the line is below the floor":   {func(f *Facts) { f.LineKbps = 299 }, CheckLine},
		"the line is at the floor":      {func(f *Facts) { f.LineKbps = 300 }, ""},
		"the line is unknown":           {func(f *Facts) { f.LineKbps = 0 }, ""},
		"the clock stands at 1970":      {func(f *Facts) { f.Now = time.Unix(0, 0) }, CheckClock},
		"the disk is full":              {func(f *Facts) { f.DiskFreeMB = 499 }, CheckDisk},
		"the disk has nothing left":     {func(f *Facts) { f.DiskFreeMB = 0 }, CheckDisk},
		"the disk is unknown":           {func(f *Facts) { f.DiskFreeMB = -1 }, ""},
		"it is too hot":                 {func(f *Facts) { f.TempC = 82.1 }, CheckTemperature},
		"it is as hot as may be":        {func(f *Facts) { f.TempC = 82 }, ""},
		"the temperature is unknown":    {func(f *Facts) { f.TempC = -1 }, ""},
		"the supply voltage is too low": {func(f *Facts) { f.UnderVoltage = true }, CheckPower},
	} {
		f := fine()
		c.alter(&f)
		failed := Failed(Gate(f))
		if strings.Join(failed, ",") != c.want {
			t.Errorf("%s: failed %v, want %q", name, failed, c.want)
		}
	}
}

func TestTheGateAlwaysShowsEveryCheckInTheSameOrder(t *testing.T) {
	order := func(results []CheckResult) (codes []string) {
		for _, r := range results {
			codes = append(codes, r.Code)
		}
		return codes
	}
	want := []string{"camera", "audio", "encoder", "ingest", "line", "clock", "disk", "temperature", "power"}
	for _, f := range []Facts{{}, fine()} {
		if got := order(Gate(f)); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if failed := Failed(Gate(Facts{FrameAge: -1})); failed[0] != CheckCamera {
		t.Errorf("a box that knows nothing fails at %q first", failed)
	}
}

func TestTheFiguresAreToldBesideEachCheck(t *testing.T) {
	want := []string{"30 fps", "aac", "x264", "", "4200 / 300 kbit/s", "2026-12-01 12:00 UTC", "11800 / 500 MB", "61 / 82 °C", ""}
	for i, r := range Gate(fine()) {
		if r.Detail != want[i] {
			t.Errorf("%s: %q, want %q", r.Code, r.Detail, want[i])
		}
	}
}
