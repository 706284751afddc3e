// The page of the reader's own key.

import { can, drop, load, make, publicKey, thumbprint } from "/static/keys.js";

const $ = (id) => document.getElementById(id);

export async function keyPage() {
  const state = $("key-state");
  const obstacle = await can();
  if (obstacle) return tell(state.dataset[obstacle], "bad");
  $("key-make").onclick = async () => show(await make());
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
  } catch {
    tell("", "");
  }
}

function tell(text, tone) {
  $("key-state").textContent = text;
  $("key-state").className = `said ${tone}`;
}
