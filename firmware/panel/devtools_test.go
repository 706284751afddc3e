package panel

import (
	"encoding/json"
	"time"
)

// patience is how long a test waits for what must come, on a machine that has
// other work to do as well.
const patience = time.Minute

// reply is an answer or an event of the DevTools protocol.
type reply struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

func (b *browser) read() {
	for {
		var message reply
		if err := b.conn.ReadJSON(&message); err != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.closed = true
			for _, waiting := range b.waiting {
				close(waiting)
			}
			b.waiting = nil
			return
		}
		b.mu.Lock()
		if waiting, ok := b.waiting[message.ID]; ok && message.Method == "" {
			delete(b.waiting, message.ID)
			waiting <- message
		}
		b.complain(message)
		b.mu.Unlock()
	}
}

// complain keeps what the console said of errors, uncaught ones included.
func (b *browser) complain(message reply) {
	var params struct {
		Type             string          `json:"type"`
		Args             json.RawMessage `json:"args"`
		ExceptionDetails json.RawMessage `json:"exceptionDetails"`
		Entry            struct {
			Level, Text, URL string
		} `json:"entry"`
	}
	_ = json.Unmarshal(message.Params, &params)
	switch message.Method {
	case "Runtime.exceptionThrown":
		b.errors = append(b.errors, string(params.ExceptionDetails))
	case "Runtime.consoleAPICalled":
		if params.Type == "error" || params.Type == "warning" || params.Type == "assert" {
			b.errors = append(b.errors, string(params.Args))
		}
	case "Log.entryAdded":
		if params.Entry.Level == "error" || params.Entry.Level == "warning" {
			b.errors = append(b.errors, params.Entry.Text+" "+params.Entry.URL)
		}
	}
}

func (b *browser) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.errors...)
}

func (b *browser) call(method string, params any) json.RawMessage {
	b.t.Helper()
	answer := make(chan reply, 1)
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		b.t.Fatalf("%s: chromium is gone", method)
	}
	b.next++
	id := b.next
	b.waiting[id] = answer
	err := b.conn.WriteJSON(struct {
		ID     int    `json:"id"`
		Method string `json:"method"`
		Params any    `json:"params"`
	}{id, method, params})
	b.mu.Unlock()
	if err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	select {
	case got, ok := <-answer:
		if !ok {
			b.t.Fatalf("%s: chromium went away", method)
		}
		if got.Error != nil {
			b.t.Fatalf("%s: %s", method, got.Error.Message)
		}
		return got.Result
	case <-time.After(patience):
		b.t.Fatalf("%s: no answer from chromium within %v", method, patience)
		return nil
	}
}

// eval runs an expression in the page, awaits it, and reads its value into T.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	result := b.call("Runtime.evaluate", struct {
		Expression    string `json:"expression"`
		AwaitPromise  bool   `json:"awaitPromise"`
		ReturnByValue bool   `json:"returnByValue"`
	}{expression, true, true})
	var got struct {
		Result struct {
			Value T `json:"value"`
		} `json:"result"`
		ExceptionDetails json.RawMessage `json:"exceptionDetails"`
	}
	if err := json.Unmarshal(result, &got); err != nil {
		b.t.Fatalf("%s: %v in %s", expression, err, result)
	}
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, got.ExceptionDetails)
	}
	return got.Result.Value
}

// until waits for an expression to become true.
func (b *browser) until(what, expression string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if eval[bool](b, "Boolean("+expression+")") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("waited %v in vain: %s (%s); console: %q", patience, what, expression, b.complaints())
}
