package wire

// The kinds of camera and microphone.
const (
	CSI  = "csi"
	V4L2 = "v4l2"
	HDMI = "hdmi"
	ALSA = "alsa"
	Test = "test"
)

// Camera is where the pictures and the sound of a Capture job come from.
type Camera struct {
	Kind   string `json:"kind"`   // CSI, V4L2, HDMI or Test
	Device string `json:"device"` // path, libcamera's name, or a test picture's; empty for the first
	Width  int    `json:"width"`  // of what is captured, 0 as the device has it
	Height int    `json:"height"` // likewise
	FPS    int    `json:"fps"`    // likewise

	Sound       string `json:"sound"`       // ALSA, Test, or empty for none
	SoundDevice string `json:"soundDevice"` // "hw:1,0"
	SoundKbps   int    `json:"soundKbps"`

	Tuning Tuning `json:"tuning"`
}

// Tuning is how a camera exposes; zero values leave it to the camera.
type Tuning struct {
	ShutterUs int     `json:"shutterUs"` // exposure time in microseconds
	Gain      float64 `json:"gain"`      // factor, 1 is none
	Kelvin    int     `json:"kelvin"`    // white balance
	EV        float64 `json:"ev"`        // compensation of an automatic exposure
	Hold      bool    `json:"hold"`      // what is automatic stays as it is found in three seconds
}

// State is the body of a Report: all of it, each time.
type State struct {
	Pictures uint64   `json:"pictures"` // the camera gave
	Dropped  uint64   `json:"dropped"`  // the encoder was behind
	Skipped  uint64   `json:"skipped"`  // left out as was asked for
	Format   string   `json:"format"`   // of what the camera gives
	Width    int      `json:"width"`    // likewise, in pixels
	Height   int      `json:"height"`   // likewise
	FPS      float64  `json:"fps"`      // likewise; 0 = it does not say
	Lacks    []string `json:"lacks"`    // what of the Tuning it cannot do
	Silent   string   `json:"silent"`   // why there is no sound; empty = there is, or none is wanted
}
