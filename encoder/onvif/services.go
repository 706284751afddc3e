package onvif

import (
	"context"
	"errors"
	"fmt"
)

// addresses asks where the camera's services are, by GetServices or, with cameras
// from before ONVIF 2.1, by GetCapabilities. It is called under mutex.
func (c *Client) addresses(ctx context.Context) (map[string]string, error) {
	if c.services != nil {
		return c.services, nil
	}
	found := map[string]string{}
	ask := request(deviceNS, "GetServices", leaf(deviceNS, "IncludeCapability", "false"))
	answer, err := c.call(ctx, c.device, deviceNS, ask)
	switch {
	case err == nil:
		for _, s := range answer.all("Service") {
			found[s.string("Namespace")] = s.string("XAddr")
		}
	case errors.Is(err, ErrUnsupported), errors.Is(err, ErrFault):
		ask := request(deviceNS, "GetCapabilities", leaf(deviceNS, "Category", "All"))
		if answer, err = c.call(ctx, c.device, deviceNS, ask); err != nil {
			return nil, err
		}
		for name, ns := range map[string]string{"Media": media1NS, "PTZ": ptzNS, "Imaging": imagingNS} {
			found[ns] = answer.string("Capabilities", name, "XAddr")
		}
	default:
		return nil, err
	}
	c.services = found
	return found, nil
}

// askOf makes a request of another service than that of media, by its namespace.
func (c *Client) askOf(ctx context.Context, ns string, body *element) (*element, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	found, err := c.addresses(ctx)
	if err != nil {
		return nil, err
	}
	if found[ns] == "" {
		return nil, fmt.Errorf("%w (it names no such service)", ErrUnsupported)
	}
	to, err := c.service(found[ns])
	if err != nil {
		return nil, err
	}
	return c.call(ctx, to, ns, body)
}
