package profile

// Role is what a pin is for, independent of the board.
type Role string

// The roles of the box.
const (
	ButtonGoLive Role = "button.golive"
	LampAir      Role = "lamp.air"
	LampRed      Role = "lamp.red"
	LampGreen    Role = "lamp.green"
	LampBlue     Role = "lamp.blue"
)

// Use is what the box knows of a role before any board is known.
type Use struct {
	Role     Role
	Output   bool // the box drives the pin
	Required bool
	Purpose  string
}

// Uses returns all roles in the order in which people read them.
func Uses() []Use {
	return []Use{
		{ButtonGoLive, false, true, "hold to go live, hold to stop"},
		{LampAir, true, true, "on-air lamp"},
		{LampRed, true, false, "status light, red"},
		{LampGreen, true, false, "status light, green"},
		{LampBlue, true, false, "status light, blue"},
	}
}

func useOf(r Role) (Use, bool) {
	for _, u := range Uses() {
		if u.Role == r {
			return u, true
		}
	}
	return Use{}, false
}
