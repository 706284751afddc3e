package signin

import "net/url"

// local is an address within this console; "/" for everything else. Browsers
// read a backslash as a slash, and two slashes as another host.
func local(address string) string {
	for i := range len(address) {
		if c := address[i]; c <= ' ' || c == '\\' || c == 0x7f {
			return "/"
		}
	}
	u, err := url.Parse(address)
	path := len(address) > 0 && len(address) <= 2000 && address[0] == '/' && (len(address) == 1 || address[1] != '/')
	if err != nil || !path || u.Scheme != "" || u.Host != "" || u.User != nil {
		return "/"
	}
	return address
}
