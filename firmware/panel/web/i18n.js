// Words and figures in the visitor's language.

export const languages = ["ja", "en", "zh"];
let table = {};
let lang = "en";

function stored() {
  try {
    return localStorage.getItem("lang");
  } catch {
    return null; // private mode
  }
}

// firstLanguage is what the visitor chose here before, else what the box read
// from Accept-Language.
export function firstLanguage() {
  const chosen = stored();
  return languages.includes(chosen) ? chosen : document.documentElement.lang;
}

export async function load(next) {
  const response = await fetch(`/i18n/${next}.json`);
  table = await response.json();
  lang = next;
  document.documentElement.lang = next;
  for (const element of document.querySelectorAll("[data-t]")) {
    element.textContent = t(element.dataset.t);
  }
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  }
}

export function remember(next) {
  try {
    localStorage.setItem("lang", next);
  } catch {
    // private mode: it lasts for this visit
  }
}

export const language = () => lang;

export function has(key) {
  return key in table;
}

export function t(key, values = {}) {
  const text = table[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function number(value, digits) {
  return new Intl.NumberFormat(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

export const count = (value) => number(value, 0);
export const fraction = (value) => number(value, 1);

// rate writes kbit/s in the unit that people know from their contract.
export function rate(kbps) {
  return `${number(kbps / 1000, kbps < 10_000 ? 2 : 1)} Mbit/s`;
}

// change writes what a rate was and became.
export const change = (from, to) => t("rate.change", { from: number(from / 1000, from < 10_000 ? 2 : 1), to: rate(to) });

// reasonText puts a code into words; one that is new to this page stands for itself.
export const reasonText = (code) => (has(`reason.${code}`) ? t(`reason.${code}`) : code);

// span writes a length of time in seconds, tenths of one below ten.
export function span(seconds) {
  const whole = Math.round(seconds);
  if (seconds < 9.95 && seconds >= 0.05) return t("time.s", { s: number(seconds, 1) });
  if (whole < 60) return t("time.s", { s: whole });
  if (whole < 3600) return t("time.m", { m: Math.floor(whole / 60), s: whole % 60 });
  return t("time.h", { h: Math.floor(whole / 3600), m: Math.floor((whole % 3600) / 60) });
}

export function duration(ms) {
  return ms < 1000 ? `${number(ms, 0)} ms` : `${number(ms / 1000, 1)} s`;
}

export function wallClock(ms) {
  return new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }).format(ms);
}

export function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}
