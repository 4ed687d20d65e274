// Asks for news every three seconds and shows them without moving anything. Counts are live; the
// list is as it was when it was last shown: what is new waits behind a button, what is gone stays in
// its place, greyed. Focus is never taken.

const EVERY = 3000;
const STALE_AFTER = 10000;
const GIVE_UP_AFTER = 8000;

const live = document.getElementById("live");
const status = document.getElementById("live-status");
const stale = status.querySelector("[data-stale]");
const signedOut = status.querySelector("[data-signed-out]");
const fresh = status.querySelector("[data-fresh]");
const freshButton = fresh.querySelector("button");
const templates = new Map([stale, signedOut, freshButton].map((element) => [element, firstText(element).data]));

let etag = state(live).dataset.etag;
let asOf = live.querySelector('[data-as-of]:not([data-as-of="minute"])').textContent;
let latest = state(live);
let heardAt = performance.now();
let asking = false;

function state(root) {
  return root.querySelector("[data-state]");
}

function firstText(element) {
  return [...element.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
}

function say(element, values, template = templates.get(element)) {
  const text = template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const node = firstText(element);
  if (node.data !== text) node.data = text;
}

function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

function rows(root) {
  return new Map([...root.querySelectorAll("[data-key]")].map((row) => [row.dataset.key, row]));
}

function parts(root) {
  return [...root.querySelectorAll("[data-part]")];
}

function somebodyIsIn(element) {
  return element !== document.activeElement && element.contains(document.activeElement);
}

// Puts `news` in the place of `old` unless the focus would be lost. Two buttons that differ only in
// their token are the same button: it stays under the finger.
function update(old, news) {
  const withoutToken = (element) => element.innerHTML.replace(/value="[^"]*"/g, "");
  if (somebodyIsIn(old) || withoutToken(old) === withoutToken(news)) return;
  old.className = news.className;
  old.innerHTML = news.innerHTML;
}

function merge(news) {
  const shown = rows(live);
  const coming = rows(news);
  const outside = (root) => parts(root).filter((part) => !part.closest("[data-key]"));
  const others = new Map(outside(news).map((part) => [part.dataset.part, part]));
  for (const part of outside(live)) {
    const counterpart = others.get(part.dataset.part);
    if (counterpart) update(part, counterpart);
  }
  for (const [key, row] of shown) {
    const counterpart = coming.get(key);
    row.classList.toggle("gone", !counterpart || counterpart.dataset.in !== row.dataset.in);
    if (!counterpart) {
      const act = row.querySelector('[data-part="act"]');
      if (!somebodyIsIn(act)) act.replaceChildren(live.dataset.gone);
      continue;
    }
    const inner = new Map(parts(counterpart).map((part) => [part.dataset.part, part]));
    for (const part of parts(row)) update(part, inner.get(part.dataset.part));
  }
  return [...coming].filter(([key]) => !shown.has(key)).map(([, row]) => row);
}

function replaceAll() {
  live.replaceChildren(document.importNode(latest, true));
  show(fresh, false);
  tell();
}

function tell() {
  for (const element of live.querySelectorAll("[data-as-of]")) {
    const text = element.dataset.asOf === "minute" ? asOf.slice(0, 5) : asOf;
    if (element.textContent !== text) element.textContent = text;
  }
}

function receive(html) {
  latest = state(new DOMParser().parseFromString(html, "text/html"));
  const waiting = Number(latest.dataset.waiting);
  document.title = (waiting ? `(${waiting}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  const nothingToMove = rows(live).size === 0 && !live.contains(document.activeElement);
  if (nothingToMove) return replaceAll();
  const added = merge(latest);
  const urgent = added.filter((row) => row.classList.contains("is-urgent")).length;
  const values = { number: added.length, urgent };
  say(freshButton, values, urgent ? freshButton.dataset.urgent : undefined);
  show(fresh, added.length > 0);
}

async function ask() {
  if (asking) return;
  asking = true;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), GIVE_UP_AFTER);
  try {
    const response = await fetch(live.dataset.news, {
      headers: { "If-None-Match": `"${etag}"` },
      redirect: "manual",
      signal: stop.signal,
    });
    if (response.type === "opaqueredirect") {
      say(signedOut, { time: asOf });
      show(signedOut, true);
    } else if (response.ok || response.status === 304) {
      if (response.ok) receive(await response.text());
      etag = latest.dataset.etag;
      asOf = response.headers.get("As-Of");
      heardAt = performance.now();
      show(signedOut, false);
      tell();
    }
  } catch {
    // The line below says since when nothing was heard.
  } finally {
    clearTimeout(timer);
    asking = false;
  }
}

function watch() {
  const silent = performance.now() - heardAt > STALE_AFTER && signedOut.hidden;
  if (silent) say(stale, { time: asOf });
  show(stale, silent);
}

freshButton.addEventListener("click", () => {
  replaceAll();
  live.querySelector("h1").focus();
});
document.addEventListener("visibilitychange", ask);
setInterval(ask, EVERY);
setInterval(watch, 1000);
