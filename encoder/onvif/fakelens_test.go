package onvif

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// studio is a camera with a motor lens as it looks on the wire. It reads requests
// by their namespaces, as gSOAP does, and answers with the prefixes and the order
// of elements of its own.
type studio struct {
	ver10   bool   // no Media2, no GetServices
	fixed   bool   // no PTZ, no move options, no gains
	mute    bool   // it tells no places
	refuses string // a SOAP fault for what changes anything
	options string // instead of its own for PTZ

	mu          sync.Mutex
	zoom, focus float64 // in units of its own: 0 to 1, and 20 to 220
	auto        bool    // it focuses by itself
	red, blue   float64
	byHand      bool
	tells       bool              // it tells the gains that its automatic has found
	exposure    string            // what it offers of it, instead of nothing
	exposed     map[string]string // as it is, by the names of the schema
	heard       []string          // what was to change something, in order
}

// soap is a request as far as the camera reads it.
type soap struct {
	Body struct {
		Call struct {
			XMLName      xml.Name
			ProfileToken string `xml:"ProfileToken"`
			Token        string `xml:"Token"`
			Source       string `xml:"VideoSourceToken"`
			Position     struct {
				Zoom struct {
					X     float64 `xml:"x,attr"`
					Space string  `xml:"space,attr"`
				} `xml:"http://www.onvif.org/ver10/schema Zoom"`
			} `xml:"http://www.onvif.org/ver20/ptz/wsdl Position"`
			PanTilt string `xml:"http://www.onvif.org/ver20/ptz/wsdl PanTilt"`
			Zoom    string `xml:"http://www.onvif.org/ver20/ptz/wsdl Zoom"`
			Focus   struct {
				Absolute struct {
					Position float64 `xml:"http://www.onvif.org/ver10/schema Position"`
				} `xml:"http://www.onvif.org/ver10/schema Absolute"`
			} `xml:"http://www.onvif.org/ver20/imaging/wsdl Focus"`
			Settings struct {
				Focus *struct {
					Mode string `xml:"http://www.onvif.org/ver10/schema AutoFocusMode"`
				} `xml:"http://www.onvif.org/ver10/schema Focus"`
				Exposure *struct {
					Inner string `xml:",innerxml"`
				} `xml:"http://www.onvif.org/ver10/schema Exposure"`
				White *struct {
					Mode string  `xml:"http://www.onvif.org/ver10/schema Mode"`
					Red  float64 `xml:"http://www.onvif.org/ver10/schema CrGain"`
					Blue float64 `xml:"http://www.onvif.org/ver10/schema CbGain"`
				} `xml:"http://www.onvif.org/ver10/schema WhiteBalance"`
			} `xml:"http://www.onvif.org/ver20/imaging/wsdl ImagingSettings"`
		} `xml:",any"`
	} `xml:"http://www.w3.org/2003/05/soap-envelope Body"`
}

func (s *studio) serve(t *testing.T) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(server.Close)
	return client(t, server.URL)
}

func (s *studio) source(t *testing.T) *Source {
	t.Helper()
	source, err := s.serve(t).Source(t.Context(), "rtsp://camera/main")
	must(t, err)
	return source
}

func (s *studio) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var in soap
	if err == nil {
		err = xml.Unmarshal(body, &in)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.reply(r.URL.Path, in)
	if text == "" {
		text = fault("ActionNotSupported", "Optional Action Not Implemented")
	}
	if strings.HasPrefix(text, "<S:Fault") {
		w.WriteHeader(http.StatusInternalServerError)
	}
	_, _ = io.WriteString(w, `<?xml version="1.0"?><S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope" xmlns:e="http://www.onvif.org/ver10/error" `+
		`xmlns:t="http://www.onvif.org/ver10/schema" xmlns:p="http://www.onvif.org/ver20/ptz/wsdl" xmlns:i="http://www.onvif.org/ver20/imaging/wsdl" `+
		`xmlns:m="http://www.onvif.org/ver10/media/wsdl" xmlns:n="http://www.onvif.org/ver20/media/wsdl" xmlns:d="http://www.onvif.org/ver10/device/wsdl">`+
		`<S:Body>`+text+`</S:Body></S:Envelope>`)
}

func fault(subcode, reason string) string {
	return `<S:Fault><S:Code><S:Value>S:Receiver</S:Value><S:Subcode><S:Value>e:` + subcode + `</S:Value></S:Subcode></S:Code>` +
		`<S:Reason><S:Text xml:lang="en">` + reason + `</S:Text></S:Reason></S:Fault>`
}

// reply is empty for what the camera does not know.
func (s *studio) reply(path string, in soap) string {
	call := in.Body.Call
	switch call.XMLName.Space {
	case deviceNS:
		return s.device(call.XMLName.Local)
	case media1NS, media2NS:
		if path == "/onvif/Media" {
			return s.profiles(call.XMLName)
		}
	case ptzNS:
		if path == "/onvif/PTZ" && !s.fixed && (call.ProfileToken == "P1" || call.ProfileToken == "") {
			return s.motor(in)
		}
	case imagingNS:
		if path == "/onvif/Imaging" && call.Source == "VS_7" {
			return s.look(in)
		}
	}
	return ""
}

