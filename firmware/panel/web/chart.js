// The bitrate over time: what the box allowed, what arrived, a band that tells
// why, and under it the time in which viewers saw nothing new.

import { count, fraction, language, t } from "./i18n.js";
import { kindOf } from "./history.js";

const space = { left: 8, right: 60, top: 10, bottom: 46 };
const band = { down: 6, height: 12 }; // px below the plot
const strip = { down: 20, height: 4 };
const reach = 8; // px within which a change is meant

// kinds in the order of the legend, with the names of their colours in CSS.
const colorOf = {
  up: "green", enough: "sky", wait: "wait", down: "amber", server: "bronze", out: "violet", camera: "lilac", other: "dim",
};
export const kinds = Object.keys(colorOf);

export class RateChart {
  minutes = 2;
  cursor = null; // the point that somebody looks at
  #canvas;
  #history;
  #colors;
  #drawn = "";

  constructor(canvas, history) {
    this.#canvas = canvas;
    this.#history = history;
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    this.#colors = { grid: color("line"), dim: color("dim"), ink: color("ink"), target: color("gold"), acked: color("sky") };
    for (const kind of kinds) this.#colors[kind] = color(colorOf[kind]);
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  // shownKinds are those in sight, in the order of the legend.
  shownKinds() {
    const begin = this.#history.end - this.minutes * 60_000;
    const seen = new Set(this.#history.points.filter((p) => p.up >= begin).map((p) => kindOf(p.reason)));
    return kinds.filter((kind) => seen.has(kind));
  }

  // someLost tells whether viewers missed something of what is in sight.
  get someLost() {
    const begin = this.#history.end - this.minutes * 60_000;
    return this.#history.points.some((p) => p.lost > 0 && p.up >= begin);
  }

  // at is the point under an x of the page, or none.
  at(clientX) {
    const box = this.#canvas.getBoundingClientRect();
    const frame = this.#frame(box.width, box.height);
    const msPerPx = (frame.end - frame.begin) / (frame.right - frame.left);
    const up = frame.begin + (clientX - box.left - frame.left) * msPerPx;
    const point = this.#history.near(up, reach * msPerPx);
    return point && point.up >= frame.begin ? point : null;
  }

  // xOf is where a point stands, in px from the canvas' left edge.
  xOf(point) {
    return this.#frame(this.#canvas.clientWidth, this.#canvas.clientHeight).x(point.up);
  }

  #frame(width, height) {
    const end = this.#history.end;
    const begin = end - this.minutes * 60_000;
    const frame = { begin, end, left: space.left, right: width - space.right, top: space.top, bottom: height - space.bottom };
    frame.x = (up) => frame.left + ((up - begin) / (end - begin)) * (frame.right - frame.left);
    return frame;
  }

  // draw does nothing while the same would come of it.
  draw() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (!width || !height) return;
    const scale = devicePixelRatio || 1;
    const wanted = [width, height, scale, this.minutes, this.cursor?.up, this.#history.version, language()].join();
    if (wanted === this.#drawn) return;
    this.#drawn = wanted;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const pen = this.#canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = `12px ${getComputedStyle(this.#canvas).fontFamily}`;
    this.#paint(pen, this.#frame(width, height));
  }

  #paint(pen, frame) {
    const shows = this.#history.shows(frame.begin - 2000);
    let highest = 800;
    for (const p of shows.flat()) highest = Math.max(highest, p.target, p.acked);
    const top = niceTop(highest);
    frame.y = (kbps) => frame.bottom - (kbps / top) * (frame.bottom - frame.top);
    this.#drawGrid(pen, frame, top);
    if (!shows.length) {
      pen.fillStyle = this.#colors.dim;
      pen.textAlign = "center";
      pen.fillText(t("rate.empty"), (frame.left + frame.right) / 2, frame.top + (frame.bottom - frame.top) / 4);
      return;
    }
    pen.save();
    pen.beginPath();
    pen.rect(frame.left, 0, frame.right - frame.left + 2, frame.bottom + space.bottom);
    pen.clip();
    for (const show of shows) {
      this.#drawAcked(pen, frame, show);
      this.#drawTarget(pen, frame, show);
      this.#drawBand(pen, frame, show);
    }
    if (this.cursor) this.#drawCursor(pen, frame, this.cursor);
    pen.restore();
  }

  #drawGrid(pen, frame, top) {
    pen.strokeStyle = this.#colors.grid;
    pen.fillStyle = this.#colors.dim;
    pen.lineWidth = 1;
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    for (const part of [0, 0.5, 1]) {
      const y = Math.round(frame.y(top * part)) + 0.5;
      pen.beginPath();
      pen.moveTo(frame.left, y);
      pen.lineTo(frame.right, y);
      pen.stroke();
      pen.fillText(part ? shortRate(top * part) : "0", frame.right + 8, y);
    }
    pen.textBaseline = "alphabetic";
    pen.fillText(t("rate.ago", { n: this.minutes }), frame.left, frame.bottom + 40);
    pen.textAlign = "right";
    pen.fillText(t("rate.now"), frame.right, frame.bottom + 40);
  }

