// Draws the box's picture of itself in words, colours and shapes.

import { $, icon, make, setText } from "./dom.js";
import { change, count, duration, elapsed, fraction, has, language, rate, reasonText, span, t, wallClock } from "./i18n.js";
import { glyph } from "./chart.js";

const lampIcons = {
  idle: "ring", checking: "dots", countdown: "dots", starting: "waves", on_air: "disc",
  degraded: "disc-weak", reconnecting: "broken", fault: "warning", gone: "broken",
};
const severityIcons = { info: "info", warn: "warning", fault: "warning" };
const marksShown = 3;

// drawBanner shows state and lamp. When the page hears nothing from the box it
// claims nothing: no red, no clock.
export function drawBanner({ session, checks, conditions }, silent, now) {
  let words = session.state;
  let lamp = session.lamp;
  let hint = "";
  if (silent) {
    words = lamp = "gone";
  } else if ((words === "live" || words === "degraded") && !session.onAir) {
    words = "reconnecting"; // nothing but an acknowledgement may claim to be on air
  } else if (words === "idle" && isBlocked(checks, conditions)) {
    words = "notready";
    lamp = "fault";
  }
  if ((words === "fault" || words === "idle") && session.why) hint = session.whyText.title;
  document.documentElement.dataset.lamp = lamp;
  $("lamp-icon").setAttribute("href", `#${lampIcons[lamp] ?? "ring"}`);
  setText($("state-title"), t(`state.${words}.title`));
  setText($("state-hint"), hint || t(`state.${words}.hint`));
  const onAir = !silent && session.onAir && session.liveSince;
  $("air-clock").hidden = !onAir;
  if (onAir) setText($("air-clock"), elapsed(now - Date.parse(session.liveSince)));
  document.title = `${session.onAir && !silent ? "● " : ""}${t(`state.${words}.title`)} – studiobox`;
}

const publishing = (state) => ["starting", "live", "degraded", "reconnecting"].includes(state);

function isBlocked(checks, conditions) {
  return checks.some((c) => !c.ok) || conditions.some((c) => c.severity === "fault");
}

export function drawHealth({ session, checks, conditions }) {
  const failed = checks.filter((c) => !c.ok);
  const rows = [];
  const told = new Set();
  for (const check of failed) {
    rows.push(trouble("fault", t(`check.${check.code}`), check.title, check.mend, check.detail));
    told.add(check.title);
  }
  if (session.why && session.whyText.title && !told.has(session.whyText.title)) {
    rows.unshift(trouble("fault", "", session.whyText.title, session.whyText.mend, ""));
    told.add(session.whyText.title);
  }
  for (const c of conditions) {
    const title = c.title || t("unknown.title", { code: c.code });
    if (!told.has(title)) rows.push(trouble(c.severity, "", title, c.mend, c.detail));
  }
  replace($("troubles"), rows);
  const urgent = rows.some((row) => row.classList.contains("fault"));
  $("studio").classList.toggle("troubled", urgent || (rows.length > 0 && !publishing(session.state)));
  $("all-well").hidden = rows.length > 0;
  const passed = checks.filter((c) => c.ok);
  replace($("checks"), passed.map((c) => make("li", "", icon("check"), t(`check.${c.code}`))));
}

function trouble(severity, label, title, mend, detail) {
  const words = make("div", "", make("b", "", title || label));
  if (mend) words.append(make("p", "", mend));
  if (detail) words.append(make("small", "", detail));
  return make("li", `trouble ${severity}`, icon(severityIcons[severity] ?? "info"),
    make("span", "badge", t(`severity.${severity}`)), words);
}

// replace swaps a list's rows only when they changed, so that a screen reader
// does not read them again and again.
function replace(list, rows) {
  const now = rows.map((row) => row.outerHTML).join("");
  if (list.dataset.rows === now) return;
  list.dataset.rows = now;
  list.replaceChildren(...rows);
}

export function drawTiles({ box, ingest, session }, tiles, states) {
  $("tile-ingest").hidden = !box.demo;
  $("tiles").classList.toggle("two", box.demo);
  tiles.ingest.quiet = publishing(session.state) ? "" : "tile.off";
  for (const [name, tile] of Object.entries(tiles)) tile.show(states[name]);
  const delay = ingest?.publishing && ingest.delayMs >= 0 ? t("tile.delay", { ms: duration(ingest.delayMs) }) : "";
  setText($("delay"), delay);
}

export function drawRate({ rate: now, session }, chart, history) {
  const busy = publishing(session.state);
  setText($("rate-now"), busy ? rate(now.targetKbps) : "");
  setText($("rate-reason"), busy && now.reason ? reasonText(now.reason) : "");
  chart.draw();
  $("key-lost").hidden = !chart.someLost;
  replace($("kinds"), chart.shownKinds().map((kind) => make("li", `k-${kind}`, t(`kind.${kind}`))));
  const turns = history.turns().slice(-marksShown).reverse();
  replace($("marks"), turns.map((turn) =>
    make("li", `k-${turn.kind}`, make("i", "", glyph(turn.kind)), make("time", "", wallClock(turn.wall)),
      make("span", "", reasonText(turn.reason)), make("b", "", turn.from ? change(turn.from, turn.target) : rate(turn.target)))));
}

// drawLastShow leads to the report once a show has ended.
export function drawLastShow({ lastShow, session }) {
  const link = $("last-show");
  link.hidden = !lastShow || publishing(session.state);
  if (link.hidden) return;
  const query = new URLSearchParams({ lang: language(), utc: -new Date(lastShow.ended).getTimezoneOffset() });
  link.href = `/report/${lastShow.id}?${query}`;
  setText($("last-show-note"), t("shows.lastNote", { air: span(lastShow.onAirS), lost: span(lastShow.lostS) }));
}

export function drawFacts({ camera, encoder, uplink, board, mqtt, session }) {
  const sent = encoder.width ? `${encoder.width}×${encoder.height}, ` : "";
  const fleet = mqtt.connected ? "fleet.on" : "fleet.down";
  const rows = [
    ["facts.uplink", uplink.connected ? rate(uplink.ackedKbps) : "–"],
    ["facts.rtt", uplink.connected ? duration(uplink.rttMs) : "–"],
    ["facts.queue", uplink.connected ? duration(uplink.queueMs) : "–"],
    ["facts.dropped", count(uplink.dropped)],
    ["facts.reconnects", count(uplink.reconnects)],
    ["facts.camera", camera.connected ? `${camera.codec}, ${fraction(camera.fps)} fps, ${rate(camera.kbps)}` : "–"],
    ["facts.sound", camera.connected ? (camera.audio === "none" ? t("audio.none") : camera.audio) : "–"],
    ["facts.sent", has(`mode.${encoder.mode}`) ? `${sent}${t(`mode.${encoder.mode}`)}` : "–"],
    ["facts.lamp", has(`lamp.${session.lamp}`) ? t(`lamp.${session.lamp}`) : session.lamp],
    ["facts.temperature", board.tempC >= 0 ? `${count(board.tempC)} °C` : "–"],
    ["facts.cpu", board.cpu >= 0 ? `${count(board.cpu)} %` : "–"],
    ["facts.fleet", mqtt.enabled ? t(fleet) : t("fleet.off")],
    ["facts.box", board.model || "–"],
  ];
  replace($("facts"), rows.map(([key, value]) => make("div", "", make("dt", "", t(key)), make("dd", "", value))));
}