func (s *studio) device(name string) string {
	switch {
	case name == "GetSystemDateAndTime":
		return `<d:GetSystemDateAndTimeResponse><d:SystemDateAndTime/></d:GetSystemDateAndTimeResponse>`
	case name == "GetServices" && !s.ver10:
		list := ""
		for ns, at := range map[string]string{media1NS: "Media", media2NS: "Media", ptzNS: "PTZ", imagingNS: "Imaging"} {
			list += `<d:Service><d:Namespace>` + ns + `</d:Namespace><d:XAddr>http://10.0.0.9/onvif/` + at + `</d:XAddr></d:Service>`
		}
		return `<d:GetServicesResponse>` + list + `</d:GetServicesResponse>`
	case name == "GetCapabilities":
		list := ""
		for _, at := range []string{"Media", "PTZ", "Imaging"} {
			list += `<t:` + at + `><t:XAddr>http://10.0.0.9/onvif/` + at + `</t:XAddr></t:` + at + `>`
		}
		return `<d:GetCapabilitiesResponse><d:Capabilities>` + list + `</d:Capabilities></d:GetCapabilitiesResponse>`
	}
	return ""
}

func (s *studio) profiles(name xml.Name) string {
	ptz1, ptz2 := `<t:PTZConfiguration token="PTZ_3"/>`, `<n:PTZ token="PTZ_3"/>`
	if s.fixed {
		ptz1, ptz2 = "", ""
	}
	one := ` token="P1" fixed="true"><t:Name>main</t:Name><t:VideoSourceConfiguration token="VSC"><t:SourceToken>VS_7</t:SourceToken></t:VideoSourceConfiguration>` +
		`<t:VideoEncoderConfiguration token="E1"/>` + ptz1
	other := `<n:Profiles token="P0"><n:Configurations><n:VideoSource token="x"><t:SourceToken>VS_0</t:SourceToken></n:VideoSource><n:VideoEncoder token="E0"/></n:Configurations></n:Profiles>`
	two := `<n:Profiles token="P1"><n:Configurations><n:VideoSource token="VSC"><t:SourceToken>VS_7</t:SourceToken></n:VideoSource>` +
		`<n:VideoEncoder token="E1"/>` + ptz2 + `</n:Configurations></n:Profiles>`
	switch {
	case name.Space == media2NS && s.ver10:
		return ""
	case name.Local == "GetProfiles" && name.Space == media2NS:
		return `<n:GetProfilesResponse>` + two + other + `</n:GetProfilesResponse>`
	case name.Local == "GetProfiles":
		return `<m:GetProfilesResponse><m:Profiles` + one + `</m:Profiles></m:GetProfilesResponse>`
	case name.Local == "GetProfile":
		return `<m:GetProfileResponse><m:Profile` + one + `</m:Profile></m:GetProfileResponse>`
	case name.Local == "GetStreamUri" && name.Space == media2NS:
		return `<n:GetStreamUriResponse><n:Uri>rtsp://10.0.0.9/main</n:Uri></n:GetStreamUriResponse>`
	case name.Local == "GetStreamUri":
		return `<m:GetStreamUriResponse><m:MediaUri><t:Uri>rtsp://10.0.0.9/main</t:Uri></m:MediaUri></m:GetStreamUriResponse>`
	}
	return ""
}

// change books what was asked, and answers it.
func (s *studio) change(response, what string, do func()) string {
	s.heard = append(s.heard, what)
	if s.refuses != "" {
		return s.refuses
	}
	do()
	return response
}

func (s *studio) motor(in soap) string {
	call := in.Body.Call
	switch call.XMLName.Local {
	case "GetConfigurationOptions":
		if s.options != "" {
			return s.options
		}
		return `<p:GetConfigurationOptionsResponse><p:PTZConfigurationOptions><t:Spaces>` +
			`<t:AbsoluteZoomPositionSpace><t:URI>urn:acme:steps</t:URI><t:XRange><t:Min>0</t:Min><t:Max>16384</t:Max></t:XRange></t:AbsoluteZoomPositionSpace>` +
			`<t:AbsoluteZoomPositionSpace><t:URI>` + genericZoom + `</t:URI><t:XRange><t:Min>0.000000</t:Min><t:Max>1.0</t:Max></t:XRange></t:AbsoluteZoomPositionSpace>` +
			`</t:Spaces></p:PTZConfigurationOptions></p:GetConfigurationOptionsResponse>`
	case "GetStatus":
		if s.mute {
			return ""
		}
		return `<p:GetStatusResponse><p:PTZStatus><t:Position><t:PanTilt x="0" y="0"/><t:Zoom x="` + decimal(s.zoom) + `"/></t:Position>` +
			`<t:MoveStatus><t:PanTilt>IDLE</t:PanTilt><t:Zoom>IDLE</t:Zoom></t:MoveStatus></p:PTZStatus></p:GetStatusResponse>`
	case "AbsoluteMove":
		zoom := call.Position.Zoom
		return s.change(`<p:AbsoluteMoveResponse/>`, fmt.Sprintf("zoom %g in %s", zoom.X, zoom.Space), func() { s.zoom = zoom.X })
	case "Stop":
		return s.change(`<p:StopResponse/>`, "stop pan "+call.PanTilt+" zoom "+call.Zoom, func() {})
	}
	return ""
}

