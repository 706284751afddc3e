package console

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"studiobox/provisioning/console/internal/words"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/console/signin"
)

// rowView is one row of attention.
type rowView struct {
	ID, Key, Tone, Letter, Title, Todo string
	Network, Version, Href, OnAir      string
	Boxes, Live                        int
	Since                              time.Time
	Samples                            []sampleView
	More                               string
	Mine, Taken, Acked, MayMark, Muted bool
	OwnerText, AckText, MutedText      string
	Mutes                              []choice
}

type sampleView struct{ ID, Name, Href string }

func attentionSum(say words.Speaker, a roster.Attention) string {
	boxes := 0
	for _, row := range a.Rows {
		boxes += row.Boxes
	}
	text := say.Say("attention.sum", "rows", say.Number(len(a.Rows)), "boxes", say.Number(boxes))
	if a.More > 0 {
		text += say.Say("attention.more", "n", say.Number(a.More))
	}
	if a.Muted > 0 {
		text += say.Say("attention.muted", "n", say.Number(a.Muted))
	}
	return text
}

func viewRow(v *visit, row roster.Row) rowView {
	say, cause := v.say, tell(row.Cause, v.say)
	view := rowView{
		ID: shortID("r-", row.Key), Key: row.Key, Tone: toneOf(row.Severity), Title: cause.Title, Todo: cause.Todo,
		Network: row.Network, Version: row.Version, Href: filterPath(row.Filter()),
		Boxes: row.Boxes, Live: row.Live, Since: row.Since,
		Mine: row.Owner != "" && row.Owner == v.user.Subject, Taken: row.Owner != "" || row.AckedBy != "", Acked: row.AckedBy != "",
		MayMark: v.user.Role.May(signin.Operator),
	}
	view.Letter = say.Say("tone." + view.Tone)
	if row.Group {
		by := row.Filter()
		view.Network, view.Version = orSeveral(say, row.Network, by.Network), orSeveral(say, row.Version, by.Version)
	}
	if row.Live > 0 {
		view.OnAir = say.Say("row.onair", "n", say.Number(row.Live))
	}
	for _, ref := range row.Sample {
		view.Samples = append(view.Samples, sampleView{ref.ID, business(ref), boxPath(ref.Tenant, ref.ID)})
	}
	if more := row.Boxes - len(row.Sample); more > 0 {
		view.More = say.Say("row.more", "n", say.Number(more))
	}
	if !row.Group && len(view.Samples) == 1 {
		view.Href = view.Samples[0].Href
	}
	switch {
	case view.Mine:
		view.OwnerText = say.Say("row.mine")
	case row.Owner != "":
		view.OwnerText = say.Say("row.owner", "who", v.name(row.Owner))
	}
	if view.Muted = row.MutedUntil.After(say.Now); view.Muted {
		view.MutedText = say.Say("row.muted", "t", say.Moment(row.MutedUntil))
	}
	if view.MayMark {
		view.Mutes = []choice{
			{Value: "1", Name: say.Say("row.hours", "h", "1")}, {Value: "8", Name: say.Say("row.hours", "h", "8")},
			{Value: "24", Name: say.Say("row.hours", "h", "24")}, {Value: "168", Name: say.Say("row.week")},
		}
	}
	if view.Acked {
		view.AckText = say.Say("row.acked", "who", v.name(row.AckedBy), "ago", say.Ago(row.AckedAt))
	}
	return view
}

// orSeveral is what all boxes of a group have in common, by the filter that finds
// them, or that they have nothing.
func orSeveral(say words.Speaker, text, by string) string {
	switch {
	case by == roster.None:
		return named(say, by)
	case text == "":
		return say.Say("row.many")
	}
	return text
}

// markRow is somebody who takes, gives back, has seen or mutes a row.
func (c *Console) markRow(w http.ResponseWriter, v *visit) {
	key, now := v.PostFormValue("row"), c.cfg.Now()
	mark := c.deps.Marks.Mark(v.scope, key)
	if !changeMark(&mark, v, now) {
		c.fail(w, v, http.StatusBadRequest)
		return
	}
	back := inside(v.PostFormValue("back"))
	if !c.shows(v, key, now) { // it was over before the button was pressed, and the page will say so
		http.Redirect(w, v.Request, back, http.StatusSeeOther)
		return
	}
	if err := c.deps.MarkKeeper.SetMark(v.Context(), v.scope, mark); err != nil {
		c.log.Error("what was said of a row cannot be kept", "error", err)
		c.fail(w, v, http.StatusInternalServerError)
		return
	}
	c.deps.Marks.SetMark(v.scope, mark)
	c.glances.forget(v.scope)
	http.Redirect(w, v.Request, back, http.StatusSeeOther)
}

// shows tells whether the visitor's page has that row. What is said of others is
// not kept: their number has no end.
func (c *Console) shows(v *visit, key string, now time.Time) bool {
	attention := c.deps.Picture.Attention(v.scope, now)
	is := func(row roster.Row) bool { return row.Key == key }
	return slices.ContainsFunc(attention.Rows, is) || slices.ContainsFunc(attention.MutedRows, is)
}

// longestMute is how long a row can be muted at a time.
const longestMute = 7 * 24 * time.Hour

// changeMark does to a mark what a button says; false: there is no such button.
func changeMark(mark *roster.Mark, v *visit, now time.Time) bool {
	switch v.PostFormValue("do") {
	case "take":
		mark.Owner = v.user.Subject
		return true
	case "drop":
		mark.Owner = ""
		return true
	case "ack":
		mark.AckedBy, mark.AckedAt = v.user.Subject, now
		return true
	}
	hours, err := strconv.Atoi(v.PostFormValue("mute"))
	mute := time.Duration(hours) * time.Hour
	if err != nil || hours < 0 || mute > longestMute {
		return false
	}
	mark.MutedUntil = now.Add(mute)
	return true
}
