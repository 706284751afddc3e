// The bitrate over time: what the box allowed, what arrived, and marks where
// the reason turned.

import { count, fraction, t } from "./i18n.js";

const keep = 10 * 60_000; // ms
const gap = 5000; // ms without a sample: another show begins
const space = { left: 8, right: 60, top: 16, bottom: 22 };

// Reasons fall in kinds; the others change nothing and get no mark.
const kinds = {
  standing_queue: "down", capacity: "down", loss: "down", receiver_limited: "down",
  climb: "up", probe: "up", start: "up",
  outage: "out",
};

const glyphs = { down: "▼", up: "▲", out: "✕" };

export class RateChart {
  minutes = 2;
  #canvas;
  #points = []; // {at, target, acked, reason}, oldest first
  #colors;

  constructor(canvas) {
    this.#canvas = canvas;
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    this.#colors = {
      grid: color("line"), dim: color("dim"), target: color("gold"), acked: color("sky"),
      down: color("amber"), up: color("green"), out: color("violet"),
    };
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  // add takes columns as the box sends them; points known already are skipped.
  add({ at, target, acked, reason }) {
    const known = new Set(this.#points.map((p) => p.at));
    for (let i = 0; i < at.length; i++) {
      if (!known.has(at[i])) this.#points.push({ at: at[i], target: target[i], acked: acked[i], reason: reason[i] });
    }
    this.#points.sort((a, b) => a.at - b.at);
    const end = this.#points.at(-1)?.at ?? 0;
    this.#points = this.#points.filter((p) => p.at > end - keep);
  }

  // turns lists where the kind of reason changed, oldest first. A show begins
  // with nothing getting through yet, which is no news.
  turns() {
    const turns = [];
    for (const show of shows(this.#points)) {
      let kind = "";
      for (const point of show) {
        const next = kinds[point.reason];
        if (!next || next === kind || (next === "out" && !kind)) continue;
        kind = next;
        turns.push({ ...point, kind });
      }
    }
    return turns;
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (!width || !height) return;
    const scale = devicePixelRatio || 1;
    if (this.#canvas.width !== Math.round(width * scale)) this.#canvas.width = Math.round(width * scale);
    if (this.#canvas.height !== Math.round(height * scale)) this.#canvas.height = Math.round(height * scale);
    const pen = this.#canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = `12px ${getComputedStyle(this.#canvas).fontFamily}`;

    const end = this.#points.at(-1)?.at ?? 0;
    const begin = end - this.minutes * 60_000;
    const shown = this.#points.filter((p) => p.at >= begin - 2000);
    const top = niceTop(Math.max(800, ...shown.map((p) => Math.max(p.target, p.acked))));
    const frame = {
      x: (at) => space.left + ((at - begin) / (end - begin)) * (width - space.left - space.right),
      y: (kbps) => height - space.bottom - (kbps / top) * (height - space.top - space.bottom),
      left: space.left, right: width - space.right, top: space.top, bottom: height - space.bottom,
    };
    this.#drawGrid(pen, frame, top);
    if (!shown.length) {
      pen.fillStyle = this.#colors.dim;
      pen.textAlign = "center";
      pen.fillText(t("rate.empty"), (frame.left + frame.right) / 2, frame.top + (frame.bottom - frame.top) / 4);
      return;
    }
    pen.save();
    pen.beginPath();
    pen.rect(frame.left, 0, frame.right - frame.left + 2, height);
    pen.clip();
    for (const show of shows(shown)) {
      this.#drawAcked(pen, frame, show);
      this.#drawTarget(pen, frame, show);
    }
    for (const turn of this.turns()) {
      if (turn.at >= begin) this.#drawMark(pen, frame, turn);
    }
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
    pen.fillText(t("rate.ago", { n: this.minutes }), frame.left, frame.bottom + 16);
    pen.textAlign = "right";
    pen.fillText(t("rate.now"), frame.right, frame.bottom + 16);
  }

  #drawAcked(pen, frame, points) {
    pen.beginPath();
    pen.moveTo(frame.x(points[0].at), frame.bottom);
    for (const p of points) pen.lineTo(frame.x(p.at), frame.y(p.acked));
    pen.lineTo(frame.x(points.at(-1).at), frame.bottom);
    pen.globalAlpha = 0.28;
    pen.fillStyle = this.#colors.acked;
    pen.fill();
    pen.globalAlpha = 1;
    pen.beginPath();
    for (const p of points) pen.lineTo(frame.x(p.at), frame.y(p.acked));
    pen.strokeStyle = this.#colors.acked;
    pen.lineWidth = 1.5;
    pen.stroke();
  }

  // The target moves in steps, so it is drawn in steps.
  #drawTarget(pen, frame, points) {
    pen.beginPath();
    let y = frame.y(points[0].target);
    for (const p of points) {
      pen.lineTo(frame.x(p.at), y);
      y = frame.y(p.target);
      pen.lineTo(frame.x(p.at), y);
    }
    pen.strokeStyle = this.#colors.target;
    pen.lineWidth = 2.5;
    pen.lineJoin = "round";
    pen.stroke();
  }

  #drawMark(pen, frame, turn) {
    const x = frame.x(turn.at);
    pen.strokeStyle = pen.fillStyle = this.#colors[turn.kind];
    pen.lineWidth = 1;
    pen.setLineDash([2, 3]);
    pen.beginPath();
    pen.moveTo(x, frame.top + 2);
    pen.lineTo(x, frame.bottom);
    pen.stroke();
    pen.setLineDash([]);
    pen.textAlign = "center";
    pen.textBaseline = "alphabetic";
    pen.fillText(glyphs[turn.kind], x, frame.top - 3);
  }
}

// shows cuts the points where no show ran.
function shows(points) {
  const all = [];
  for (const point of points) {
    const last = all.at(-1)?.at(-1);
    if (last && point.at - last.at <= gap) all.at(-1).push(point);
    else all.push([point]);
  }
  return all;
}

export const glyph = (kind) => glyphs[kind];

function niceTop(kbps) {
  for (const step of [500, 1000, 2000, 3000, 4000, 6000, 8000, 10_000, 15_000, 20_000, 30_000]) {
    if (kbps <= step) return step;
  }
  return Math.ceil(kbps / 10_000) * 10_000;
}

const shortRate = (kbps) => `${kbps % 1000 ? fraction(kbps / 1000) : count(kbps / 1000)} M`;
