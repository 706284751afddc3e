package contract

// Right is what one side may do with the topics of a box of one kind.
type Right struct {
	Kind  Kind
	Read  bool // subscribe and receive
	Write bool // publish
}

// ACL is everything that the two sides may do; what is not in it is denied. A
// box has its rights under its own tenant and id only, and without wildcards;
// the console has them under all, with wildcards.
func ACL() (box, console []Right) {
	for _, kind := range BoxKinds() {
		box = append(box, Right{Kind: kind, Write: true})
		console = append(console, Right{Kind: kind, Read: true})
	}
	for _, kind := range FleetKinds() {
		box = append(box, Right{Kind: kind, Read: true})
		// The console reads what is wished, since the broker keeps it; it
		// sees no command but by its ack.
		console = append(console, Right{Kind: kind, Read: kind.Retained(), Write: true})
	}
	return box, console
}
