package carried

import (
	"os"
	"path/filepath"
	"strings"
)

// ProcNet is where the kernel tells its routes and neighbours.
const ProcNet = "/proc/net"

// Uplink names the way out that is in use: the interface of the default route
// and the hardware address of its gateway, which tells one shop's router from
// another's. "" when there is no default route.
func Uplink(procNet string) string {
	device, gateway := defaultRoute(procNet)
	if device == "" {
		return ""
	}
	if address := neighbour(procNet, device, gateway); address != "" {
		return device + " " + address
	}
	return device + " " + gateway
}

// defaultRoute reads the route with the least metric to everywhere; the gateway
// is as /proc/net/route writes it, in hexadecimal, last octet first.
func defaultRoute(procNet string) (device, gateway string) {
	const (
		deviceColumn, destinationColumn, gatewayColumn, metricColumn, maskColumn = 0, 1, 2, 6, 7
		everywhere                                                               = "00000000"
	)
	least := ""
	for _, row := range table(filepath.Join(procNet, "route")) {
		if len(row) <= maskColumn || row[destinationColumn] != everywhere || row[maskColumn] != everywhere {
			continue
		}
		metric := row[metricColumn]
		if least == "" || len(metric) < len(least) || len(metric) == len(least) && metric < least {
			least, device, gateway = metric, row[deviceColumn], row[gatewayColumn]
		}
	}
	return device, gateway
}

// neighbour looks up a gateway's hardware address; "" when it is not known.
func neighbour(procNet, device, gateway string) string {
	const addressColumn, hardwareColumn, deviceColumn = 0, 3, 5
	for _, row := range table(filepath.Join(procNet, "arp")) {
		if len(row) > deviceColumn && row[deviceColumn] == device && hexadecimal(row[addressColumn]) == gateway &&
			row[hardwareColumn] != "00:00:00:00:00:00" {
			return row[hardwareColumn]
		}
	}
	return ""
}

// table reads the rows below the heading; none when there is no such file.
func table(path string) (rows [][]string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	lines := strings.Split(string(text), "\n")
	for _, line := range lines[min(1, len(lines)):] {
		rows = append(rows, strings.Fields(line))
	}
	return rows
}
