package testcam

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// settings is an encoder's configuration; what a request may alter is the rate.
type settings struct {
	Token      string `xml:"token,attr"`
	Name       string `xml:"http://www.onvif.org/ver10/schema Name"`
	UseCount   int    `xml:"http://www.onvif.org/ver10/schema UseCount"`
	Encoding   string `xml:"http://www.onvif.org/ver10/schema Encoding"`
	Resolution struct {
		Width  int `xml:"http://www.onvif.org/ver10/schema Width"`
		Height int `xml:"http://www.onvif.org/ver10/schema Height"`
	} `xml:"http://www.onvif.org/ver10/schema Resolution"`
	Quality     float64 `xml:"http://www.onvif.org/ver10/schema Quality"`
	RateControl struct {
		FrameRateLimit int `xml:"http://www.onvif.org/ver10/schema FrameRateLimit"`
		BitrateLimit   int `xml:"http://www.onvif.org/ver10/schema BitrateLimit"`
	} `xml:"http://www.onvif.org/ver10/schema RateControl"`
	Tuning struct {
		Sharp int `xml:"sharp,attr"`
	} `xml:"urn:acme:camera Tuning"`
}

// sharpness is the maker's own setting, which no schema has.
const sharpness = 7

// settings are a stream's own.
func (s *stream) settings() settings {
	c := settings{Token: "enc-" + s.path, Name: s.path + " & encoder", UseCount: 1, Encoding: "H264", Quality: 4.5}
	c.Resolution.Width, c.Resolution.Height = s.width, s.height
	c.RateControl.FrameRateLimit, c.RateControl.BitrateLimit = s.cfg.FPS, s.presentKbps()
	c.Tuning.Sharp = sharpness
	return c
}

// xml writes the settings as an element.
func (c settings) xml(name string) string {
	return fmt.Sprintf(`<%s token="%s"><tt:Name>%s</tt:Name><tt:UseCount>%d</tt:UseCount><tt:Encoding>%s</tt:Encoding>`+
		`<tt:Resolution><tt:Width>%d</tt:Width><tt:Height>%d</tt:Height></tt:Resolution><tt:Quality>%g</tt:Quality>`+
		`<tt:RateControl><tt:FrameRateLimit>%d</tt:FrameRateLimit><tt:BitrateLimit>%d</tt:BitrateLimit></tt:RateControl>`+
		`<acme:Tuning sharp="%d"/></%s>`,
		name, c.Token, strings.ReplaceAll(c.Name, "&", "&amp;"), c.UseCount, c.Encoding, c.Resolution.Width, c.Resolution.Height,
		c.Quality, c.RateControl.FrameRateLimit, c.RateControl.BitrateLimit, c.Tuning.Sharp, name)
}

// media answers for the media service, in the version of the request.
func (b *bureau) media(ask call) (int, string) {
	prefix, two := "trt:", ask.XMLName.Space == tr2NS
	if two {
		prefix = "tr2:"
	}
	reply := func(inner string) (int, string) {
		name := prefix + ask.XMLName.Local + "Response"
		return http.StatusOK, wrap("<" + name + ">" + inner + "</" + name + ">")
	}
	if ask.XMLName.Local == "GetProfiles" {
		return reply(b.profiles(prefix, two))
	}
	s := b.streamOf(ask)
	if s == nil {
		return refuse("Sender", "InvalidArgVal", "no such token")
	}
	switch ask.XMLName.Local {
	case "GetStreamUri":
		uri := "rtsp://192.168.0.64:554/" + s.path + "?unicast=true"
		if two {
			return reply("<tr2:Uri>" + uri + "</tr2:Uri>")
		}
		return reply("<trt:MediaUri><tt:Uri>" + uri + "</tt:Uri><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>")
	case "GetVideoEncoderConfiguration":
		return reply(s.settings().xml("trt:Configuration"))
	case "GetVideoEncoderConfigurations":
		return reply(s.settings().xml(prefix + "Configurations"))
	case "GetVideoEncoderConfigurationOptions":
		return reply(b.options(two))
	case "SetVideoEncoderConfiguration":
		if !b.set(s, ask.Configuration) {
			return refuse("Sender", "ConfigModify", "the parameters are not possible to set")
		}
		return reply("")
	case "SetSynchronizationPoint":
		s.encoder.ForceKey()
		return reply("")
	}
	return unsupported()
}

// profiles lists the small stream first, as some cameras do.
func (b *bureau) profiles(prefix string, two bool) string {
	var list strings.Builder
	for _, path := range []string{Sub, Main} {
		list.WriteString(`<` + prefix + `Profiles token="prof-` + path + `" fixed="true">`)
		encoder := b.camera.streams[path].settings()
		if two {
			list.WriteString(`<tr2:Name>` + path + `</tr2:Name><tr2:Configurations>` + encoder.xml("tr2:VideoEncoder") + `</tr2:Configurations>`)
		} else {
			list.WriteString(`<tt:Name>` + path + `</tt:Name>` + encoder.xml("tt:VideoEncoderConfiguration"))
		}
		list.WriteString(`</` + prefix + `Profiles>`)
	}
	return list.String()
}

// streamOf is the stream that a request names, by whichever token.
func (b *bureau) streamOf(ask call) *stream {
	for path, s := range b.camera.streams {
		switch {
		case ask.ConfigurationToken == "enc-"+path,
			ask.ConfigurationToken == "" && ask.ProfileToken == "prof-"+path,
			ask.Configuration.Token == "enc-"+path:
			return s
		}
	}
	return nil
}

func (b *bureau) options(two bool) string {
	limits := `<tt:BitrateRange><tt:Min>` + strconv.Itoa(b.cfg.MinKbps) + `</tt:Min><tt:Max>` + strconv.Itoa(b.cfg.MaxKbps) + `</tt:Max></tt:BitrateRange>`
	if two {
		return `<tr2:Options><tt:Encoding>H265</tt:Encoding><tt:BitrateRange><tt:Min>1</tt:Min><tt:Max>2</tt:Max></tt:BitrateRange></tr2:Options>` +
			`<tr2:Options><tt:Encoding>H264</tt:Encoding>` + limits + `</tr2:Options>`
	}
	return `<trt:Options><tt:QualityRange><tt:Min>0</tt:Min><tt:Max>10</tt:Max></tt:QualityRange><tt:Extension><tt:H264>` +
		limits + `</tt:H264></tt:Extension></trt:Options>`
}

// set takes another rate, and refuses to alter anything else.
func (b *bureau) set(s *stream, wanted settings) bool {
	kbps := wanted.RateControl.BitrateLimit
	own := s.settings()
	own.RateControl.BitrateLimit = kbps
	if wanted != own || kbps < b.cfg.MinKbps || kbps > b.cfg.MaxKbps {
		return false
	}
	if grid := b.cfg.GridKbps; grid > 0 {
		kbps = (kbps + grid - 1) / grid * grid
	}
	s.setKbps(kbps)
	return true
}
