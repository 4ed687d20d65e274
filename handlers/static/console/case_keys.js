// Single keys for the list and a case, and a short sound when a resident writes. Both are this
// browser's choice: keys on, sound off, until somebody says otherwise.

const root = document.getElementById("cases");
const dialog = document.getElementById("keys");
const keysOn = document.getElementById("keys-on");
const soundOn = document.getElementById("sound-on");

function remembered(name, otherwise) {
  return (localStorage.getItem(name) ?? otherwise) === "yes";
}

keysOn.checked = remembered("case-keys", "yes");
soundOn.checked = remembered("case-sound", "no");
keysOn.addEventListener("change", () => localStorage.setItem("case-keys", keysOn.checked ? "yes" : "no"));
soundOn.addEventListener("change", () => {
  localStorage.setItem("case-sound", soundOn.checked ? "yes" : "no");
  if (soundOn.checked) play();
});
for (const button of document.querySelectorAll('[data-opens="keys"]')) {
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
}

// Two soft tones, a fifth of a second each.
function play() {
  const audio = new AudioContext();
  [660, 880].forEach((pitch, index) => {
    const begin = audio.currentTime + index * 0.2;
    const tone = new OscillatorNode(audio, { frequency: pitch });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.linearRampToValueAtTime(0.15, begin + 0.02);
    volume.gain.linearRampToValueAtTime(0, begin + 0.19);
    tone.connect(volume).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + 0.2);
  });
  setTimeout(() => audio.close(), 600);
}

root.addEventListener("resident-wrote", () => {
  if (soundOn.checked) play();
});

function step(by) {
  const links = [...root.querySelectorAll("a.case-line")].filter((link) => link.checkVisibility());
  const from = links.includes(document.activeElement)
    ? links.indexOf(document.activeElement)
    : links.findIndex((link) => link.ariaCurrent === "true");
  const next = links[Math.min(Math.max(from + by, 0), links.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function write() {
  const form = document.getElementById("reply");
  const way = form?.querySelector('input[name="way"]:checked');
  const first = [...(form?.querySelectorAll("textarea, input[name=key]") ?? [])].find((field) => field.checkVisibility() && !field.disabled);
  (first ?? way)?.focus();
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  r: write,
  n: () => document.getElementById("memo")?.focus(),
  a: () => document.querySelector("[data-takes]")?.click(),
  "/": () => document.getElementById("search")?.focus(),
  "?": () => dialog.showModal(),
};

function isTyping(element) {
  return element.matches("input, textarea, select, [contenteditable]") || element.closest("dialog");
}

document.addEventListener("keydown", (event) => {
  // Enter alone never sends: it also ends the choice of characters in Japanese.
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
    const form = event.target.closest("form");
    const button = [...(form?.querySelectorAll("[data-sends]") ?? [])].find((one) => one.checkVisibility());
    if (button) {
      event.preventDefault();
      form.requestSubmit(button);
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !keysOn.checked) return;
  if (isTyping(event.target) || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

// After the browser has gone to the place the address names, which would take the focus away.
addEventListener("load", () => document.getElementById("preview")?.focus());
