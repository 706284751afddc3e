package console

import (
	"strconv"

	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/contract"
)

// settingsView is what the fleet wished for a box against what it has.
type settingsView struct {
	State, Tone, Why string
	Lines            []settingView
}

type settingView struct{ Name, Want, Got, Tone string }

// viewSettings compares wish and answer: in sync, pending, or refused with why.
func viewSettings(say words.Speaker, b roster.Box) settingsView {
	if b.Want == nil {
		return settingsView{State: say.Say("settings.none"), Tone: "none"}
	}
	rev := strconv.FormatInt(b.Want.Rev, 10)
	answered := b.Got != nil && b.Got.Rev >= b.Want.Rev
	view := settingsView{State: say.Say("settings.sync"), Tone: "well"}
	denied := map[string]contract.Refusal{}
	switch {
	case !answered:
		view.State, view.Tone = say.Say("settings.pending", "rev", rev), "info"
	case b.Got.OK != 1:
		for _, no := range b.Got.No {
			denied[no.Set] = no.Why
		}
		view.State, view.Tone = say.Say("settings.partly"), "warn"
		if why, all := denied["*"]; all {
			view.State, view.Tone, view.Why = say.Say("settings.refused"), "fault", refusal(say, why)
		}
	}
	for _, line := range wished(*b.Want) {
		line.Name, line.Got, line.Tone = say.Code("set", line.Name), settingState(say, line.Name, answered, denied), settingTone(line.Name, answered, denied)
		view.Lines = append(view.Lines, line)
	}
	return view
}

// wished are the settings that a wish names; zero ones leave what the box has.
func wished(w contract.Want) []settingView {
	var lines []settingView
	add := func(key, value string) {
		if value != "" && value != "0" {
			lines = append(lines, settingView{Name: key, Want: value})
		}
	}
	add("health", strconv.Itoa(w.Health))
	add("floor", strconv.Itoa(w.Floor))
	add("ceiling", strconv.Itoa(w.Ceiling))
	add("release", w.Release)
	add("window", w.Window)
	return lines
}

func settingState(say words.Speaker, key string, answered bool, denied map[string]contract.Refusal) string {
	why, no := denied[key]
	_, all := denied["*"]
	switch {
	case !answered:
		return say.Say("set.waiting")
	case no:
		return refusal(say, why)
	case all:
		return say.Say("settings.refused")
	}
	return say.Say("set.inforce")
}

func settingTone(key string, answered bool, denied map[string]contract.Refusal) string {
	_, no := denied[key]
	_, all := denied["*"]
	switch {
	case !answered:
		return "info"
	case no, all:
		return "fault"
	}
	return "well"
}

// refusal is why a box or this console did not obey, in words.
func refusal(say words.Speaker, why contract.Refusal) string { return say.Code("refusal", string(why)) }
