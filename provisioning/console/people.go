package console

import "sync"

// mostPeople bounds the memory that names take.
const mostPeople = 4096

// people knows the names of those who were here since the program began. Marks
// and commands name people by what tells them apart; a name is what they are
// called, which two may share.
type people struct {
	mu    sync.Mutex
	names map[string]string
}

func newPeople() *people { return &people{names: map[string]string{}} }

// meet notes what somebody is called.
func (p *people) meet(who, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.names[who]; known || len(p.names) < mostPeople {
		p.names[who] = name
	}
}

// name is what somebody is called, with what tells them apart where that is not
// the same; and that alone for somebody who was not here.
func (p *people) name(who string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if name := p.names[who]; name != "" && name != who {
		return name + " (" + who + ")"
	}
	return who
}
