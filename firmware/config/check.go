package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"studiobox/encoder/boxcam"
	"studiobox/provisioning/contract"
)

// check refuses values that decode but make no sense, the first in the order of
// the sections.
func (f file) check(cfg *Config) error {
	checks := []checked{
		{"box.id", contract.CheckBox(cfg.Box.ID)},
		{"box.tenant", contract.CheckTenant(cfg.Box.Tenant)},
		{"box.board", filled(cfg.Box.Board, `write "rpi4", "rpi5", "sim" or the path of a profile`)},
		{"box.data_dir", filled(cfg.Box.DataDir, "name a directory that survives a restart")},
		{"camera.url", camera(cfg.Camera)},
		{"camera.sub_url", optional(cfg.Camera.SubURL, "rtsp://192.168.1.20:554/sub", media)},
		{"camera.sub_url", sameSecurity(cfg.Camera.URL, cfg.Camera.SubURL)},
		{"camera.transport", oneOf(cfg.Camera.Transport, "auto", "tcp", "udp")},
		{"camera.onvif", optional(cfg.Camera.ONVIF, "http://192.168.1.20/onvif/device_service", web)},
		{"camera.onvif_ask", needsONVIF(cfg.Camera)},
		{"camera.insecure_skip_verify", cfg.Camera.consistent(cfg.Camera.URL, "rtsps")},
		{"picture.transcode", oneOf(cfg.Picture.Transcode, "auto", "never")},
		{"uplink.url", media(cfg.Uplink.URL, "rtsps://ingest.example.net/live/key")},
		{"uplink.transport", oneOf(cfg.Uplink.Transport, "tcp", "udp")},
		{"uplink.transport", tcpUnderTLS(cfg.Uplink.URL, cfg.Uplink.Transport)},
		{"uplink.floor", atLeast(cfg.Uplink.Floor, 64)},
		{"uplink.ceiling", above(cfg.Uplink.Ceiling, cfg.Uplink.Floor)},
		{"uplink.insecure_skip_verify", cfg.Uplink.consistent(cfg.Uplink.URL, "rtsps")},
		{"session.hold_start", between(cfg.Session.HoldStart, 300*time.Millisecond, 10*time.Second)},
		{"session.hold_stop", between(cfg.Session.HoldStop, 300*time.Millisecond, 10*time.Second)},
		{"session.countdown", between(cfg.Session.Countdown, 0, 30*time.Second)},
		{"mqtt.broker", broker(cfg.MQTT.Broker)},
		{"mqtt.insecure_skip_verify", cfg.MQTT.consistent(cfg.MQTT.Broker, "ssl", "mqtts")},
		{"mqtt.cert_file", cfg.MQTT.checkIdentity()},
		{"mqtt.key_file", cfg.MQTT.checkKey()},
		{"mqtt.command_keys", cfg.MQTT.checkCommandKeys()},
		{"panel.listen", listen(cfg.Panel.Listen)},
		{"limits.min_disk_mb", number(float64(cfg.Limits.MinDiskMB), 0, 1_000_000, "MB")},
		{"limits.max_temp_c", number(cfg.Limits.MaxTempC, 40, 110, "degrees Celsius")},
		{"studio.prefecture", number(float64(cfg.Studio.Prefecture), 0, 47, "(JIS X 0401; 0 = not said)")},
		{"light.warm_kelvin", number(cfg.Light.WarmKelvin, 1500, 10000, "K")},
		{"light.cool_kelvin", number(cfg.Light.CoolKelvin, cfg.Light.WarmKelvin+100, 12000, "K")},
		{"studio.mains_hz", mains(cfg.Studio.MainsHz)},
		{"light.dmx_hz", number(float64(cfg.Light.DMXHz), 0, 1e6, "Hz; 0 = not known")},
		{"light.pwm_hz", number(float64(cfg.Light.PWMHz), 1250, 100_000, "Hz; less strains the eyes")},
	}
	checks = append(checks, append(cfg.Turntable.check(), cfg.Lens.check()...)...)
	for _, c := range checks {
		if c.err != nil {
			return f.at(toml.Key(strings.Split(c.key, ".")), fmt.Errorf("%s: %w", c.key, c.err))
		}
	}
	return nil
}

func filled(text, mend string) error {
	if text == "" {
		return fmt.Errorf("is empty; %s", mend)
	}
	return nil
}

func oneOf(text string, allowed ...string) error {
	if !slices.Contains(allowed, text) {
		return fmt.Errorf("%q must be one of %s", text, strings.Join(allowed, ", "))
	}
	return nil
}

func mains(hertz int) error {
	if hertz != 0 && hertz != 50 && hertz != 60 {
		return fmt.Errorf("%d must be 50 or 60 Hz; 0 = the prefecture's", hertz)
	}
	return nil
}

func atLeast(rate, least Kbps) error {
	if rate < least {
		return fmt.Errorf("%q is too little for a picture; the least is %q", rate, least)
	}
	return nil
}

func above(ceiling, floor Kbps) error {
	if ceiling <= floor {
		return fmt.Errorf("%q must be more than uplink.floor, which is %q", ceiling, floor)
	}
	return nil
}

func between(d Duration, least, most time.Duration) error {
	if d.Duration < least || d.Duration > most {
		return fmt.Errorf("%q must lie between %q and %q", d, least, most)
	}
	return nil
}

func number(value, least, most float64, unit string) error {
	if !(value >= least && value <= most) { // so written, it refuses NaN too
		return fmt.Errorf("%v must lie between %v and %v %s", value, least, most, unit)
	}
	return nil
}

func listen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q is no address to listen on; write for example \":8080\" or \"127.0.0.1:8080\"", address)
	}
	return nil
}

func tcpUnderTLS(address, transport string) error {
	if strings.HasPrefix(address, "rtsps://") && transport == "udp" {
		return fmt.Errorf(`"udp" does not go with rtsps://; write transport = "tcp"`)
	}
	return nil
}

// media checks the address of a camera or an ingest. It repeats nothing of the
// text but the scheme, since the rest may hold a password or a stream key.
func media(address, example string) error {
	if address == "" {
		return fmt.Errorf("is missing; write for example %q", example)
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return fmt.Errorf("cannot be understood; write for example %q, special characters in a password as %%40", example)
	case u.Scheme != "rtsp" && u.Scheme != "rtsps":
		return fmt.Errorf("begins with %q; write rtsp:// or rtsps://", u.Scheme+"://")
	case u.Hostname() == "":
		return fmt.Errorf("names no host; write for example %q", example)
	}
	return nil
}

// camera checks the address of one in the network, or of one on the box itself.
func camera(c Camera) error {
	if !boxcam.Is(c.URL) {
		return media(c.URL, "rtsp://192.168.1.20:554/main")
	}
	if c.SubURL != "" || c.ONVIF != "" {
		return fmt.Errorf("names a camera on the box itself, which has no sub_url and no onvif; take them out")
	}
	_, err := boxcam.Parse(c.URL)
	return err
}

// broker checks the address of the MQTT broker; none is allowed.
func broker(address string) error {
	if address == "" {
		return nil
	}
	const example = "ssl://mqtt.example.net:8883"
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "":
		return fmt.Errorf("cannot be understood; write for example %q", example)
	case !slices.Contains([]string{"tcp", "ssl", "mqtt", "mqtts"}, u.Scheme):
		return fmt.Errorf("begins with %q; write tcp:// or, encrypted, ssl://", u.Scheme+"://")
	case u.User != nil:
		return fmt.Errorf("must hold no user or password; write mqtt.user and mqtt.password_file")
	}
	return nil
}
