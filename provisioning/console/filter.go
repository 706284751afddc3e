package console

import (
	"net/url"
	"strings"

	"studiobox/provisioning/console/roster"
)

// filterPath is the address of the boxes that a filter finds.
func filterPath(f roster.Filter) string {
	query := filterQuery(f)
	if len(query) == 0 {
		return "/boxes"
	}
	return "/boxes?" + query.Encode()
}

// filterQuery spells a filter as the address does; [readFilter] reads it.
func filterQuery(f roster.Filter) url.Values {
	query := url.Values{}
	for key, value := range map[string]string{
		"q": f.Text, "tenant": f.Tenant, "status": f.Status, "cause": f.Cause, "network": f.Network, "version": f.Version, "sort": f.Sort,
	} {
		if value != "" {
			query.Set(key, value)
		}
	}
	return query
}

// readFilter is the filter of an address. Each text is bounded, since it is
// compared with every box.
func readFilter(query url.Values) roster.Filter {
	read := func(key string) string {
		text := strings.TrimSpace(query.Get(key))
		return strings.ToValidUTF8(text[:min(len(text), 200)], "")
	}
	return roster.Filter{
		Text: read("q"), Tenant: read("tenant"), Status: read("status"), Cause: read("cause"),
		Network: read("network"), Version: read("version"), Sort: read("sort"),
	}
}
