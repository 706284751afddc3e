package command

import (
	"hash/maphash"

	"studiobox/provisioning/contract"
)

// remembered is how many messages a memory holds.
const remembered = 512

// memory knows the messages that were opened last by their bytes, so that one
// that is played again, as a flood of recorded commands is, costs no arithmetic.
// The hash is keyed with a secret of this process: nobody can make two messages
// that meet.
type memory struct {
	seed   maphash.Seed
	opened map[uint64]opened
	order  [remembered]uint64 // oldest at next
	next   int
}

// opened is what opening a message came to: an order, a wish, or a refusal.
type opened struct {
	order  order
	wished wished
	why    contract.Refusal
	id     string // of a refused order, where it could be read
}

func newMemory() memory {
	return memory{seed: maphash.MakeSeed(), opened: make(map[uint64]opened, remembered)}
}

// of is the key of a message's kind and bytes.
func (m *memory) of(kind contract.Kind, payload []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	_, _ = h.WriteString(string(kind) + "\x00") // it never fails
	_, _ = h.Write(payload)
	return h.Sum64()
}

// keep forgets the oldest message for this one.
func (m *memory) keep(key uint64, o opened) {
	delete(m.opened, m.order[m.next])
	m.order[m.next] = key
	m.opened[key] = o
	m.next = (m.next + 1) % remembered
}
