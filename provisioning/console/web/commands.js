// Commands: the person reads in words what is asked, signs it here, and the
// signature goes to the server. The words belong to the button that was pressed;
// what is signed is built from that button alone.

import { load, seal, encode, decode, ulid } from "/static/keys.js";

const $ = (id) => document.getElementById(id);

export function commands() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-op]");
    if (!button) return;
    if (button.dataset.second) second(button);
    else first(button);
  });
}

// first asks, builds a new command and signs it.
async function first(button) {
  const d = button.dataset;
  if (!(await ask(d))) return;
  const now = Math.floor(Date.now() / 1000);
  const body = { v: 1, id: ulid(), box: $("boxpage").dataset.box, op: d.op };
  if (d.minutes === "true") body.arg = { minutes: Number($("ask-minutes").querySelector("select").value) };
  if (d.look === "true") body.arg = { look: $("ask-look").querySelector("input").value };
  body.iat = now;
  body.exp = now + Number(d.seconds);
  await send(encode(body));
}

// second signs what another person signed first, and nothing but what the page
// says in words.
async function second(button) {
  const d = button.dataset;
  let body;
  try {
    body = decode(d.payload);
  } catch {
    body = {};
  }
  if (body.op !== d.op || body.box !== $("boxpage").dataset.box || body.id !== d.second || body.arg) {
    return say($("orders").dataset.wordsStrange, "bad");
  }
  if (await ask(d)) await send(d.payload);
}

// ask shows the words, and is true once they are agreed to.
function ask(d) {
  const dialog = $("ask");
  $("ask-text").textContent = d.ask;
  $("ask-note").textContent = d.note;
  $("ask-minutes").hidden = d.minutes !== "true";
  $("ask-look").hidden = d.look !== "true";
  $("ask-look").querySelector("input").required = d.look === "true";
  $("ask-yes").className = d.op === "wipe" ? "danger" : "main";
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

async function send(payload) {
  const words = $("orders").dataset;
  const pair = await load();
  if (!pair) return say(words.wordsNoKey, "bad");
  try {
    const response = await fetch($("boxpage").dataset.post, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf },
      body: JSON.stringify({ seal: await seal(pair, payload) }),
    });
    const answer = await response.json();
    say(answer.text, response.ok ? "good" : "bad", answer.code);
  } catch {
    say(words.wordsFailed, "bad");
  }
}

function say(text, tone, code = "") {
  const said = $("said");
  said.textContent = text;
  said.className = `said ${tone}`;
  said.dataset.code = code;
}
