// The signer's key: Ed25519, made in this browser, and kept where no script can
// read its secret. It can only be used to sign.

const store = "keys";

function database() {
  return new Promise((done, fail) => {
    const request = indexedDB.open("studiobox", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(store);
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

async function inStore(mode, action) {
  const db = await database();
  try {
    return await new Promise((done, fail) => {
      const transaction = db.transaction(store, mode);
      const request = action(transaction.objectStore(store));
      transaction.oncomplete = () => done(request.result);
      transaction.onabort = transaction.onerror = () => fail(transaction.error);
    });
  } finally {
    db.close();
  }
}

// Each person who uses this browser has a key of their own.
const owner = () => document.body.dataset.user;

// load is the key pair, undefined while there is none.
export const load = () => inStore("readonly", (keys) => keys.get(owner()));
export const drop = () => inStore("readwrite", (keys) => keys.delete(owner()));

export async function make() {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  await inStore("readwrite", (keys) => keys.put(pair, owner()));
  await navigator.storage?.persist?.();
  return pair;
}

// can tells why keys cannot be made here; null when they can.
export async function can() {
  if (!isSecureContext || !crypto.subtle) return "insecure";
  try {
    await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    return null;
  } catch {
    return "cannot";
  }
}

// publicKey is the JWK to be enrolled (RFC 8037).
export async function publicKey(pair) {
  const { kty, crv, x } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { kty, crv, x };
}

// thumbprint is the key's name (RFC 7638).
export async function thumbprint(pair) {
  const { kty, crv, x } = await publicKey(pair);
  const text = JSON.stringify({ crv, kty, x }); // its members in this order
  return base64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes(text))));
}

// seal signs a payload that is already in base64: a compact JWS (RFC 7515).
export async function seal(pair, payload) {
  const header = { alg: "EdDSA", kid: await thumbprint(pair), typ: "studiobox-cmd+jws" };
  const signed = `${base64(bytes(JSON.stringify(header)))}.${payload}`;
  const signature = await crypto.subtle.sign({ name: "Ed25519" }, pair.privateKey, bytes(signed));
  return `${signed}.${base64(new Uint8Array(signature))}`;
}

const bytes = (text) => new TextEncoder().encode(text);

export const encode = (value) => base64(bytes(JSON.stringify(value)));
export const decode = (text) =>
  JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0))));

function base64(data) {
  return btoa(String.fromCharCode(...data)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// ulid is a new id: 48 bits of time and 80 random ones, in Crockford's letters.
export function ulid() {
  const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let time = Date.now();
  let head = "";
  for (let i = 0; i < 10; i++) {
    head = letters[time % 32] + head;
    time = Math.floor(time / 32);
  }
  return head + [...crypto.getRandomValues(new Uint8Array(16))].map((b) => letters[b % 32]).join("");
}
