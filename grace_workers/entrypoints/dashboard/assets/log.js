// Adds the lines that a running job logs to its page as they come. Without it, loading the page again shows them.

const MOST_LINES = 500;
const LONGEST_WAIT = 30000;
const SHADES = { warning: "warn", error: "bad", critical: "bad" };

let stream = null;
let failures = 0;
let again = null;

// The part of the page is replaced as the job moves, so it is looked up each time.
function place() {
  return document.querySelector("[data-log]");
}

function follow() {
  const part = place();
  if (stream || document.hidden || !part) return;
  clearTimeout(again);
  stream = new EventSource(part.dataset.log + "?after=" + encodeURIComponent(part.dataset.after));
  stream.addEventListener("line", (event) => {
    failures = 0;
    add(event.lastEventId, JSON.parse(event.data));
  });
  stream.addEventListener("ended", () => {
    leave();
    place()?.removeAttribute("data-log");
    document.dispatchEvent(new Event("outdated"));
  });
  stream.addEventListener("error", () => {
    leave();
    failures += 1;
    again = setTimeout(follow, Math.min(LONGEST_WAIT, 1000 * 2 ** failures));
  });
}

function leave() {
  stream?.close();
  stream = null;
  clearTimeout(again);
}

// A position is milliseconds and a number: 1764525600000-0.
function isNewer(one, other) {
  const [[at, number], [known, last]] = [one, other].map((each) => each.split("-").map(Number));
  return at > known || (at === known && number > last);
}

function add(position, line) {
  const part = place();
  // A part that was replaced meanwhile may show the line already.
  if (!part || !isNewer(position, part.dataset.after)) return;
  part.dataset.after = position;
  document.getElementById("no-log")?.remove();
  const atEnd = part.scrollHeight - part.scrollTop - part.clientHeight < 40;
  const added = document.createElement("span");
  added.className = SHADES[line.level] || "";
  added.textContent = line.text + "\n";
  part.append(added);
  while (part.childElementCount > MOST_LINES) part.firstElementChild.remove();
  if (atEnd) part.scrollTop = part.scrollHeight;
}

document.addEventListener("visibilitychange", () => (document.hidden ? leave() : follow()));
follow();
