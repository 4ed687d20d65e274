// The list of cases and one case: asks for news every three seconds and shows them without moving
// anything. What is there changes in its place; what is new waits behind a button. What was typed
// is kept in this tab until it is sent.

const STALE_AFTER = 10000;
const GIVE_UP_AFTER = 8000;
const SAY_WRITING_EVERY = 30000;

const root = document.getElementById("cases");
const list = root.querySelector("[data-list-pane]");
const log = root.querySelector("[data-log]");
const form = document.getElementById("reply");
const status = document.getElementById("live-status");
const stale = status.querySelector("[data-stale]");
const signedOut = status.querySelector("[data-signed-out]");
const fresh = status.querySelector("[data-fresh]");
const freshButton = fresh.querySelector("button");
const templates = new Map([stale, signedOut].map((element) => [element, firstText(element).data]));

let etag = root.dataset.etag;
let asOf = new Date().toTimeString().slice(0, 8);
let latest = null;
let heardAt = performance.now();
let asking = false;

function firstText(element) {
  return [...element.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

function byKey(parent, name) {
  return new Map([...parent.querySelectorAll(`[data-${name}]`)].map((element) => [element.dataset[name], element]));
}

// Puts the content of `news` into `old` unless that would take the focus away. Two forms that differ
// only in their token are the same.
function update(old, news) {
  const withoutToken = (element) => element.innerHTML.replace(/value="[^"]*"/g, "");
  if (old !== document.activeElement && old.contains(document.activeElement)) return;
  if (old.tagName === "A" && old.getAttribute("href") !== news.getAttribute("href")) old.href = news.getAttribute("href");
  if (withoutToken(old) !== withoutToken(news)) old.innerHTML = news.innerHTML;
}

function mergeRows(news) {
  const shown = byKey(list, "key");
  const coming = byKey(news, "key");
  for (const [key, row] of shown) {
    const counterpart = coming.get(key);
    row.classList.toggle("gone", !counterpart);
    row.title = counterpart ? "" : root.dataset.gone;
    if (!counterpart) continue;
    row.classList.toggle("is-urgent", counterpart.classList.contains("is-urgent"));
    update(row.querySelector('[data-part="row"]'), counterpart.querySelector('[data-part="row"]'));
  }
  return [...coming.keys()].filter((key) => !shown.has(key)).length;
}

function isWriting() {
  return form !== null && form.contains(document.activeElement);
}

function mergeCase(news) {
  const coming = byKey(news, "part");
  for (const [name, part] of byKey(root, "part")) {
    // A translation that arrives makes its message longer: not while somebody writes below it.
    if (name === "row" || (name.startsWith("message-") && isWriting())) continue;
    if (coming.has(name)) update(part, coming.get(name));
  }
  const messages = byKey(news, "message");
  for (const [id, message] of byKey(log, "message")) {
    if (messages.has(id) && !messages.get(id).querySelector("[data-translate]")) message.querySelector("[data-translate]")?.remove();
  }
  const shown = byKey(log, "message");
  return [...messages.values()].filter((message) => !shown.has(message.dataset.message));
}

function newWords() {
  return latest && log ? mergeCase(latest) : [];
}

function receive(html) {
  latest = new DOMParser().parseFromString(html, "text/html").querySelector("[data-state]");
  const waiting = Number(latest.dataset.waiting);
  document.title = (waiting ? `(${waiting}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  if (Number(latest.dataset.newest) > Number(root.dataset.newest)) {
    root.dataset.newest = latest.dataset.newest;
    root.dispatchEvent(new CustomEvent("resident-wrote"));
  }
  const rows = mergeRows(latest);
  const words = newWords().length;
  const nothingToMove = rows > 0 && words === 0 && list.querySelector("[data-key]") === null;
  if (nothingToMove && !list.contains(document.activeElement)) return showNews();
  freshButton.textContent = words
    ? fill(freshButton.dataset.words, { number: words })
    : fill(freshButton.dataset.rows, { number: rows });
  show(fresh, words + rows > 0);
}

function showNews() {
  const words = newWords();
  const copies = words.map((message) => document.importNode(message, true));
  if (log) log.append(...copies);
  const rows = document.importNode(latest.querySelector("[data-list]"), true);
  const open = root.querySelector('a[aria-current="true"].case-line');
  list.querySelector("[data-list]").replaceWith(rows);
  list.querySelector("[data-empty]")?.remove();
  const same = open && [...rows.querySelectorAll("a.case-line")].find((link) => link.pathname === open.pathname);
  same?.setAttribute("aria-current", "true");
  if (form && copies.length) form.elements.newest.value = copies.at(-1).dataset.message;
  show(fresh, false);
  return copies[0];
}

async function ask() {
  if (asking) return;
  asking = true;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), GIVE_UP_AFTER);
  try {
    const response = await fetch(root.dataset.news, {
      headers: { "If-None-Match": `"${etag}"` },
      redirect: "manual",
      signal: stop.signal,
    });
    if (response.type === "opaqueredirect") {
      firstText(signedOut).data = fill(templates.get(signedOut), { time: asOf });
      show(signedOut, true);
    } else if (response.ok || response.status === 304) {
      if (response.ok) {
        receive(await response.text());
        etag = latest.dataset.etag;
      }
      asOf = response.headers.get("As-Of");
      heardAt = performance.now();
      show(signedOut, false);
    } else if (response.status === 403 || response.status === 404) {
      location.reload();  // it became protected or is gone: the page that says so
    }
  } catch {
    // The line below says since when nothing was heard.
  } finally {
    clearTimeout(timer);
    asking = false;
  }
}

function watch() {
  const silent = performance.now() - heardAt > Number(root.dataset.every) + STALE_AFTER && signedOut.hidden;
  if (silent) firstText(stale).data = fill(templates.get(stale), { time: asOf });
  show(stale, silent);
}

// What is typed: kept in this tab, and said to colleagues. A protected case's words are not kept.

const KEPT = ["japanese", "words", "note"];
let saidAt = -SAY_WRITING_EVERY;

function draftName() {
  return `draft:${form.dataset.case}`;
}

function keepDraft() {
  if ("protected" in form.dataset) return;
  const typed = KEPT.map((name) => [name, form.elements[name]?.value ?? ""]).filter(([, text]) => text);
  const way = form.elements.way.value;
  if (typed.length) sessionStorage.setItem(draftName(), JSON.stringify({ once: form.elements.once.value, way, ...Object.fromEntries(typed) }));
  else sessionStorage.removeItem(draftName());
}

function restoreDraft() {
  const draft = JSON.parse(sessionStorage.getItem(draftName()) || "null");
  if (!draft) return;
  const isSent = [...log.querySelectorAll("[data-once]")].some((message) => message.dataset.once === draft.once);
  if (isSent) {
    sessionStorage.removeItem(draftName());
    return;
  }
  if (KEPT.some((name) => form.elements[name]?.value)) return;
  for (const name of KEPT) if (form.elements[name]) form.elements[name].value = draft[name] ?? "";
  form.elements.once.value = draft.once;  // the same answer, should it have gone out unseen
  const way = form.querySelector(`input[name="way"][value="${draft.way}"]`);
  if (way) way.checked = true;
}

function sayWriting() {
  if (performance.now() - saidAt < SAY_WRITING_EVERY) return;
  saidAt = performance.now();
  const body = new FormData();
  body.set("csrf_token", form.elements.csrf_token.value);
  fetch(form.dataset.writing, { method: "POST", body }).then(ask, () => {});
}

function grow(area) {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight + 2, 480)}px`;
}

if (form) {
  restoreDraft();
  form.addEventListener("input", () => {
    keepDraft();
    sayWriting();
  });
}
for (const area of root.querySelectorAll("[data-grows]")) {
  grow(area);
  area.addEventListener("input", () => grow(area));
}
for (const one of root.querySelectorAll("form[method=post]")) {
  one.addEventListener("submit", (event) => {
    // The form itself goes out once whatever happens; this only spares a second look.
    if (one.dataset.pressed) event.preventDefault();
    one.dataset.pressed = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const one of root.querySelectorAll("form[data-pressed]")) delete one.dataset.pressed;
});

freshButton.addEventListener("click", () => {
  const first = showNews();
  (first ?? root.querySelector("h1")).focus();
});
document.addEventListener("visibilitychange", ask);
setInterval(ask, Number(root.dataset.every));
setInterval(watch, 1000);
