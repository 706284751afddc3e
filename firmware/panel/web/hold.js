// The hold button. The phone only says that the finger is there; the box
// measures how long, and lets go by itself when it hears nothing for 500 ms.

import { $, toast, setText } from "./dom.js";
import { post } from "./api.js";
import { t } from "./i18n.js";

const sayEvery = 150; // ms
const inFlightLimit = 3;

export class HoldButton {
  #id = null;
  #timer = 0;
  #inFlight = 0;
  #wake;

  // wake is called when a press begins or ends, to draw the button anew.
  constructor(wake) {
    this.#wake = wake;
    const button = $("hold");
    button.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      this.#press();
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      button.addEventListener(end, () => this.release());
    }
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    button.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) this.#press();
    });
    button.addEventListener("keyup", () => this.release());
    button.addEventListener("blur", () => this.release());
    addEventListener("pagehide", () => this.release());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.release();
    });
  }

  get held() {
    return this.#id !== null;
  }

  async #press() {
    if (this.held) return;
    const id = newID();
    this.#id = id;
    this.#inFlight = 0;
    navigator.vibrate?.(20);
    this.#wake();
    if (!(await this.#say(id, "down"))) return;
    if (this.#id !== id) return; // let go meanwhile
    this.#timer = setInterval(() => {
      if (this.#inFlight < inFlightLimit) this.#say(id, "hold");
    }, sayEvery);
  }

  async #say(id, phase) {
    this.#inFlight++;
    try {
      await post("/api/press", { id, phase });
      return true;
    } catch (refused) {
      if (this.#id === id) {
        this.release();
        toast(t(`error.${refused.code}`));
      }
      return false;
    } finally {
      this.#inFlight--;
    }
  }

  release() {
    if (!this.held) return;
    const id = this.#id;
    this.#id = null;
    clearInterval(this.#timer);
    post("/api/press", { id, phase: "up" }).catch(() => {}); // the box's own lease is the safety net
    this.#wake();
  }
}

// newID works without a secure context, which a page on the LAN is not.
function newID() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
}

// drawHold shows the hold that the box measured, and what the button does now.
export function drawHold(session, held) {
  const button = $("hold");
  const filled = session.hold >= 1;
  const mode = modeOf(session.state);
  button.dataset.mode = mode;
  button.classList.toggle("held", held || session.hold > 0);
  button.classList.toggle("filled", filled);
  $("hold-ring").style.strokeDashoffset = String(1 - Math.min(1, session.hold));
  let label = `hold.${mode}`;
  if (mode !== "stopping" && filled) label = "hold.done";
  else if (mode !== "stopping" && (held || session.hold > 0)) label = "hold.going";
  setText($("hold-label"), t(label));
  setText($("hold-hint"), mode === "stopping" ? "" : t(`hold.${mode}Hint`));
  button.setAttribute("aria-label", t(`hold.${mode}`));
  $("stop-open").hidden = mode !== "stop" && session.state !== "countdown";
}

function modeOf(state) {
  if (state === "stopping") return "stopping";
  return ["starting", "live", "degraded", "reconnecting"].includes(state) ? "stop" : "start";
}
