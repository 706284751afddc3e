// The box's page: asks to be let in, then shows the box and steers it.

import { $, setText, toast } from "./dom.js";
import { get, post } from "./api.js";
import { firstLanguage, language, load, remember, t } from "./i18n.js";
import { Controls } from "./controls.js";
import { Events } from "./events.js";
import { HoldButton, drawHold } from "./hold.js";
import { RateChart } from "./chart.js";
import { History, loadKinds } from "./history.js";
import { Readout } from "./readout.js";
import { Tile } from "./video.js";
import { drawBanner, drawFacts, drawHealth, drawLastShow, drawRate, drawTiles } from "./view.js";

const askEvery = 1000; // ms
const firstMinutes = 10; // of the past; the hour is fetched for who asks for it

let picture = null; // the box's parts by name; null until the first event
let silent = false;
let ahead = 0; // ms that the box's clock is ahead of this phone's
let asking = 0;

const history = new History();
const chart = new RateChart($("chart"), history);
const readout = new Readout($("chart"), $("readout"), chart, history);
const controls = new Controls();
const hold = new HoldButton(draw);
const tiles = { camera: new Tile($("tile-camera"), "camera"), ingest: new Tile($("tile-ingest"), "ingest") };

const events = new Events({
  picture(parts) {
    const { at, samples, ...changed } = parts;
    ahead = Date.parse(at) - Date.now();
    if (samples) history.add(samples);
    picture = { ...picture, ...changed };
    draw();
  },
  silence(now) {
    silent = now;
    draw();
  },
  opened: fetchHistory,
  ended: enter,
});

async function fetchHistory() {
  try {
    history.add(await get(`/api/history?minutes=${Math.max(chart.minutes, firstMinutes)}`));
  } catch {
    return; // the stream brings the rest
  }
  draw();
}

function draw() {
  if (!picture) return;
  $("demo-tag").hidden = !picture.box.demo;
  drawBanner(picture, silent, Date.now() + ahead);
  drawHold(picture.session, hold.held);
  drawHealth(picture);
  drawTiles(picture, tiles, picture.tiles);
  drawRate(picture, chart, history);
  readout.draw();
  drawLastShow(picture);
  drawFacts(picture);
  controls.draw(picture);
  document.body.classList.toggle("silent", silent);
}

// enter finds out whether this visitor has a session, and shows the studio or
// the way in.
async function enter() {
  clearTimeout(asking);
  let access;
  try {
    access = await get("/api/access");
  } catch {
    asking = setTimeout(enter, askEvery);
    return;
  }
  $("claim").hidden = access.open;
  $("studio").hidden = !access.open;
  if (access.open) {
    events.open(language());
    return;
  }
  for (const tile of Object.values(tiles)) tile.close();
  picture = null;
  document.documentElement.dataset.lamp = "none";
  $("claim-button").classList.toggle("ready", access.window);
  setText($("claim-note"), t(access.window ? "claim.pressed" : "claim.waiting"));
  asking = setTimeout(enter, askEvery);
}

async function claim() {
  try {
    await post("/api/claim");
  } catch (refused) {
    toast(t(`error.${refused.code}`));
  }
  enter();
}

async function speak(lang) {
  await load(lang);
  for (const button of $("langs").children) {
    button.setAttribute("aria-pressed", String(button.dataset.lang === lang));
  }
  await enter(); // the stream's words are in one language: begin it anew
  draw();
}

for (const button of $("langs").children) {
  button.addEventListener("click", () => {
    remember(button.dataset.lang);
    speak(button.dataset.lang);
  });
}
for (const button of $("ranges").children) {
  button.addEventListener("click", () => {
    chart.minutes = Number(button.dataset.minutes);
    markRange();
    draw();
    if (chart.minutes > firstMinutes) fetchHistory();
  });
}

function markRange() {
  for (const button of $("ranges").children) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.minutes) === chart.minutes));
  }
}

$("claim-button").addEventListener("click", claim);
setInterval(draw, 1000); // the clock on air
markRange();
await loadKinds();
speak(firstLanguage());
