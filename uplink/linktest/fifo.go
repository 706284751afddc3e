package linktest

// fifo is a queue of packets that reuses its memory.
type fifo struct {
	items []packet
	head  int
}

func (f *fifo) len() int { return len(f.items) - f.head }

func (f *fifo) front() *packet { return &f.items[f.head] }

func (f *fifo) back() *packet { return &f.items[len(f.items)-1] }

func (f *fifo) push(p packet) { f.items = append(f.items, p) }

// pop takes the front. When half of the memory lies before the front the rest
// moves down, which costs each packet at most one move on average.
func (f *fifo) pop() packet {
	p := f.items[f.head]
	f.items[f.head] = packet{}
	f.head++
	if f.head*2 >= len(f.items) {
		n := copy(f.items, f.items[f.head:])
		f.items, f.head = f.items[:n], 0
	}
	return p
}
