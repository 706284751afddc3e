package panel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"studiobox/firmware/health"
)

// gaugePause is the least time between two figures of the same gauge: eyes
// cannot read faster, and a phone's battery need not.
const gaugePause = 500 * time.Millisecond

// part is one top-level member of the picture as the page gets it.
type part struct {
	name  string
	gauge bool
	body  any
}

// told is a code with its words in the visitor's language.
type told struct {
	Title string `json:"title"`
	Mend  string `json:"mend"`
}

type sessionPart struct {
	health.SessionPart
	WhyText told `json:"whyText"`
}

type conditionPart struct {
	health.Condition
	told
}

type checkPart struct {
	health.CheckResult
	told // empty while the check is passed
}

type boxPart struct {
	Version     string `json:"version"`
	Demo        bool   `json:"demo"`
	Studio      bool   `json:"studio"`      // the page can steer it
	Line        bool   `json:"line"`        // the page can steer it
	RemoteStart bool   `json:"remoteStart"` // the page can allow it
	Visitors    int    `json:"visitors"`
}

// parts is the picture for one visitor: the snapshot with its codes put into
// words. What changes all the time is marked as a gauge.
func (p *Panel) parts(s *health.Snapshot, lang string) []part {
	tiles := map[string]tileState{}
	for name, tile := range p.tiles {
		tiles[name] = tile.state()
	}
	conditions := make([]conditionPart, 0, len(s.Conditions))
	for _, c := range s.Conditions {
		conditions = append(conditions, conditionPart{c, p.tell(c.Code, lang)})
	}
	checks := make([]checkPart, 0, len(s.Checks))
	for _, c := range s.Checks {
		check := checkPart{CheckResult: c}
		if !c.OK {
			check.told = p.tell(c.Code, lang)
		}
		checks = append(checks, check)
	}
	return []part{
		{"session", false, sessionPart{s.Session, p.tell(s.Session.Why, lang)}},
		{"conditions", false, conditions},
		{"checks", false, checks},
		{"studio", false, s.Studio},
		{"greyCard", false, p.card()},
		{"line", false, s.Line},
		{"tiles", false, tiles},
		{"box", false, boxPart{
			Version: s.Version, Demo: s.Demo, Visitors: p.access.visitors(),
			Studio: p.deps.Studio != nil, Line: p.deps.Line != nil, RemoteStart: p.deps.RemoteStart != nil,
		}},
		{"mqtt", false, s.MQTT},
		{"lastShow", false, s.LastShow},
		{"camera", true, s.Camera},
		{"encoder", true, s.Encoder},
		{"uplink", true, s.Uplink},
		{"rate", true, s.Rate},
		{"board", true, s.Board},
		{"ingest", true, s.Ingest},
	}
}

func (p *Panel) tell(code, lang string) told {
	if code == "" {
		return told{}
	}
	title, mend := p.cfg.Text(code, lang)
	return told{title, mend}
}

// differ finds what one visitor has not seen yet.
type differ struct {
	seen map[string]seenPart
}

type seenPart struct {
	body []byte
	at   time.Time
}

// changes returns the parts that are new at now, as one JSON object each.
func (d *differ) changes(parts []part, now time.Time) (map[string]json.RawMessage, error) {
	changed := map[string]json.RawMessage{}
	for _, part := range parts {
		last, known := d.seen[part.name]
		if part.gauge && known && now.Sub(last.at) < gaugePause {
			continue
		}
		body, err := json.Marshal(part.body)
		if err != nil {
			return nil, fmt.Errorf("the picture's %s: %w", part.name, err)
		}
		if known && bytes.Equal(body, last.body) {
			continue
		}
		d.seen[part.name] = seenPart{body, now}
		changed[part.name] = body
	}
	return changed, nil
}
