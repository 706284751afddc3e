package roster

// The orders of a search.
const (
	ByID       = "" // tenant, then box
	ByBusiness = "business"
	ByPlace    = "place"
	ByNetwork  = "network"
	ByVersion  = "version"
	ByStatus   = "status" // in the order of Statuses
	BySince    = "since"  // newest change of status first
	BySeen     = "seen"   // heard from latest first
)

// The values of a Filter's Network and Version that name none. A bank's list and
// a box could spell them, too; they would be found with the others.
const (
	// None fits boxes of which it is not known.
	None = "∅"
	// Others, of a network, fits boxes whose network does not explain the Filter's
	// cause: what a row of a version is about beside the row of a network. Without
	// a cause it fits all.
	Others = "…"
)

// Filter says which boxes are wanted; zero fields want all.
type Filter struct {
	Text    string // every word of it must be in id, business, place, serial or network; case is ignored
	Tenant  string
	Status  string // see Statuses
	Cause   string // code of a row of attention, or of a reported notice
	Network string // exactly, None or Others
	Version string // exactly, or None
	Sort    string // ByID and its like; an unknown one means ByID
}

// Found is one page of a search.
type Found struct {
	Boxes []Box
	Next  string // cursor of the following page; empty: this is the last
	Total int    // boxes of all pages
}

// Facets are the values that a filter can choose from, each sorted and at most
// 200.
type Facets struct {
	Tenants, Networks, Versions, Causes []string
}
