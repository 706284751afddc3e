package health

import (
	"fmt"
	"time"
)

// The codes of the checks before air, as [CheckResult.Code] spells them.
const (
	CheckCamera      = "camera"
	CheckAudio       = "audio"
	CheckEncoder     = "encoder"
	CheckIngest      = "ingest"
	CheckLine        = "line"
	CheckClock       = "clock"
	CheckDisk        = "disk"
	CheckTemperature = "temperature"
	CheckPower       = "power"
)

// Handshake is how the last attempt to reach the ingest went.
type Handshake int

// The outcomes of a handshake.
const (
	HandshakeUnknown Handshake = iota // never tried since start
	HandshakeOK
	HandshakeFailed
)

// Limits within which a picture and a verdict on the ingest count as present.
const (
	// freshFrame is how old the last frame may be. A camera at 5 frames a
	// second, the slowest worth showing, loses four frames in that time.
	freshFrame = time.Second
	// freshVerdict is how long a failed handshake speaks against a start. An
	// older failure says little, and the start itself tries again.
	freshVerdict = 30 * time.Second
)

// Facts is what the gate judges. Negative figures mean "not known here"; what
// is not known does not hold a show back.
type Facts struct {
	FrameAge      time.Duration // since the camera's last frame; negative: there was none
	FPS           float64       // of the camera
	Audio         string        // codec, "" or "none" without
	AudioRequired bool

	EncoderReady  bool
	EncoderDetail string // version or the missing part, never a sentence

	IngestConfigured bool
	Ingest           Handshake
	IngestAge        time.Duration // since that handshake ended
	IngestDetail     string        // code of the failure

	LineKbps  int // last known rate of the line; 0 or negative: unknown
	FloorKbps int

	Now          time.Time // wall clock
	EarliestTime time.Time // the clock cannot be right before it: when this program was built

	DiskFreeMB   int
	MinDiskMB    int
	TempC        float64 // degrees Celsius
	MaxTempC     float64
	UnderVoltage bool
}

// Gate judges whether a show may begin: one row per check, always all of them
// and always in the same order. The show may begin if every row is OK; see
// [Failed].
func Gate(f Facts) []CheckResult {
	return []CheckResult{
		camera(f), audio(f), encoder(f), ingest(f), line(f),
		clock(f), disk(f), temperature(f), power(f),
	}
}

// Failed lists the codes of the checks that hold the show back, in their order.
func Failed(results []CheckResult) []string {
	var failed []string
	for _, r := range results {
		if !r.OK {
			failed = append(failed, r.Code)
		}
	}
	return failed
}

func camera(f Facts) CheckResult {
	ok := f.FrameAge >= 0 && f.FrameAge <= freshFrame
	r := CheckResult{Code: CheckCamera, OK: ok}
	if ok {
		r.Detail = fmt.Sprintf("%.0f fps", f.FPS)
	} else if f.FrameAge > 0 {
		r.Detail = fmt.Sprintf("%.1f s", f.FrameAge.Seconds())
	}
	return r
}

func audio(f Facts) CheckResult {
	has := f.Audio != "" && f.Audio != "none"
	return CheckResult{Code: CheckAudio, OK: has || !f.AudioRequired, Detail: f.Audio}
}

func encoder(f Facts) CheckResult {
	return CheckResult{Code: CheckEncoder, OK: f.EncoderReady, Detail: f.EncoderDetail}
}

func ingest(f Facts) CheckResult {
	refused := f.Ingest == HandshakeFailed && f.IngestAge <= freshVerdict
	r := CheckResult{Code: CheckIngest, OK: f.IngestConfigured && !refused}
	if refused {
		r.Detail = f.IngestDetail
	}
	return r
}

func line(f Facts) CheckResult {
	r := CheckResult{Code: CheckLine, OK: f.LineKbps <= 0 || f.LineKbps >= f.FloorKbps}
	if f.LineKbps > 0 {
		r.Detail = fmt.Sprintf("%d / %d kbit/s", f.LineKbps, f.FloorKbps)
	}
	return r
}

// clock refuses a time that cannot be, such as 1970 on a board without a
// battery: certificates would be judged by it. A clock that merely is not
// synchronised at this moment is good enough for a show.
func clock(f Facts) CheckResult {
	return CheckResult{
		Code:   CheckClock,
		OK:     !f.Now.Before(f.EarliestTime),
		Detail: f.Now.UTC().Format("2006-01-02 15:04 UTC"),
	}
}

func disk(f Facts) CheckResult {
	r := CheckResult{Code: CheckDisk, OK: f.DiskFreeMB < 0 || f.DiskFreeMB >= f.MinDiskMB}
	if f.DiskFreeMB >= 0 {
		r.Detail = fmt.Sprintf("%d / %d MB", f.DiskFreeMB, f.MinDiskMB)
	}
	return r
}

func temperature(f Facts) CheckResult {
	r := CheckResult{Code: CheckTemperature, OK: f.TempC <= f.MaxTempC}
	if f.TempC >= 0 {
		r.Detail = fmt.Sprintf("%.0f / %.0f °C", f.TempC, f.MaxTempC)
	}
	return r
}

func power(f Facts) CheckResult {
	return CheckResult{Code: CheckPower, OK: !f.UnderVoltage}
}
