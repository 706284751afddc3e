// What caused a change, and what it did: the words beside the point of the
// chart that a finger, a mouse or the arrow keys chose.

import { make } from "./dom.js";
import { change, count, duration, fraction, rate, reasonText, t, wallClock } from "./i18n.js";
import { deeds, kindOf } from "./history.js";

export class Readout {
  #box;
  #chart;
  #history;
  #shown = "";

  constructor(canvas, box, chart, history) {
    this.#box = box;
    this.#chart = chart;
    this.#history = history;
    const look = (event) => this.#choose(chart.at(event.clientX));
    canvas.addEventListener("pointerdown", look);
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse" || event.buttons) look(event);
    });
    canvas.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") this.#choose(null);
    });
    canvas.addEventListener("keydown", (event) => {
      const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === "Escape") this.#choose(null);
      if (!direction) return;
      event.preventDefault();
      this.#choose(history.beside(chart.cursor, direction));
    });
    document.addEventListener("pointerdown", (event) => {
      if (event.target !== canvas) this.#choose(null);
    });
  }

  #choose(point) {
    this.#chart.cursor = point;
    this.#chart.draw();
    this.draw();
  }

  // draw keeps the words beside the point while time moves it on.
  draw() {
    const point = this.#chart.cursor;
    this.#box.hidden = !point;
    if (!point) return;
    const x = this.#chart.xOf(point);
    const width = this.#box.parentElement.clientWidth;
    this.#box.classList.toggle("left", x > width / 2);
    this.#box.style.setProperty("--x", `${x > width / 2 ? width - x : x}px`);
    const shown = `${point.up} ${document.documentElement.lang}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#box.replaceChildren(...this.#words(point));
  }

  #words(point) {
    const head = make("p", `head k-${kindOf(point.reason)}`,
      make("time", "", wallClock(this.#history.wall(point))), make("b", "", reasonText(point.reason)));
    const rows = [
      ["rate.target", point.from ? change(point.from, point.target) : rate(point.target)],
      ["rate.acked", rate(point.acked)],
      ["value.capacity", point.capacity ? rate(point.capacity) : ""],
      ["facts.queue", duration(point.queue)],
      ["facts.rtt", point.rtt ? duration(point.rtt) : ""],
      ["value.loss", point.loss ? `${fraction(point.loss * 100)} %` : ""],
      ["value.picture", point.height ? `${point.width}×${point.height}, ${t("value.fps", { n: count(point.fps) })}` : ""],
      ["value.lost", point.lost ? duration(point.lost) : ""],
    ];
    const list = make("dl", "", ...rows.filter(([, value]) => value).map(([key, value]) =>
      make("div", "", make("dt", "", t(key)), make("dd", "", value))));
    const done = Object.entries(deeds).filter(([, bit]) => point.did & bit).map(([name]) => make("p", "did", t(`did.${name}`)));
    return [head, list, ...done];
  }
}
