package broker

import (
	"bytes"
	"crypto/subtle"
	"crypto/tls"
	"log/slog"
	"net"
	"sync"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"studiobox/provisioning/contract"
)

// guard is the library's hook that asks for names and keeps to the access list.
type guard struct {
	mqtt.HookBase
	proofs   map[string]Proof // by the door's name
	tenant   func(box string) (string, bool)
	accounts map[string]Account
	log      *slog.Logger
	rights   sync.Map // net.Conn to rights: what the client may do until it goes
	kept     sync.Map // client id to rights of an account whose session outlives its connection
	sessions sessions
}

func newGuard(cfg Config, log *slog.Logger) *guard {
	g := &guard{proofs: map[string]Proof{}, tenant: cfg.Tenant, accounts: map[string]Account{}, log: log}
	for _, d := range cfg.Doors {
		g.proofs[d.Name] = d.Proof
	}
	for _, a := range cfg.Accounts {
		g.accounts[a.Name] = a
	}
	return g
}

// ID names the hook.
func (*guard) ID() string { return "guard" }

// Provides tells the library which of its calls are wanted.
func (*guard) Provides(b byte) bool {
	return bytes.IndexByte([]byte{mqtt.OnConnectAuthenticate, mqtt.OnACLCheck}, b) >= 0
}

// OnConnectAuthenticate lets a client in or not. Its will is a message like any
// other, but the library would publish it without asking again.
func (g *guard) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	rights, why := g.recognize(cl, pk)
	if why == "" && pk.Connect.WillFlag && !rights.mayWrite(pk.Connect.WillTopic) {
		why = "its will is for a topic that is not its own"
	}
	if why != "" {
		g.refused(cl.Net.Listener, cl.Net.Conn, why, "client", cl.ID)
		return false
	}
	g.rights.Store(cl.Net.Conn, rights)
	if !pk.Connect.Clean {
		g.kept.Store(cl.ID, rights)
	} else {
		g.kept.Delete(cl.ID)
	}
	g.sessions.begin(cl)
	return true
}

// recognize tells what a client may do, or why it may not come in.
func (g *guard) recognize(cl *mqtt.Client, pk packets.Packet) (rights, string) {
	proof := g.proofs[cl.Net.Listener]
	if proof == ByCertificate {
		name, ok := certified(cl.Net.Conn)
		if !ok {
			return rights{}, "it has no certificate"
		}
		if name != cl.ID {
			return rights{}, "its client id is not the name in its certificate"
		}
		return g.box(name)
	}
	if proof == ByWord && !pk.Connect.UsernameFlag {
		return g.box(cl.ID)
	}
	account, ok := g.accounts[string(pk.Connect.Username)]
	if !ok || subtle.ConstantTimeCompare([]byte(account.Password), pk.Connect.Password) != 1 {
		return rights{}, "name or password is wrong"
	}
	if _, isBox := g.tenant(cl.ID); isBox {
		return rights{}, "its client id is that of a box, which it would put out"
	}
	return rightsOf(account.Role), ""
}

func (g *guard) box(id string) (rights, string) {
	tenant, known := g.tenant(id)
	if !known {
		return rights{}, "no tenant has a box of this name"
	}
	return rightsOfBox(contract.Topic{Tenant: tenant, Box: id}), ""
}

// certified is the name in the client's certificate, which TLS has verified.
func certified(conn net.Conn) (string, bool) {
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return "", false
	}
	chains := secure.ConnectionState().VerifiedChains
	if len(chains) == 0 {
		return "", false
	}
	return chains[0][0].Subject.CommonName, true
}

// OnACLCheck tells whether a client may publish on a topic, subscribe to a
// filter, or be given a message of a topic.
func (g *guard) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	value, ok := g.rights.Load(cl.Net.Conn)
	if !ok { // it is away: what waits for it is asked about, too
		value, ok = g.kept.Load(cl.ID)
	}
	if !ok {
		return false
	}
	if r := value.(rights); write {
		return r.mayWrite(topic)
	} else {
		return r.mayRead(topic)
	}
}

// gone forgets a client, of which the library has let go.
func (g *guard) gone(conn net.Conn) {
	g.rights.Delete(conn)
	g.sessions.end(conn)
}

// refused notes who was not let in: a mistake in the list shows here first.
func (g *guard) refused(door string, conn net.Conn, why string, more ...any) {
	from := ""
	if conn != nil {
		from = conn.RemoteAddr().String()
	}
	g.log.Warn("broker: a client is refused", append([]any{"door", door, "from", from, "why", why}, more...)...)
}
