package onvif

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// What cameras offer of exposure.
const (
	modes     = `<t:Mode>AUTO</t:Mode><t:Mode>MANUAL</t:Mode>`
	timeFixed = `<t:ExposureTime><t:Min>100</t:Min><t:Max>40000</t:Max></t:ExposureTime>`
	gainFixed = `<t:Gain><t:Min>0</t:Min><t:Max>30</t:Max></t:Gain>`
	timeLimit = `<t:MinExposureTime><t:Min>100</t:Min><t:Max>40000</t:Max></t:MinExposureTime>` +
		`<t:MaxExposureTime><t:Min>100</t:Min><t:Max>40000</t:Max></t:MaxExposureTime>`
	gainLimit = `<t:MinGain><t:Min>0</t:Min><t:Max>30</t:Max></t:MinGain><t:MaxGain><t:Min>0</t:Min><t:Max>30</t:Max></t:MaxGain>`
	rich      = modes + timeLimit + gainLimit + timeFixed + gainFixed
)

// found is an automatic with limits of the business's own, which tells what it does.
func found() map[string]string {
	return map[string]string{
		"Mode": "AUTO", "ExposureTime": "8000", "Gain": "12", "MinExposureTime": "100", "MaxExposureTime": "20000", "MinGain": "0", "MaxGain": "24",
	}
}

func TestAnExposureIsSetAsFarAsTheCameraOffersIt(t *testing.T) {
	const dB2, dB8 = "6.0206", "18.0618" // of factors 2 and 8
	for name, tc := range map[string]struct {
		offers string
		now    map[string]string
		asked  Exposure
		heard  []string
		lacks  string // the beginnings, with commas
	}{
		"both":               {rich, found(), Exposure{Shutter: 10 * time.Millisecond, Gain: 2}, []string{"exposure Mode=MANUAL ExposureTime=10000 Gain=" + dB2}, ""},
		"the shutter alone":  {rich, found(), Exposure{Shutter: 10 * time.Millisecond}, []string{"exposure Mode=AUTO MinExposureTime=10000 MaxExposureTime=10000"}, ""},
		"the gain alone":     {rich, found(), Exposure{Gain: 8}, []string{"exposure Mode=AUTO MinGain=" + dB8 + " MaxGain=" + dB8}, ""},
		"automatic as it is": {rich, found(), Exposure{}, nil, ""},
		"no limits": {modes + timeFixed + gainFixed, found(), Exposure{Shutter: 10 * time.Millisecond},
			[]string{"exposure Mode=MANUAL ExposureTime=10000 Gain=12"}, "gain: it stands still"},
		"no limits and silent": {modes + timeFixed + gainFixed, map[string]string{"Mode": "AUTO"}, Exposure{Shutter: 10 * time.Millisecond}, nil, "shutter: the camera does not let"},
		"limits alone": {`<t:Mode>AUTO</t:Mode>` + timeLimit + gainLimit, map[string]string{"Mode": "AUTO"}, Exposure{Shutter: 10 * time.Millisecond, Gain: 2},
			[]string{"exposure Mode=AUTO MinExposureTime=10000 MaxExposureTime=10000 MinGain=" + dB2 + " MaxGain=" + dB2}, ""},
		"out of range": {rich, found(), Exposure{Shutter: 50 * time.Millisecond, Gain: 64},
			[]string{"exposure Mode=MANUAL ExposureTime=40000 Gain=30"}, "shutter: the camera takes 100µs to 40ms,gain: the camera takes 1.0 to 31.6"},
		"held":                  {rich, found(), Exposure{Hold: true}, []string{"exposure Mode=MANUAL ExposureTime=8000 Gain=12"}, ""},
		"held with a shutter":   {rich, found(), Exposure{Shutter: 10 * time.Millisecond, Hold: true}, []string{"exposure Mode=MANUAL ExposureTime=10000 Gain=12"}, ""},
		"held, but it is mute":  {rich, map[string]string{"Mode": "AUTO"}, Exposure{Hold: true}, nil, "lock: ,lock: "},
		"nothing offered":       {"", map[string]string{}, Exposure{Shutter: 10 * time.Millisecond, Gain: 2}, nil, "shutter: ,gain: "},
		"nothing, and no wish":  {"", map[string]string{}, Exposure{}, nil, ""},
		"automatic from a hand": {rich, map[string]string{"Mode": "MANUAL"}, Exposure{}, []string{"exposure Mode=AUTO"}, ""},
	} {
		camera := &studio{exposure: tc.offers, exposed: tc.now}
		lacks, err := camera.source(t).Expose(t.Context(), tc.asked)
		must(t, err)
		t.Run(name, func(t *testing.T) { camera.expect(t, tc.heard...) })
		var want []string
		if tc.lacks != "" {
			want = strings.Split(tc.lacks, ",")
		}
		if !slices.EqualFunc(lacks, want, strings.HasPrefix) {
			t.Errorf("%s: lacks %q, want %q", name, lacks, want)
		}
	}
}

func TestAnAutomaticExposureHasItsOwnLimitsAgainAfterALook(t *testing.T) {
	camera := &studio{exposure: rich, exposed: found()}
	source := camera.source(t)
	expose := func(source *Source, e Exposure, heard ...string) {
		t.Helper()
		lacks, err := source.Expose(t.Context(), e)
		if err != nil || len(lacks) > 0 {
			t.Errorf("%v, lacks %q", err, lacks)
		}
		camera.expect(t, heard...)
	}
	fixed := "exposure Mode=AUTO MinExposureTime=10000 MaxExposureTime=10000"
	expose(source, Exposure{Shutter: 10 * time.Millisecond}, fixed)
	expose(source, Exposure{Shutter: 10 * time.Millisecond, Hold: true}, "exposure Mode=MANUAL ExposureTime=10000 Gain=12")
	expose(source, Exposure{}, "exposure Mode=AUTO MinExposureTime=100 MaxExposureTime=20000")
	expose(source, Exposure{})
	expose(source, Exposure{Shutter: 10 * time.Millisecond}, fixed)
	// A program that starts now has not seen what the business had set.
	expose(camera.source(t), Exposure{}, "exposure Mode=AUTO MinExposureTime=100 MaxExposureTime=40000")
}

func TestAWhiteBalanceIsHeldWhereItWasFoundAndGivenBackOnlyWhenItWasTaken(t *testing.T) {
	camera := &studio{tells: true, red: 111, blue: 99}
	source := camera.source(t)
	must(t, source.SetAutomatic(t.Context()))
	camera.expect(t) // it was
	lacks, err := source.HoldWhite(t.Context())
	if err != nil || len(lacks) > 0 {
		t.Errorf("%q, %v", lacks, err)
	}
	camera.expect(t, "white MANUAL 111 99")
	must(t, source.SetAutomatic(t.Context()))
	camera.expect(t, "white AUTO 0 0")
	camera.tells = false
	lacks, err = source.HoldWhite(t.Context())
	if err != nil || len(lacks) != 1 || !strings.HasPrefix(lacks[0], "lock: ") {
		t.Errorf("a camera that tells no gains: %q, %v", lacks, err)
	}
	camera.expect(t)
}