func (s *studio) look(in soap) string {
	call := in.Body.Call
	switch name := call.XMLName.Local; {
	case name == "GetImagingSettings":
		mode, white := map[bool]string{true: "AUTO", false: "MANUAL"}[s.auto], "AUTO"
		gains := ""
		if s.byHand || s.tells {
			white, gains = "MANUAL", `<t:CrGain>`+decimal(s.red)+`</t:CrGain><t:CbGain>`+decimal(s.blue)+`</t:CbGain>`
		}
		if !s.byHand {
			white = "AUTO"
		}
		exposed := ""
		for name, value := range s.exposed {
			exposed += `<t:` + name + `>` + value + `</t:` + name + `>`
		}
		return `<i:GetImagingSettingsResponse><i:ImagingSettings><t:Exposure>` + exposed + `</t:Exposure><t:Focus><t:AutoFocusMode>` + mode + `</t:AutoFocusMode></t:Focus>` +
			`<t:WhiteBalance><t:Mode>` + white + `</t:Mode>` + gains + `</t:WhiteBalance></i:ImagingSettings></i:GetImagingSettingsResponse>`
	case name == "SetImagingSettings" && call.Settings.Focus != nil:
		return s.change(`<i:SetImagingSettingsResponse/>`, "focus "+call.Settings.Focus.Mode, func() { s.auto = false })
	case name == "SetImagingSettings" && call.Settings.White != nil:
		w := call.Settings.White
		return s.change(`<i:SetImagingSettingsResponse/>`, fmt.Sprintf("white %s %g %g", w.Mode, w.Red, w.Blue),
			func() {
				if s.byHand = w.Mode == "MANUAL"; s.byHand {
					s.red, s.blue = w.Red, w.Blue
				}
			})
	case name == "SetImagingSettings" && call.Settings.Exposure != nil:
		return s.expose(call.Settings.Exposure.Inner)
	case s.fixed:
		return ""
	case name == "GetOptions":
		return `<i:GetOptionsResponse><i:ImagingOptions><t:Exposure>` + s.exposure + `</t:Exposure><t:WhiteBalance><t:Mode>AUTO</t:Mode><t:Mode>MANUAL</t:Mode>` +
			`<t:YrGain><t:Min>0</t:Min><t:Max>255</t:Max></t:YrGain><t:YbGain><t:Min>10</t:Min><t:Max>200</t:Max></t:YbGain>` +
			`</t:WhiteBalance></i:ImagingOptions></i:GetOptionsResponse>`
	case name == "GetMoveOptions":
		return `<i:GetMoveOptionsResponse><i:MoveOptions><t:Absolute><t:Position><t:Min>20</t:Min><t:Max>220</t:Max></t:Position></t:Absolute></i:MoveOptions></i:GetMoveOptionsResponse>`
	case name == "GetStatus" && !s.mute:
		return `<i:GetStatusResponse><i:Status><t:FocusStatus20><t:Position>` + decimal(s.focus) + `</t:Position><t:MoveStatus>IDLE</t:MoveStatus></t:FocusStatus20></i:Status></i:GetStatusResponse>`
	case name == "Move":
		to := call.Focus.Absolute.Position
		return s.change(`<i:MoveResponse/>`, "focus to "+strconv.FormatFloat(to, 'g', -1, 64), func() { s.focus = to })
	case name == "Stop":
		return s.change(`<i:StopResponse/>`, "stop focus", func() {})
	}
	return ""
}

// expose takes a new exposure, and notes it in the order in which it came.
func (s *studio) expose(inner string) string {
	parts, err := parse(strings.NewReader("<Exposure>" + inner + "</Exposure>"))
	if err != nil {
		return fault("WellFormed", err.Error())
	}
	text := "exposure"
	for _, part := range parts.children {
		text += " " + part.name.Local + "=" + part.text
	}
	return s.change(`<i:SetImagingSettingsResponse/>`, text, func() {
		for _, part := range parts.children {
			s.exposed[part.name.Local] = part.text
		}
	})
}

func (s *studio) expect(t *testing.T, heard ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if fmt.Sprint(s.heard) != fmt.Sprint(heard) {
		t.Errorf("the camera heard %q, want %q", s.heard, heard)
	}
	s.heard = nil
}
