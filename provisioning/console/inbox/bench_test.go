package inbox

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"golang.org/x/sync/errgroup"

	"studiobox/provisioning/console/book"
	"studiobox/provisioning/contract"
)

// BenchmarkEventsThatWaited is how fast a console that was away stores what a
// broker kept for it, by how many the broker sends without an acknowledgement.
// The book is SQLite, with a flush to disk at each commit.
func BenchmarkEventsThatWaited(b *testing.B) {
	for name, lines := range map[string]string{
		"20 under way":             "",
		"20 under way, no delay":   "set_tcp_nodelay true\n",
		"1000 under way":           "max_inflight_messages 1000\n",
		"1000 under way, no delay": "max_inflight_messages 1000\nset_tcp_nodelay true\n",
	} {
		b.Run(name, func(b *testing.B) {
			broker := newMosquitto(b, "allow_anonymous true\n"+lines)
			broker.start(b)
			b.Cleanup(broker.stop)
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			log := slog.New(slog.DiscardHandler)
			store, err := book.Open(ctx, filepath.Join(b.TempDir(), "book.db"), log)
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			i, err := New(Config{Broker: "tcp://" + broker.addr, Client: "ops", Take: store.Keep, Commit: store.Flush}, log)
			if err != nil {
				b.Fatal(err)
			}
			once := make(chan error, 1)
			first, stop := context.WithCancel(ctx)
			go func() { once <- i.eventsConnection(first) }()
			eventually(b, "a session", func() bool {
				i.mu.Lock()
				defer i.mu.Unlock()
				return i.state.lines[lineEvents].up
			})
			stop()
			<-once
			say(b, broker.addr, b.N)
			var group errgroup.Group
			b.ResetTimer()
			group.Go(func() error { return i.Run(ctx) })
			eventually(b, "all events", func() bool { return i.Stats().Received >= uint64(b.N) && i.Stats().Waiting == 0 })
			b.StopTimer()
			cancel()
			group.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// say says so many events, 100 at a time.
func say(b *testing.B, addr string, events int) {
	b.Helper()
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + addr).SetClientID("boxes"))
	if token := client.Connect(); token.Wait() && token.Error() != nil {
		b.Fatal(token.Error())
	}
	defer client.Disconnect(0)
	var way []mqtt.Token
	for n := range events {
		topic := contract.Topic{Tenant: "bank-a", Box: boxID(n % 1000), Kind: contract.KindEvent}
		way = append(way, client.Publish(topic.String(), 1, false, event(n/1000+1)))
		if len(way) == 100 || n == events-1 {
			for _, token := range way {
				if token.Wait(); token.Error() != nil {
					b.Fatal(fmt.Errorf("event %d: %w", n, token.Error()))
				}
			}
			way = nil
		}
	}
}
