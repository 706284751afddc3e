// Package config reads the box's one file of settings, box.toml, strictly: what
// it does not understand is an error with a line number, never a silent default.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"studiobox/provisioning/contract/seal"
)

// Config holds all settings. Only the composition root sees it whole; every
// other package gets its own small struct.
type Config struct {
	Box     Box     `toml:"box"`
	Camera  Camera  `toml:"camera"`
	Picture Picture `toml:"picture"`
	Uplink  Uplink  `toml:"uplink"`
	Session Session `toml:"session"`
	MQTT    MQTT    `toml:"mqtt"`
	Panel   Panel   `toml:"panel"`
	Limits  Limits  `toml:"limits"`

	Studio    Studio    `toml:"studio"`
	Turntable Turntable `toml:"turntable"`
	Light     Light     `toml:"light"`
	Lens      Lens      `toml:"lens"`
}

// Box says who this box is.
type Box struct {
	ID      string `toml:"id"`       // A-Z, 0-9 and -, 6 to 24 characters
	Tenant  string `toml:"tenant"`   // the bank's code: a-z, 0-9 and -
	Board   string `toml:"board"`    // board profile: rpi3, rpi4, rpi5, zero2, cm4, generic, sim, or a profile's file
	DataDir string `toml:"data_dir"` // what must survive a restart
	// Watchdog is the device that restarts a machine which hangs, such as
	// /dev/watchdog; empty = leave it to systemd, or to nobody.
	Watchdog string `toml:"watchdog"`
}

// Camera says where the picture comes from.
type Camera struct {
	// URL is rtsp:// or rtsps://, with user and password once Load has put
	// the password of PasswordFile in; or a camera on the box itself, as
	// encoder/boxcam reads it.
	URL string `toml:"url"`
	// SubURL is the camera's own small stream, for times when nothing can
	// transcode the large one; empty if there is none. It has the user and the
	// password of URL unless it names its own.
	SubURL       string `toml:"sub_url"`
	PasswordFile string `toml:"password_file"`
	Transport    string `toml:"transport"` // auto, tcp or udp
	RequireAudio bool   `toml:"require_audio"`
	// ONVIF is the camera's device service, http:// or https://, for asking it
	// for key pictures; empty if it is not to be used. Its user and password
	// are URL's unless it names its own.
	ONVIF string `toml:"onvif"`
	// ONVIFAsk lets the box ask for another bit rate of URL's stream, and so
	// change the camera's own settings while a show runs.
	ONVIFAsk bool `toml:"onvif_ask"`
	TLS
}

// Picture says what is done to the picture on its way.
type Picture struct {
	// Transcode is auto, or never on a board that is too weak for it.
	Transcode string `toml:"transcode"`
}

// Uplink says where the picture goes and how fast it may.
type Uplink struct {
	// URL is rtsp:// or rtsps://, with user and password once Load has put
	// the password of PasswordFile in.
	URL          string `toml:"url"`
	PasswordFile string `toml:"password_file"`
	Transport    string `toml:"transport"` // tcp or udp
	Floor        Kbps   `toml:"floor"`     // below this rate a show is not worth sending
	Ceiling      Kbps   `toml:"ceiling"`   // above this rate more bits show no more
	TLS
}

// Session says how a press becomes a show.
type Session struct {
	HoldStart Duration `toml:"hold_start"` // how long the button is held to go live
	HoldStop  Duration `toml:"hold_stop"`  // how long it is held to stop
	Countdown Duration `toml:"countdown"`  // between the checks and the air
	// RemoteStart lets the business allow, on the box's own page, that a show is
	// started without a press on the box; false forbids it whatever the page says.
	// The file alone never allows it. Stopping is always allowed.
	RemoteStart bool `toml:"remote_start"`
}

// MQTT says where health is reported. An empty Broker turns it off.
type MQTT struct {
	Broker       string `toml:"broker"` // tcp://host:1883 or ssl://host:8883
	User         string `toml:"user"`
	PasswordFile string `toml:"password_file"`
	// CertFile and KeyFile (PEM) are this box's own certificate, whose common
	// name is Box.ID. Nobody but their owner may read the key.
	CertFile string `toml:"cert_file"`
	KeyFile  string `toml:"key_file"`
	// CommandKeys is a file of public keys (a JWK set): whose commands and
	// wishes are obeyed. Empty: nobody's, and whoever asks is told so.
	CommandKeys string `toml:"command_keys"`
	// Password is what Load read from PasswordFile; it is no key of the file.
	Password string `toml:"-"`
	TLS

	certificate string    // the text of CertFile
	identity    *identity // nil: none is shown
	keyring     *seal.Keyring
}

