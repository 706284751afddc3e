package testcam

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

const (
	ttNS  = "http://www.onvif.org/ver10/schema"
	tdsNS = "http://www.onvif.org/ver10/device/wsdl"
	trtNS = "http://www.onvif.org/ver10/media/wsdl"
	tr2NS = "http://www.onvif.org/ver20/media/wsdl"
)

// envelope is a request as far as the service reads it.
type envelope struct {
	Header struct {
		Security struct {
			UsernameToken token
		} `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Security"`
	} `xml:"http://www.w3.org/2003/05/soap-envelope Header"`
	Body struct {
		Calls []call `xml:",any"`
	} `xml:"http://www.w3.org/2003/05/soap-envelope Body"`
}

// call is any of the operations.
type call struct {
	XMLName            xml.Name
	ProfileToken       string
	ConfigurationToken string
	Configuration      settings
}

// answer is the status and the envelope that answer a request.
func (b *bureau) answer(r *http.Request, body []byte) (int, string) {
	var in envelope
	if err := xml.Unmarshal(body, &in); err != nil || len(in.Body.Calls) != 1 {
		return refuse("Sender", "WellFormed", "what was sent is no SOAP 1.2 request")
	}
	ask := in.Body.Calls[0]
	open := ask.XMLName == xml.Name{Space: tdsNS, Local: "GetSystemDateAndTime"}
	if !open && !b.admits(r, in.Header.Security.UsernameToken) {
		if b.cfg.HTTPDigest && b.camera.cfg.User != "" {
			return http.StatusUnauthorized, ""
		}
		return refuse("Sender", "NotAuthorized", "Sender not authorized")
	}
	if strings.HasPrefix(ask.XMLName.Local, "Set") && b.present() == ActionNotSupported {
		return unsupported()
	}
	switch {
	case ask.XMLName.Space == tdsNS:
		return b.device(ask.XMLName.Local)
	case ask.XMLName.Space == tr2NS && !b.cfg.Ver10, ask.XMLName.Space == trtNS:
		return b.media(ask)
	}
	return unsupported()
}

func unsupported() (int, string) {
	return refuse("Receiver", "ActionNotSupported", "Optional Action Not Implemented")
}

func refuse(code, subcode, reason string) (int, string) {
	return http.StatusBadRequest, wrap(`<s:Fault><s:Code><s:Value>s:` + code + `</s:Value><s:Subcode><s:Value>ter:` + subcode +
		`</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">` + reason + `</s:Text></s:Reason></s:Fault>`)
}

func wrap(body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:ter="http://www.onvif.org/ver10/error" xmlns:tt="` +
		ttNS + `" xmlns:tds="` + tdsNS + `" xmlns:trt="` + trtNS + `" xmlns:tr2="` + tr2NS +
		`" xmlns:acme="urn:acme:camera"><s:Body>` + body + `</s:Body></s:Envelope>`
}

// device answers for the device service.
func (b *bureau) device(name string) (int, string) {
	// The addresses are those of the camera's own network, as behind a router.
	const own = "http://192.168.0.64/onvif/"
	service := func(ns, path, version string) string {
		return `<tds:Service><tds:Namespace>` + ns + `</tds:Namespace><tds:XAddr>` + own + path +
			`</tds:XAddr><tds:Version><tt:Major>` + version + `</tt:Major><tt:Minor>6</tt:Minor></tds:Version></tds:Service>`
	}
	switch {
	case name == "GetSystemDateAndTime":
		now := b.clock()
		return http.StatusOK, wrap(fmt.Sprintf(`<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>`+
			`<tt:DateTimeType>Manual</tt:DateTimeType><tt:UTCDateTime>`+
			`<tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time>`+
			`<tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month><tt:Day>%d</tt:Day></tt:Date>`+
			`</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
			now.Hour(), now.Minute(), now.Second(), now.Year(), now.Month(), now.Day()))
	case name == "GetServices" && !b.cfg.Ver10:
		return http.StatusOK, wrap(`<tds:GetServicesResponse>` + service(tdsNS, "device_service", "2") +
			service(trtNS, "media_service", "2") + service(tr2NS, "media2_service", "2") + `</tds:GetServicesResponse>`)
	case name == "GetCapabilities":
		return http.StatusOK, wrap(`<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>` + own +
			`media_service</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>`)
	}
	return unsupported()
}
