package swarm

import (
	"encoding/csv"
	"fmt"
	"io"
)

// Box is one simulated box: what a bank's list says of it, and what it says of
// itself.
type Box struct {
	Index                    int // from 0; troubles choose by it
	Tenant, ID               string
	Business, Place, Network string
	Version                  string
}

// The columns of a bank's list of boxes.
const listHeader = "tenant,box,business,place,network,health_s"

// Roll makes n boxes, dealt out to the tenants in blocks: the first half to the
// first tenant, then a third of the rest and so on, as banks differ in size.
func Roll(n int, tenants []string) []Box {
	places := []string{"north", "east", "south", "west", "island"}
	networks := []string{"net-a", "net-a", "net-a", "net-b", "net-c", "mobile-d"}
	versions := []string{"1.8.2", "1.8.2", "1.8.2", "1.9.0", "1.9.0", "1.7.4", "1.8.2", "1.8.2", "1.9.0", "1.8.2"}
	boxes := make([]Box, n)
	for i := range boxes {
		boxes[i] = Box{
			Index:    i,
			Tenant:   tenants[share(i, n, len(tenants))],
			ID:       fmt.Sprintf("SIM-%05d", i+1),
			Business: fmt.Sprintf("Shop %d (demo)", i+1),
			Place:    places[i%len(places)],
			Network:  networks[(i/3)%len(networks)],
			Version:  versions[(i/2)%len(versions)],
		}
	}
	return boxes
}

// share is whose the i-th of n boxes is: each of the tenants gets half of what
// is left, the last one the rest.
func share(i, n, tenants int) int {
	from := 0
	for t := range tenants - 1 {
		half := (n - from + 1) / 2
		if i < from+half {
			return t
		}
		from += half
	}
	return tenants - 1
}

// WriteList writes the boxes as a bank's list (CSV), as serve, acl and swarm
// read it.
func WriteList(w io.Writer, boxes []Box) error {
	if _, err := fmt.Fprintln(w, listHeader); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	for _, b := range boxes {
		if err := out.Write([]string{b.Tenant, b.ID, b.Business, b.Place, b.Network, "60"}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
