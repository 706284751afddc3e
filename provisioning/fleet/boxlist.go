package fleet

import (
	"fmt"
	"os"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/console/roster"
	"studiobox/provisioning/fleet/swarm"
)

// readBoxList reads the bank's list of boxes. A box that two tenants claim is
// refused: at the broker its name alone decides what it may do.
func readBoxList(path string) ([]roster.Listed, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("list of boxes: %w", err)
	}
	defer f.Close()
	boxes, err := book.LoadList(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	owner := make(map[string]string, len(boxes))
	for _, b := range boxes {
		if other, twice := owner[b.Box]; twice {
			return nil, fmt.Errorf("%s: box %s belongs to %s and to %s; it can only be of one tenant", path, b.Box, other, b.Tenant)
		}
		owner[b.Box] = b.Tenant
	}
	return boxes, nil
}

// tenants looks boxes up by name.
func tenants(boxes []roster.Listed) func(box string) (string, bool) {
	of := make(map[string]string, len(boxes))
	for _, b := range boxes {
		of[b.Box] = b.Tenant
	}
	return func(box string) (string, bool) {
		tenant, ok := of[box]
		return tenant, ok
	}
}

// simulated are the boxes of a list, with versions dealt out to them.
func simulated(list []roster.Listed) []swarm.Box {
	boxes := swarm.Roll(len(list), []string{"-"})
	for i, l := range list {
		b := &boxes[i]
		b.Tenant, b.ID, b.Business, b.Place, b.Network = l.Tenant, l.Box, l.Business, l.Place, l.Network
	}
	return boxes
}
