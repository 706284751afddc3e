// What runs on every page. The page works without it, but for commands.

import { follow } from "/static/live.js";
import { commands } from "/static/commands.js";
import { keyPage } from "/static/keypage.js";
import { savedViews } from "/static/saved.js";

// The server writes times in the reader's zone, which only the browser knows.
// The first page comes in UTC, and once again in the right zone.
function tellZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || document.body.dataset.zone === zone) return false;
  document.cookie = `zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
  if (document.cookie.includes("zone=") && !sessionStorage.getItem("zone-told")) {
    sessionStorage.setItem("zone-told", zone);
    location.reload();
    return true;
  }
  return false;
}

if (!tellZone()) {
  if (document.body.dataset.live) follow(document.body.dataset.live);
  if (document.getElementById("boxpage")) commands();
  if (document.getElementById("keypage")) keyPage();
  if (document.getElementById("saved")) savedViews();
  document.documentElement.dataset.ready = "true";
}
