// A real OpenID Connect provider for the tests: node provider.mjs <packages> <issuer> <callback>...
// Prints its port when it listens, and ends with its standard input. The issuer
// is the address of the test's own proxy before it.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [packages, issuer, ...callbacks] = process.argv.slice(2);
const found = createRequire(`${packages}/`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(found));

const groups = { anna: ['staff', 'studio-lead'], bao: ['bank-operator'], chie: ['bank-viewer', 'studio-lead'], eve: ['staff'] };
const client = (client_id) => ({ client_id, client_secret: `${client_id}-secret`, redirect_uris: callbacks, post_logout_redirect_uris: callbacks.map((c) => c.replace(/callback$/, 'out')), grant_types: ['authorization_code'], response_types: ['code'] });

const provider = new Provider(issuer, {
  clients: [client('console'), client('other')],
  claims: { openid: ['sub', 'name', 'groups', 'solo'] },
  conformIdTokenClaims: false,
  pkce: { methods: ['S256'], required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: id.toUpperCase(), groups: groups[id] ?? [], solo: id }) }),
});
const server = createServer(provider.callback());
server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
