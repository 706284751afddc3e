package rate

// Controller is the state between two observations. It is not safe for
// concurrent use.
type Controller struct {
	limits Limits
	kbps   float64
}

// New makes a controller that starts at limits.StartKbps.
func New(limits Limits) *Controller {
	return &Controller{limits: limits, kbps: float64(limits.StartKbps)}
}

// Step judges one observation; it is called every 50 ms.
func (c *Controller) Step(o Observation) Decision {
	return Decision{Kbps: int(c.kbps), Reason: Start}
}
