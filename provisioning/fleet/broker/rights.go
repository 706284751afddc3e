package broker

import (
	"slices"
	"strings"

	"studiobox/provisioning/contract"
)

// rights is what one client may do, as filters with + levels and no others.
type rights struct{ write, read []string }

// rightsOfBox: a box speaks under its own name and hears what is for it.
func rightsOfBox(box contract.Topic) rights {
	own, _ := contract.ACL()
	return under(box, own)
}

// rightsOf an account; one with an unknown role has none.
func rightsOf(role Role) rights {
	_, console := contract.ACL()
	r := under(contract.Topic{Tenant: "+", Box: "+"}, console)
	switch role {
	case RoleConsole:
		return r
	case RoleMetrics:
		r.write = nil
		return r
	}
	return rights{}
}

// under spells rights out for the boxes of a topic.
func under(of contract.Topic, list []contract.Right) (r rights) {
	for _, right := range list {
		of.Kind = right.Kind
		if right.Write {
			r.write = append(r.write, of.String())
		}
		if right.Read {
			r.read = append(r.read, of.String())
		}
	}
	return r
}

func (r rights) mayWrite(topic string) bool {
	return !strings.ContainsAny(topic, "+#") && slices.ContainsFunc(r.write, func(own string) bool { return covers(own, topic) })
}

func (r rights) mayRead(filter string) bool {
	if rest, shared := strings.CutPrefix(filter, "$share/"); shared {
		_, filter, _ = strings.Cut(rest, "/") // after the group's name
	}
	return slices.ContainsFunc(r.read, func(own string) bool { return covers(own, filter) })
}

// covers tells whether all topics that match the asked filter match the own one.
func covers(own, asked string) bool {
	for {
		ownLevel, ownRest, ownMore := strings.Cut(own, "/")
		askedLevel, askedRest, askedMore := strings.Cut(asked, "/")
		if askedLevel == "#" || (ownLevel != "+" && ownLevel != askedLevel) || ownMore != askedMore {
			return false
		}
		if !ownMore {
			return true
		}
		own, asked = ownRest, askedRest
	}
}