// Panel says where the box's own page listens.
type Panel struct {
	Listen string `toml:"listen"` // host:port; an empty host means all interfaces
}

// Limits say when the box itself is too unwell to go live.
type Limits struct {
	MinDiskMB int     `toml:"min_disk_mb"` // MB free in the data directory
	MaxTempC  float64 `toml:"max_temp_c"`  // degrees Celsius of the processor
}

// Studio says where the box stands and what can be set with one press.
type Studio struct {
	// Looks is a file of the business's own looks, from this file's directory;
	// empty = the built-in ones only.
	Looks string `toml:"looks"`
	// Prefecture is its code in JIS X 0401, 1 Hokkaido to 47 Okinawa, which
	// tells the frequency of the mains; 0 = not said, either may be.
	Prefecture int `toml:"prefecture"`
	// MainsHz is 50 or 60 where the prefecture has both, or is not said; 0 = the
	// prefecture's.
	MainsHz int `toml:"mains_hz"`
	// Look1 to Look4 are what the look buttons set.
	Look1 string `toml:"look1"`
	Look2 string `toml:"look2"`
	Look3 string `toml:"look3"`
	Look4 string `toml:"look4"`
}

// Light says what the lamps are made of. Which channels, the board's profile says.
type Light struct {
	WarmKelvin float64 `toml:"warm_kelvin"` // of the warm channel of a lamp of two colours
	CoolKelvin float64 `toml:"cool_kelvin"`
	PWMHz      int     `toml:"pwm_hz"` // of the board's dimmed channels, in Hz
	// DMXHz is at which frequency the fixtures on the DMX line switch their lamps,
	// in Hz, by their data sheet; 0 = not known, and not judged.
	DMXHz int `toml:"dmx_hz"`
}

// Default is the configuration that an empty file amounts to. It names no
// camera and no ingest, which a box cannot do without.
func Default() *Config {
	return &Config{
		Box:     Box{ID: "SB-000000", Tenant: "local", Board: "sim", DataDir: "/var/lib/studiobox"},
		Camera:  Camera{Transport: "auto"},
		Picture: Picture{Transcode: "auto"},
		Uplink:  Uplink{Transport: "tcp", Floor: 300, Ceiling: 6000},
		Session: Session{
			HoldStart: Duration{time.Second},
			HoldStop:  Duration{1500 * time.Millisecond},

			RemoteStart: true,
		},
		Panel:  Panel{Listen: ":8080"},
		Limits: Limits{MinDiskMB: 500, MaxTempC: 82},

		Studio:    Studio{Look1: "gold", Look2: "platinum", Look3: "pearl", Look4: "gem"},
		Turntable: defaultTurntable(),
		Light:     Light{WarmKelvin: 2700, CoolKelvin: 6500, PWMHz: 20000},
		Lens:      defaultLens(),
	}
}

// Files are the settings file at path and all files that it names.
func (c *Config) Files(path string) []string {
	files := []string{path}
	for _, name := range []string{
		c.Camera.PasswordFile, c.Uplink.PasswordFile, c.MQTT.PasswordFile, c.Camera.CAFile, c.Uplink.CAFile, c.MQTT.CAFile,
		c.MQTT.CertFile, c.MQTT.KeyFile, c.MQTT.CommandKeys, c.Studio.Looks, c.Box.Board,
	} {
		if name != "" {
			files = append(files, from(name, filepath.Dir(path)))
		}
	}
	return files
}

// Load reads the file and every secret that it refers to. The error is one line
// that names the file, the line in it, and how to mend it.
func Load(path string) (*Config, error) {
	text, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file; copy box.example.toml and edit it", path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", path, err)
	}
	f := file{name: path, text: text}
	cfg := Default()
	if err := f.decode(cfg); err != nil {
		return nil, err
	}
	if err := f.check(cfg); err != nil {
		return nil, err
	}
	if err := f.secrets(cfg, filepath.Dir(path)); err != nil {
		return nil, err
	}
	cfg.Camera.shareUser()
	if looks := cfg.Studio.Looks; looks != "" {
		cfg.Studio.Looks = from(looks, filepath.Dir(path))
	}
	if board := cfg.Box.Board; strings.HasSuffix(board, ".toml") { // else it is a name
		cfg.Box.Board = from(board, filepath.Dir(path))
	}
	return cfg, nil
}
