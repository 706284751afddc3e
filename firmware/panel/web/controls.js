// What the visitor may move: turntable, light, the demo's line, and settings.

import { $, setText, toast } from "./dom.js";
import { post, throttled } from "./api.js";
import { count, rate, t } from "./i18n.js";

const settleMs = 1500; // after a touch, the slider does not follow the box for so long
const lineMin = 300; // kbit/s
const lineMax = 10_000;

// send does a POST and says in words what went wrong.
export async function send(path, body) {
  try {
    await post(path, body);
    return true;
  } catch (refused) {
    toast(t(`error.${refused.code}`));
    return false;
  }
}

// Slider is a range input that sends while it moves, and otherwise follows.
class Slider {
  #input;
  #touched = -settleMs;

  constructor(input, onMove) {
    this.#input = input;
    input.addEventListener("input", () => {
      this.#touched = performance.now();
      this.#paint();
      onMove(Number(input.value));
    });
  }

  get value() {
    return Number(this.#input.value);
  }

  // moving is true while the visitor's hand is on it, or was a moment ago.
  get moving() {
    return performance.now() - this.#touched < settleMs;
  }

  follow(value) {
    if (this.moving) return;
    this.#input.value = String(value);
    this.#paint();
  }

  #paint() {
    this.#input.style.setProperty("--part", `${this.#input.value}%`);
  }
}

// The line's slider is logarithmic: a step feels the same at both ends.
const toKbps = (part) => Math.round((lineMin * (lineMax / lineMin) ** (part / 100)) / 10) * 10;
const toPart = (kbps) => (100 * Math.log(Math.max(kbps, lineMin) / lineMin)) / Math.log(lineMax / lineMin);

// cardNote says how the grey card of the present look stands.
function cardNote(card) {
  switch (card.phase) {
    case "measuring":
      return t("card.measuring");
    case "failed":
      return t(`card.failed.${card.why}`);
    case "locked":
      return [
        t("card.locked", { cast: card.cast, stops: `${card.stops > 0 ? "−" : "+"}${Math.abs(card.stops)}` }),
        card.drifted ? t("card.drifted", { drift: card.drift }) : "",
        card.watched ? "" : t("card.unwatched"),
      ].filter(Boolean).join(" ");
  }
  return "";
}

export class Controls {
  #light;
  #line;
  #lineWish = lineMax; // what a mended line goes back to
  #angle = 0; // of the drawn dial; it goes on beyond 360 so that it never spins back

  constructor() {
    for (const button of $("turntable-buttons").children) {
      button.addEventListener("click", () => {
        const { speed, turn } = button.dataset;
        send("/api/turntable", turn ? { turnDeg: Number(turn) } : { degPerS: Number(speed) });
      });
    }
    const sendLight = throttled((part) => send("/api/light", { level: part / 100 }));
    this.#light = new Slider($("light-slider"), (part) => {
      this.#writeLight(part);
      sendLight(part);
    });
    const sendLine = throttled((kbps) => send("/api/line", { kbps }));
    this.#line = new Slider($("line-slider"), (part) => {
      this.#lineWish = toKbps(part);
      this.#writeLine(this.#lineWish);
      sendLine(this.#lineWish);
    });
    $("line-cut").addEventListener("click", () => {
      const cut = $("line-cut").getAttribute("aria-pressed") === "true";
      send("/api/line", { kbps: cut ? this.#lineWish : 0 });
    });
    $("card-lock").addEventListener("click", () => send("/api/grey-card", {}));
    $("remote").addEventListener("change", async (event) => {
      const wish = event.target.checked;
      if (!(await send("/api/remote-start", { allowed: wish }))) event.target.checked = !wish;
    });
    $("end-others").addEventListener("click", () => send("/api/end-others"));
    $("stop-open").addEventListener("click", () => $("stop-dialog").showModal());
    $("stop-no").addEventListener("click", () => $("stop-dialog").close());
    $("stop-yes").addEventListener("click", () => {
      $("stop-dialog").close();
      send("/api/stop");
    });
  }

  draw({ box, studio, greyCard, line, session }) {
    this.#drawLooks(box, studio);
    this.#drawCard(greyCard);
    $("turntable").hidden = !(box.studio && studio.turntable);
    $("light").hidden = !(box.studio && studio.light);
    $("line").hidden = !(box.line && line);
    this.#drawTable(studio);
    this.#light.follow(Math.round(studio.lightLevel * 100));
    this.#writeLight(this.#light.value);
    if (line) this.#drawLine(line);
    $("remote-row").hidden = !box.remoteStart;
    $("remote").checked = session.remoteStart;
    $("others-row").hidden = box.visitors === 0;
    setText($("visitors"), t("settings.visitors", { n: count(box.visitors) }));
    setText($("version"), t("settings.version", { version: box.version }));
  }

  // A button for each look; the business's own are called as it called them.
  #drawLooks(box, { looks, look }) {
    const names = looks ?? [];
    const row = $("look-buttons");
    $("looks").hidden = !(box.studio && names.length);
    if (row.dataset.looks !== names.join()) {
      row.dataset.looks = names.join();
      row.replaceChildren(...names.map((name) => this.#lookButton(name)));
    }
    for (const button of row.children) {
      const own = button.dataset.look;
      const key = `look.${own}`;
      const text = t(key);
      setText(button, text === key ? own : text);
      button.setAttribute("aria-pressed", String(own === look));
    }
  }

  // The grey card belongs to the look that is set.
  #drawCard(card) {
    const note = card ? cardNote(card) : "";
    $("card-row").hidden = !card;
    $("card-note").hidden = !note;
    setText($("card-note"), note);
    $("card-lock").disabled = card?.phase === "measuring";
  }

  #lookButton(name) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.look = name;
    button.addEventListener("click", () => send("/api/look", { name }));
    return button;
  }

  #drawTable({ angleDeg, speedDegS }) {
    const step = ((angleDeg - this.#angle) % 360 + 540) % 360 - 180; // the short way round
    this.#angle += step;
    $("dial-hand").style.transform = `rotate(${this.#angle}deg)`;
    const speed = Math.abs(speedDegS);
    for (const button of $("turntable-buttons").children) {
      const own = Number(button.dataset.speed);
      const on = "speed" in button.dataset && (own === 0 ? speed < 1 : speed >= 1 && own === (speed < 24 ? 12 : 40));
      button.setAttribute("aria-pressed", String(on));
      if ("turn" in button.dataset) button.removeAttribute("aria-pressed");
    }
  }

  #drawLine(line) {
    const cut = line.available && line.kbps === 0;
    if (line.kbps > 0) {
      this.#lineWish = line.kbps;
      this.#line.follow(toPart(line.kbps));
    }
    $("line-slider").disabled = !line.available;
    $("line-cut").disabled = !line.available;
    $("line-cut").setAttribute("aria-pressed", String(cut));
    if (!this.#line.moving) this.#writeLine(line.kbps);
    setText($("line-note"), line.available ? t("line.note") : t("line.unavailable", { why: line.why ?? "" }));
  }

  #writeLight(part) {
    setText($("light-value"), `${count(part)} %`);
  }

  #writeLine(kbps) {
    setText($("line-value"), kbps ? rate(kbps) : t("line.isCut"));
  }
}
