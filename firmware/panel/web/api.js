// The box's small JSON API as functions. Every failure becomes a Refused with
// a code that the language tables know.

export class Refused extends Error {
  constructor(code, status) {
    super(code);
    this.code = code;
    this.status = status;
  }
}

// A phone that left the Wi-Fi and came back may wait on a dead connection for
// ever, so no call does.
const patience = 4000; // ms

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(patience) });
  } catch {
    throw new Refused("network", 0);
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Refused(body.code ?? "bad_request", response.status);
}

export async function get(path) {
  return (await call(path, { cache: "no-store" })).json();
}

// keepalive lets a release still go out when the page closes.
export async function post(path, body = {}) {
  await call(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    keepalive: true,
  });
}

export async function offer(path, sdp) {
  const response = await call(path, {
    method: "POST",
    headers: { "Content-Type": "application/sdp" },
    body: sdp,
  });
  return { sdp: await response.text(), location: response.headers.get("Location") };
}

export function hangUp(location) {
  fetch(location, { method: "DELETE", keepalive: true }).catch(() => {});
}

// throttled sends the latest value at most every 100 ms, and the last one always.
export function throttled(send) {
  let latest;
  let timer = 0;
  return (value) => {
    latest = value;
    if (timer) return;
    send(latest);
    const sent = latest;
    timer = setTimeout(() => {
      timer = 0;
      if (latest !== sent) send(latest);
    }, 100);
  };
}
