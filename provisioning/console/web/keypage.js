// The page of the reader's own key.

import { can, drop, load, make, publicKey, thumbprint } from "/static/keys.js";

const $ = (id) => document.getElementById(id);

export async function keyPage() {
  const state = $("key-state");
  const obstacle = await can();
  if (obstacle) return tell(state.dataset[obstacle], "bad");
  $("key-make").onclick = async () => show(await make());
  if ($("key-enrol")) $("key-enrol").onclick = enrol;
  $("key-copy").onclick = () => navigator.clipboard.writeText($("jwk").textContent);
  $("key-drop").onclick = async (event) => {
    if (!confirm(event.target.dataset.sure)) return;
    await drop();
    show(undefined);
  };
  await show(await load());
}

async function show(pair) {
  $("key-make").hidden = Boolean(pair);
  $("key-public").hidden = !pair;
  if (!pair) return tell($("key-state").dataset.none, "");
  const kid = await thumbprint(pair);
  const key = { ...(await publicKey(pair)), kid, who: $("keypage").dataset.who };
  $("jwk").textContent = JSON.stringify(key, null, 2);
  try {
    const answer = await (await fetch(`/key/${kid}`)).json();
    tell(answer.text, answer.mine ? "good" : "bad");
    if ($("key-demo")) $("key-demo").hidden = answer.known;
  } catch {
    tell("", "");
  }
}

// enrol is offered by a demo alone.
async function enrol() {
  const response = await fetch("/key", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf },
    body: $("jwk").textContent,
  });
  if (response.ok) await show(await load());
}

function tell(text, tone) {
  $("key-state").textContent = text;
  $("key-state").className = `said ${tone}`;
}
