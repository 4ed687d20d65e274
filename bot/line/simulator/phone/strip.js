/** The grey strip on top: that this is a simulator, its clock, and how the page looks. */
import { button, element } from "./dom.js";
import { markCuts } from "./transcript.js";
import { keepPageLanguage } from "./words.js";

const SIZES = [["sizeNormal", 1], ["sizeLarge", 1.125], ["sizeHuge", 1.375]];
const KEPT = { size: "simulator-text-size", details: "simulator-details" };

function textSize(words) {
  const choose = (factor) => {
    localStorage.setItem(KEPT.size, factor);
    document.body.style.setProperty("--text-scale", factor);
    requestAnimationFrame(() => markCuts(document.body));
  };
  const kept = Number(localStorage.getItem(KEPT.size)) || 1;
  choose(kept);
  return element("fieldset", {}, element("legend", {}, words("textSize")),
    SIZES.map(([name, factor]) => element("label", {},
      element("input", { type: "radio", name: "text-size", checked: factor === kept,
        on: { change: () => choose(factor) } }), words(name))));
}

function details(words) {
  const show = (shown) => {
    localStorage.setItem(KEPT.details, shown ? "1" : "");
    document.body.classList.toggle("details", shown);
  };
  const kept = localStorage.getItem(KEPT.details) === "1";
  show(kept);
  return element("label", {}, element("input", { type: "checkbox", checked: kept,
    on: { change: (event) => show(event.target.checked) } }),
  element("span", {}, words("details"), element("span", { class: "note" }, words("cutInLine"))));
}

/** A switch between Japanese and English; the page starts anew in the other language. */
export function languageSwitch(words) {
  const other = words("language") === "ja" ? ["en", "English"] : ["ja", "日本語"];
  return button({ class: "plain-button", lang: other[0], on: { click: () => {
    keepPageLanguage(other[0]);
    location.reload();
  } } }, other[1]);
}

// Twice on the page: in the panel where the strip is narrow, else in the strip.
function toControl(words) {
  return element("a", { href: "/_simulator/control", class: "plain-button to-control" },
    words("control"));
}

/** `clock`: the element that shows the simulator's time where it differs from the real one. */
export function drawStrip(words, clock) {
  document.documentElement.lang = words("language");
  document.title = words("mark");
  const settings = element("details", { class: "settings" },
    element("summary", {}, words("settings")),
    element("div", { class: "settings-panel" }, textSize(words), details(words),
      toControl(words)));
  const shut = (event) => {
    if (event.key === "Escape" || (event.type === "click" && !settings.contains(event.target))) {
      settings.open = false;
    }
  };
  document.addEventListener("click", shut);
  settings.addEventListener("keydown", shut);
  return element("header", { class: "strip" },
    element("h1", {}, words("mark"), element("span", { class: "note" }, words("markNote"))),
    clock,
    element("div", { class: "strip-controls" }, settings, toControl(words), languageSwitch(words)));
}
