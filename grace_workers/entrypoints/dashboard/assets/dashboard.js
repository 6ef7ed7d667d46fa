// Keeps an open page current. Without it every page works the same; it is only not updated by itself.
"use strict";

const LEAST_BETWEEN = 1500;
const LONGEST_WAIT = 60000;
const page = document.body.dataset;
const topics = new Set((page.topics || "").split(" "));

const PAUSED = "Not updated at the moment.";
// Where the browser has no locks, over plain http from another machine, each tab has a stream of its own.
const channel = navigator.locks && "BroadcastChannel" in window ? new BroadcastChannel("grace") : null;

let source = null;
let turn = null;
let release = null;
let position = page.position || null;
let failures = 0;
let retry = null;
let refreshed = 0;
let planned = null;
let busy = false;
let over = false;

// The stream: open while the page is seen, closed while it is not, because a browser has six connections to a host.
// Of several tabs that are seen, one holds the stream (and the lock) and tells the others.
function open() {
  if (over || turn || document.hidden) return;
  turn = new AbortController();
  if (!channel) return connect();
  navigator.locks.request("grace-stream", { signal: turn.signal }, () => {
    connect();
    return new Promise((done) => { release = done; });
  }).catch(() => {});
  channel.postMessage({ kind: "hello" });
}

function connect() {
  if (over || source || document.hidden) return;
  clearTimeout(retry);
  source = new EventSource("/dashboard/stream" + (position ? "?after=" + encodeURIComponent(position) : ""));
  source.addEventListener("open", () => {
    failures = 0;
    connected();
    channel?.postMessage({ kind: "connected", position });
  });
  source.addEventListener("change", (event) => {
    const change = { kind: "change", position: event.lastEventId, topics: JSON.parse(event.data).topics };
    changed(change);
    channel?.postMessage(change);
  });
  source.addEventListener("signed-out", signedOut);
  source.addEventListener("error", lost);
}

function close() {
  source?.close();
  source = null;
  clearTimeout(retry);
  release?.();
  turn?.abort();
  release = turn = null;
}

function heard(message) {
  if (over || document.hidden) return;
  if (message.kind === "hello" && source?.readyState === EventSource.OPEN) {
    channel.postMessage({ kind: "connected", position });
  } else if (message.kind === "connected") {
    if (message.position !== position) plan();
    position = message.position;
    connected();
  } else if (message.kind === "change") changed(message);
  else if (message.kind === "lost") tell(message.text), status(PAUSED);
  else if (message.kind === "signed-out") signedOut();
}

function connected() {
  tell("");
  status("Updated live.");
}

function changed(change) {
  position = change.position || position;
  if (topics.has("*") || change.topics.some((topic) => topic === "*" || topics.has(topic))) plan();
}

// The browser does not tell why a stream ended, so the session is asked: after a sign-out nothing is tried again.
async function lost() {
  source?.close();
  source = null;
  if (over) return;
  failures += 1;
  let text = "";
  let wait = Math.min(LONGEST_WAIT, 1000 * 2 ** Math.min(failures - 1, 6)) * (0.75 + Math.random() / 2);
  try {
    const answer = await fetch("/dashboard/session", { headers: { "X-Refresh": "1" }, cache: "no-store" });
    if (answer.status === 401) return signedOut();
    wait = Math.max(wait, 1000 * Number(answer.headers.get("Retry-After") || 0));
  } catch {
    text = "The connection to Grace is lost. This page shows the past; it is tried again.";
  }
  tell(text);
  status(PAUSED);
  channel?.postMessage({ kind: "lost", text });
  clearTimeout(retry);
  retry = setTimeout(connect, wait);
}

function signedOut() {
  if (over) return;
  over = true;
  channel?.postMessage({ kind: "signed-out" });
  close();
  clearTimeout(planned);
  const link = document.createElement("a");
  link.href = "/dashboard/sign-in?why=ended&next=" + encodeURIComponent(location.pathname + location.search);
  link.textContent = "Sign in again";
  tell("You are signed out: the token expired, was revoked, or you signed out in another tab. ");
  document.getElementById("connection").append(link);
  status("Not updated any more.");
}

function tell(text) {
  const banner = document.getElementById("connection");
  if (!banner) return;
  banner.textContent = text;
  banner.hidden = !text;
}

function status(text) {
  const live = document.getElementById("live");
  if (live && live.textContent !== text) live.textContent = text;
}

// Asks for the page again, at the address that it gives for that if reading its own would cost much, and puts the parts that differ in place.
function plan() {
  if (planned || over) return;
  planned = setTimeout(refresh, Math.max(0, refreshed + LEAST_BETWEEN - Date.now()));
}

async function refresh() {
  planned = null;
  if (busy) return plan();
  busy = true;
  refreshed = Date.now();
  try {
    const answer = await fetch(page.again || location.href, { headers: { "X-Refresh": "1" }, cache: "no-store" });
    if (answer.status === 401) return signedOut();
    if (answer.status === 429 || answer.status === 503) {
      refreshed = Date.now() + 1000 * Number(answer.headers.get("Retry-After") || 5);
      return plan();
    }
    if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The stream notices a lost connection and says so.
  } finally {
    busy = false;
  }
}

function replace(fresh) {
  document.title = fresh.title;
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (!next || told(next) === told(part) || isInUse(part)) continue;
    const opened = [...part.querySelectorAll("details[open][id]")].map((one) => one.id);
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.replaceWith(next);
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    if (focused) [...next.querySelectorAll("a")].find((one) => one.getAttribute("href") === focused)?.focus();
    if (next.hasAttribute("data-flash")) next.classList.add("flash");
    if (part.id === "nav") inView();
  }
  times();
}

// What a part says, without times that only grew older.
function told(part) {
  const copy = part.cloneNode(true);
  for (const one of copy.querySelectorAll("time")) one.textContent = "";
  for (const one of copy.querySelectorAll("details[open]")) one.removeAttribute("open");
  return copy.innerHTML;
}

// A form that someone is filling in stays as it is.
function isInUse(part) {
  return [...part.querySelectorAll("input, textarea, select")].some((field) =>
    field.type !== "hidden" && (field === document.activeElement ||
      (field.type === "checkbox" ? field.checked !== field.defaultChecked : field.tagName !== "SELECT" && field.value !== field.defaultValue)));
}

function coarse(seconds) {
  if (seconds < 60) return Math.round(seconds) + " s";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min";
  return seconds < 172800 ? Math.floor(seconds / 3600) + " h" : Math.floor(seconds / 86400) + " d";
}

function times() {
  for (const one of document.querySelectorAll("time[data-told]")) {
    const passed = (Date.now() - new Date(one.dateTime)) / 1000;
    const text = one.dataset.told === "until"
      ? (passed >= 0 ? "expired" : "in " + coarse(-passed))
      : (passed < 1 ? "just now" : coarse(passed) + " ago");
    if (one.textContent !== text) one.textContent = text;
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    close();
  } else {
    failures = 0;
    plan();
    open();
  }
});
document.addEventListener("outdated", plan);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) plan();
});
window.addEventListener("online", () => { if (turn) connect(); });
channel?.addEventListener("message", (event) => heard(event.data));

// Where the entries do not fit side by side, the one of this page comes into view.
function inView() {
  const here = document.querySelector("nav a[aria-current]");
  if (here) here.closest("ul").scrollLeft = here.offsetLeft - 80;
}

setInterval(times, 5000);
inView();
open();
