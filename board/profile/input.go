package profile

import "periph.io/x/conn/v3/gpio"

// input checks what only inputs have.
func (p *parser) input(w *Wire, e wiring) error {
	key := string(w.Role)
	w.NormallyClosed = w.onlyClosed
	switch e.Contact {
	case "":
	case "normally_open":
		if w.onlyClosed {
			return p.fault(key+".contact", "must be normally_closed, so that a cut wire stops too")
		}
	case "normally_closed":
		w.NormallyClosed = true
	default:
		return p.fault(key+".contact", "%q is neither normally_open nor normally_closed", e.Contact)
	}
	// An open contact leaves the line to the pull. That must read as released
	// with a contact that closes, as pressed with one that opens.
	fits := gpio.PullDown
	if w.ActiveLow != w.NormallyClosed {
		fits = gpio.PullUp
	}
	switch e.Pull {
	case "":
		w.Pull = fits
	case "none":
		w.Pull = gpio.Float
	case "up", "down":
		w.Pull = gpio.PullDown
		if e.Pull == "up" {
			w.Pull = gpio.PullUp
		}
		if w.Pull != fits {
			return p.fault(key+".pull", "%s contradicts active and contact: an open line would read wrongly", e.Pull)
		}
	default:
		return p.fault(key+".pull", "%q is none of up, down, none", e.Pull)
	}
	return nil
}