  #drawAcked(pen, frame, points) {
    pen.beginPath();
    pen.moveTo(frame.x(points[0].up), frame.bottom);
    for (const p of points) pen.lineTo(frame.x(p.up), frame.y(p.acked));
    pen.lineTo(frame.x(points.at(-1).up), frame.bottom);
    pen.globalAlpha = 0.28;
    pen.fillStyle = this.#colors.acked;
    pen.fill();
    pen.globalAlpha = 1;
    pen.beginPath();
    for (const p of points) pen.lineTo(frame.x(p.up), frame.y(p.acked));
    pen.strokeStyle = this.#colors.acked;
    pen.lineWidth = 1.5;
    pen.stroke();
  }

  // The target moves in steps, so it is drawn in steps.
  #drawTarget(pen, frame, points) {
    pen.beginPath();
    let y = frame.y(points[0].target);
    for (const p of points) {
      pen.lineTo(frame.x(p.up), y);
      y = frame.y(p.target);
      pen.lineTo(frame.x(p.up), y);
    }
    pen.strokeStyle = this.#colors.target;
    pen.lineWidth = 2.5;
    pen.lineJoin = "round";
    pen.stroke();
  }

  // A reason holds from its point to the next; what was lost is of the time
  // before a point.
  #drawBand(pen, frame, points) {
    const block = (from, to, down, height, color) => {
      pen.fillStyle = color;
      pen.fillRect(frame.x(from.up), frame.bottom + down, Math.max(1, frame.x(to.up) - frame.x(from.up)), height);
    };
    let first = points[0];
    points.forEach((p, i) => {
      const kind = kindOf(first.reason);
      if (kindOf(p.reason) !== kind || i === points.length - 1) {
        block(first, p, band.down, band.height, this.#colors[kind]);
        first = p;
      }
      if (i > 0 && p.lost > 0) block(points[i - 1], p, strip.down, strip.height, this.#colors.ink);
    });
  }

  #drawCursor(pen, frame, point) {
    const x = frame.x(point.up);
    pen.strokeStyle = pen.fillStyle = this.#colors.ink;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, frame.top);
    pen.lineTo(x, frame.bottom + band.down + band.height);
    pen.stroke();
    pen.beginPath();
    pen.arc(x, frame.y(point.target), 4, 0, 7);
    pen.fill();
  }
}

const glyphs = { up: "▲", down: "▼", server: "▼", out: "✕", camera: "✕", other: "•" };

export const glyph = (kind) => glyphs[kind] ?? "•";

function niceTop(kbps) {
  for (const step of [500, 1000, 2000, 3000, 4000, 6000, 8000, 10_000, 15_000, 20_000, 30_000]) {
    if (kbps <= step) return step;
  }
  return Math.ceil(kbps / 10_000) * 10_000;
}

const shortRate = (kbps) => `${kbps % 1000 ? fraction(kbps / 1000) : count(kbps / 1000)} M`;
