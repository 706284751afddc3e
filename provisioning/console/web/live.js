// Keeps the page as fresh as the server's picture. Each message brings the
// parts that changed, whole, and the order of lists.

const fresh = document.getElementById("fresh");
const held = new Map(); // parts that somebody is using right now

// follow keeps the page fresh while somebody can see it. A page in the
// background holds no connection: a browser has few of them for one host.
export function follow(address) {
  let source;
  let timer;
  let tries = 0;
  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    if (document.hidden) return;
    const url = new URL(address, location.href);
    url.searchParams.set("seen", seen());
    const mine = new EventSource(url);
    source = mine;
    mine.onmessage = (event) => {
      tries = 0;
      apply(JSON.parse(event.data));
    };
    mine.onerror = async () => {
      if (source !== mine) return;
      close();
      lost();
      const over = await signedOut();
      if (source || document.hidden) return; // opened anew meanwhile, or left
      if (over) return out();
      // Many pages come back at once after a restart: they do not come together.
      timer = setTimeout(open, (1 + 2 * Math.random()) * 1000 * Math.min(2 ** tries++, 16));
    };
  };
  const leave = () => {
    close();
    lost(); // whoever comes back sees how old the page is, until it is fresh
  };
  open();
  document.addEventListener("focusout", release);
  document.addEventListener("toggle", release, true);
  document.addEventListener("click", shutMenus);
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : open()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && open()); // back from the browser's cache of pages
}

// signedOut asks whether the session has ended. Whoever cannot be asked has not
// said so.
async function signedOut() {
  try {
    return (await fetch("/live/session", { cache: "no-store" })).status === 401;
  } catch {
    return false;
  }
}

// out says that the session has ended, and leads to a new one.
function out() {
  fresh.dataset.state = "out";
  const link = document.createElement("a");
  link.href = `/signin/?return=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = fresh.dataset.signin;
  fresh.replaceChildren(`${fresh.dataset.out} `, link);
}

// seen is what this page has of the parts, so that only others are sent.
function seen() {
  return [...document.querySelectorAll("[data-h]")].map((e) => `${e.id}:${e.dataset.h}`).join(",");
}

function lost() {
  if (fresh.dataset.state !== "live" && fresh.dataset.state !== "still") return;
  fresh.dataset.state = "lost";
  const at = fresh.querySelector("time")?.textContent ?? "";
  fresh.replaceChildren(`${fresh.dataset.lost} `, time(at));
}

function time(text) {
  const element = document.createElement("time");
  element.textContent = text;
  return element;
}

function apply(message) {
  fresh.dataset.state = "live";
  fresh.replaceChildren(`${fresh.dataset.live} `, time(message.at));
  const made = new Map();
  for (const [id, html] of Object.entries(message.parts ?? {})) {
    const part = parse(html);
    const old = document.getElementById(id);
    if (!old) made.set(id, part);
    else if (busy(old)) held.set(id, part);
    else {
      held.delete(id);
      old.replaceWith(part);
    }
  }
  for (const [slot, ids] of Object.entries(message.slots ?? {})) arrange(document.getElementById(slot), ids ?? [], made);
  notice(message.notice);
  document.dispatchEvent(new Event("fresh"));
}

// parse makes an element of a part. Rows of a table can only stand in a table.
function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// busy tells that somebody is choosing or typing in a part.
function busy(element) {
  if (element.querySelector("details.menu[open]")) return true;
  return element.contains(document.activeElement) && /^(SELECT|INPUT|TEXTAREA)$/.test(document.activeElement.tagName);
}

// shutMenus closes open menus when somebody clicks elsewhere.
function shutMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}

function release() {
  setTimeout(() => {
    for (const [id, part] of held) {
      const old = document.getElementById(id);
      if (old && busy(old)) continue;
      held.delete(id);
      old?.replaceWith(part);
    }
  });
}

// arrange brings a list's parts into their order, and moves nothing that is in
// place already.
function arrange(list, ids, made) {
  if (!list) return;
  const wanted = new Set(ids);
  for (const child of [...list.children]) {
    if (!wanted.has(child.id) && !("fixed" in child.dataset)) child.remove();
  }
  let after = [...list.children].filter((child) => "fixed" in child.dataset).at(-1) ?? null;
  for (const id of ids) {
    const element = document.getElementById(id) ?? made.get(id);
    if (!element) continue;
    const next = after ? after.nextElementSibling : list.firstElementChild;
    if (next !== element) list.insertBefore(element, next);
    after = element;
  }
}

// notice shows that the console itself hears nothing, or takes that back.
function notice(text) {
  let element = document.querySelector(".notice");
  if (!text) return element?.remove();
  if (!element) {
    element = document.createElement("p");
    element.className = "notice bad";
    element.setAttribute("role", "alert");
    document.querySelector("main").before(element);
  }
  if (element.textContent !== text) element.textContent = text;
}
