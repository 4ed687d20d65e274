// The composer's help: the preview follows what is typed, the focus stays where it is, Enter sends
// nothing, and what was typed is there again after a reload or coming back.

const PAUSE = 500;
const GIVE_UP_AFTER = 8000;

const form = document.getElementById("compose");
const preview = document.getElementById("preview");
const stale = document.getElementById("preview-stale");
const key = `composer ${location.pathname}${location.search}`;
const NOT_TYPED = new Set(["csrf_token"]);

let timer;
let latest = 0;

function typed() {
  return [...new FormData(form)].filter(([name]) => !NOT_TYPED.has(name));
}

function remember() {
  try {
    sessionStorage.setItem(key, JSON.stringify(typed()));
  } catch {
    // Storage may be full or forbidden; typing goes on without it.
  }
}

function recall() {
  const [entry] = performance.getEntriesByType("navigation");
  if (!["reload", "back_forward"].includes(entry?.type)) return;
  const kept = JSON.parse(sessionStorage.getItem(key) || "[]");
  if (!kept.length) return;
  const values = Map.groupBy ? Map.groupBy(kept, ([name]) => name) : grouped(kept);
  for (const field of form.elements) {
    if (!field.name || NOT_TYPED.has(field.name) || field.type === "submit") continue;
    const given = (values.get(field.name) || []).map(([, value]) => value);
    if (field.type === "checkbox" || field.type === "radio") field.checked = given.includes(field.value);
    else if (given.length) field.value = given[0];
  }
  follow();
}

function grouped(pairs) {
  const groups = new Map();
  for (const pair of pairs) groups.set(pair[0], [...(groups.get(pair[0]) || []), pair]);
  return groups;
}

function nameOf(part) {
  return part.dataset.part || part.querySelector("[lang]").lang;
}

function openParts() {
  return new Map([...preview.querySelectorAll("details")].map((part) => [nameOf(part), part.open]));
}

async function follow() {
  const number = ++latest;
  try {
    const response = await fetch(form.dataset.preview, {
      method: "POST",
      body: new FormData(form),
      redirect: "manual",
      signal: AbortSignal.timeout(GIVE_UP_AFTER),
    });
    if (number !== latest) return; // something newer is on its way
    stale.hidden = response.ok;
    if (!response.ok || preview.contains(document.activeElement)) return;
    const open = openParts();
    preview.innerHTML = await response.text();
    for (const part of preview.querySelectorAll("details")) {
      const was = open.get(nameOf(part));
      if (was !== undefined) part.open = was;
    }
  } catch {
    if (number === latest) stale.hidden = false;
  }
}

form.classList.add("with-script");
form.addEventListener("input", (event) => {
  if (event.target.name === "areas" && event.target.checked) document.getElementById("scope-areas").checked = true;
  if (event.target.name === "starts_at" && event.target.value) document.getElementById("start-later").checked = true;
  remember();
  clearTimeout(timer);
  timer = setTimeout(follow, PAUSE);
});
// Whoever goes back to the whole city keeps the ticks, in case it was a slip; they are not sent.
form.addEventListener("formdata", ({ formData }) => {
  if (formData.get("scope") === "city") formData.delete("areas");
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  if (event.ctrlKey) form.querySelector('[value="check"]').click();
});
recall();
