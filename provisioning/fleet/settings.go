package fleet

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/console/signin"
)

//go:embed fleet.example.toml
var exampleSettings string

// maxSettings bounds a settings file in bytes.
const maxSettings = 64 << 10

// settings is what serve is told by its file and its flags.
type settings struct {
	Console struct {
		Listen        string   `toml:"listen"`
		PublicURL     string   `toml:"public_url"`
		CertFile      string   `toml:"cert_file"`
		KeyFile       string   `toml:"key_file"`
		BehindProxy   bool     `toml:"behind_proxy"`
		MetricsListen string   `toml:"metrics_listen"`
		MetricsBoxes  []string `toml:"metrics_boxes"`
	} `toml:"console"`
	Broker struct {
		URL          string `toml:"url"`
		ClientID     string `toml:"client_id"`
		User         string `toml:"user"`
		PasswordFile string `toml:"password_file"`
		CAFile       string `toml:"ca_file"`
		CertFile     string `toml:"cert_file"`
		KeyFile      string `toml:"key_file"`
		Alone        bool   `toml:"alone"`
	} `toml:"broker"`
	Data struct {
		Database    string `toml:"database"`
		Boxes       string `toml:"boxes"`
		CommandKeys string `toml:"command_keys"`
	} `toml:"data"`
	Attention attention `toml:"attention"`
	Signin    struct {
		Issuer           string   `toml:"issuer"`
		ClientID         string   `toml:"client_id"`
		ClientSecretFile string   `toml:"client_secret_file"`
		Scopes           []string `toml:"scopes"`
		Claim            string   `toml:"claim"`
		WhoClaim         string   `toml:"who_claim"`
		Idle             duration `toml:"idle"`
		Absolute         duration `toml:"absolute"`
		Recover          bool     `toml:"recover"`
		Grant            []struct {
			Value  string      `toml:"value"`
			Role   signin.Role `toml:"role"`
			Tenant string      `toml:"tenant"`
			All    bool        `toml:"all"`
		} `toml:"grant"`
	} `toml:"signin"`

	enrols bool // visitors enrol their own keys: the demo sets it, and no file can
}

// attention is the patience of the page.
type attention struct {
	LostLive   duration            `toml:"lost_live"`
	LostIdle   duration            `toml:"lost_idle"`
	LostIdleOf map[string]duration `toml:"lost_idle_of"`
	NeverSeen  duration            `toml:"never_seen"`
}

func (a attention) rules() roster.Rules {
	r := roster.Rules{
		LostLive: time.Duration(a.LostLive), LostIdle: time.Duration(a.LostIdle), NeverSeen: time.Duration(a.NeverSeen),
		LostIdleOf: map[string]time.Duration{},
	}
	for tenant, d := range a.LostIdleOf {
		r.LostIdleOf[tenant] = time.Duration(d)
	}
	return r
}

// duration is a time as Go spells it, "90s" or "24h", above zero.
type duration time.Duration

// UnmarshalText reads it.
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil || parsed <= 0 {
		return fmt.Errorf("%q must be a time such as \"90s\", \"3m\" or \"24h\"", text)
	}
	*d = duration(parsed)
	return nil
}

// defaultSettings are those of the example file, which is so never out of date.
func defaultSettings() (settings, error) {
	var s settings
	err := s.decode("fleet.example.toml", exampleSettings)
	return s, err
}

// readSettings reads a file over the defaults; an empty path leaves them.
func readSettings(path string) (settings, error) {
	s, err := defaultSettings()
	if err != nil || path == "" {
		return s, err
	}
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	if len(text) > maxSettings {
		return s, fmt.Errorf("%s is larger than %d kB; is it a settings file?", path, maxSettings>>10)
	}
	return s, s.decode(path, string(text))
}

// decode takes a text over; a key that it does not know is an error, since it
// would be one that somebody counts on.
func (s *settings) decode(name, text string) error {
	meta, err := toml.Decode(text, s)
	var wrong toml.ParseError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s, line %d: %s", name, wrong.Position.Line, wrong.Message)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("%s: unknown key %q; studiofleet serve --example prints those that there are", name, unknown[0].String())
	}
	return nil
}

// check refuses what cannot work, and says how to mend it. It fills in what
// follows from other settings.
func (s *settings) check() error {
	if s.Broker.URL == "" {
		return errors.New(`broker.url is missing; write for example "ssl://mqtt.example.net:8884", or give --broker`)
	}
	host, port, err := net.SplitHostPort(s.Console.Listen)
	if err != nil {
		return fmt.Errorf(`console.listen %q is no address to listen on; write for example "127.0.0.1:8090"`, s.Console.Listen)
	}
	if (s.Console.CertFile == "") != (s.Console.KeyFile == "") {
		return errors.New("console.cert_file and console.key_file go together")
	}
	if (s.Broker.CertFile == "") != (s.Broker.KeyFile == "") {
		return errors.New("broker.cert_file and broker.key_file go together")
	}
	if s.Data.Database == "" {
		return errors.New("data.database is empty; name a file, or postgres://user@host/name")
	}
	if s.Console.PublicURL == "" {
		s.Console.PublicURL = s.scheme() + net.JoinHostPort(hostFor(host), port)
	}
	u, err := url.Parse(s.Console.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("console.public_url %q must be an address without a path, such as https://ops.example.net", s.Console.PublicURL)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("console.public_url %q: sessions must not travel without encryption; name console.cert_file and console.key_file, or put a proxy with HTTPS before it and write https://", s.Console.PublicURL)
	}
	return nil
}

func (s *settings) scheme() string {
	if s.Console.CertFile != "" {
		return "https://"
	}
	return "http://"
}

// hostFor is how a browser on this machine reaches a listener.
func hostFor(host string) string {
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		return "localhost"
	}
	return host
}

// hosts are the names that the console answers to.
func (s *settings) hosts() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if u, err := url.Parse(s.Console.PublicURL); err == nil {
		names = append(names, u.Hostname())
	}
	return names
}

// secret reads a file with a password; empty for no file.
func secret(key, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}
