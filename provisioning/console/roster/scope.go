package roster

// Scope says whose boxes a user may see. The zero Scope sees nothing.
type Scope struct {
	All    bool   // every tenant
	Tenant string // one tenant; ignored with All
}

// Sees tells whether boxes of the tenant are in the scope.
func (s Scope) Sees(tenant string) bool {
	return s.All || s.Tenant != "" && s.Tenant == tenant
}

// marks is under which name the scope keeps its marks: a bank's "muted" does not
// quieten the row for central ops, nor the other way round.
func (s Scope) marks() string {
	if s.All {
		return ""
	}
	return s.Tenant
}

// none tells whether the scope sees nothing at all.
func (s Scope) none() bool { return !s.All && s.Tenant == "" }
