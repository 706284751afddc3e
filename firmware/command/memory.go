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

// opened is what opening a message came to: an order, or a refusal.
type opened struct {
	order order
	why   contract.Refusal
	id    string
}

func newMemory() memory {
	return memory{seed: maphash.MakeSeed(), opened: make(map[uint64]opened, remembered)}
}

// of is the key of a message's bytes.
func (m *memory) of(payload []byte) uint64 { return maphash.Bytes(m.seed, payload) }

// keep forgets the oldest message for this one.
func (m *memory) keep(key uint64, o opened) {
	delete(m.opened, m.order[m.next])
	m.order[m.next] = key
	m.opened[key] = o
	m.next = (m.next + 1) % remembered
}
