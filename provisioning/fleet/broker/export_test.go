package broker

import mqtt "github.com/mochi-mqtt/server/v2"

// Server is the library's broker, for tests that look into it.
func (b *Broker) Server() *mqtt.Server { return b.server }
