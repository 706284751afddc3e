// Makes a key and a sealed command the way a browser does: WebCrypto and
// JSON.stringify. Prints the public key as a JWK and the compact JWS.
import { webcrypto } from 'node:crypto';

const { subtle } = webcrypto;
const text = new TextEncoder();
const base64url = (bytes) => Buffer.from(bytes).toString('base64url');

const pair = await subtle.generateKey('Ed25519', false, ['sign', 'verify']);
const jwk = await subtle.exportKey('jwk', pair.publicKey);
const canonical = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x });
const kid = base64url(await subtle.digest('SHA-256', text.encode(canonical)));

const header = base64url(text.encode(JSON.stringify({ typ: 'studiobox-cmd+jws', alg: 'EdDSA', kid })));
const body = base64url(text.encode(process.argv[2]));
const signature = await subtle.sign('Ed25519', pair.privateKey, text.encode(header + '.' + body));

console.log(JSON.stringify({ ...jwk, kid, who: 'ops:anna', classes: ['stream'] }));
console.log(header + '.' + body + '.' + base64url(signature));
