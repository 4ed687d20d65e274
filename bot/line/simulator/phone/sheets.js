/** Sheets: what slides up inside one phone while the other phones stay usable. */
import { button, element, icon } from "./dom.js";
import { simulator } from "./api.js";
import { STICKERS, sticker } from "./stickers.js";
import { languageOf } from "./text.js";

/**
 * Open a sheet over `screen` (a phone's screen) and return the function that closes it. The rest
 * of that phone is inert meanwhile; Escape, the close button and a tap beside the sheet close it.
 */
export function openSheet(screen, title, words, ...content) {
  const before = document.activeElement;
  const others = [...screen.children].filter((child) => !child.inert);
  const close = () => {
    overlay.remove();
    for (const child of others) child.inert = false;
    if (before?.isConnected) before.focus({ preventScroll: true });
  };
  const heading = element("h3", { tabindex: "-1", dir: "auto" }, title);
  const panel = element("div", { class: "sheet", role: "dialog", "aria-modal": "true",
    "aria-label": title },
  element("div", { class: "sheet-head" }, heading,
    button({ class: "icon-button", "aria-label": words("close"), on: { click: close } },
      icon("close"))),
  element("div", { class: "sheet-body" }, ...content));
  const overlay = element("div", {
    class: "overlay",
    on: {
      click: (event) => event.target === overlay && close(),
      keydown: (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      },
    },
  }, panel);
  for (const child of others) child.inert = true;
  screen.append(overlay);
  heading.focus({ preventScroll: true });
  return close;
}

/** A sheet that only says something. */
export function notice(screen, title, text, words) {
  const close = openSheet(screen, title, words, element("p", { class: "breakable" }, text),
    button({ class: "main-button", on: { click: () => close() } }, words("close")));
}

/** Ask for a date, a time or both, as a datetimepicker action does; `done(params)` gets LINE's. */
export function chooseDate(screen, action, words, done) {
  const mode = ["date", "time", "datetime"].includes(action.mode) ? action.mode : "date";
  const type = mode === "datetime" ? "datetime-local" : mode;
  const title = words({ date: "chooseDate", time: "chooseTime", datetime: "chooseDatetime" }[mode]);
  const clean = (value) => value?.replace(/^(\d{4}-\d\d-\d\d)t/iu, "$1T");
  const field = element("input", { type, "aria-label": title, min: clean(action.min),
    max: clean(action.max), value: clean(action.initial), required: true });
  const form = element("form", {
    on: {
      submit: (event) => {
        event.preventDefault();
        close();
        done({ [mode]: field.value });
      },
    },
  }, field, element("button", { type: "submit", class: "main-button" }, words("choose")));
  const close = openSheet(screen, title, words, form);
}

/** The sticker picker; `done({package_id, sticker_id})`. */
export function chooseSticker(screen, words, done) {
  const close = openSheet(screen, words("stickers"), words,
    element("div", { class: "sticker-grid" }, STICKERS.map(({ pack, id }) => {
      const picture = sticker({ packageId: pack, stickerId: id }, { words });
      return button({
        "aria-label": picture.getAttribute("aria-label"),
        on: {
          click: () => {
            close();
            done({ package_id: pack, sticker_id: id });
          },
        },
      }, picture);
    })));
}

function coordinate(name, words, limit) {
  return element("input", { type: "text", inputmode: "decimal", "aria-label": words(name),
    placeholder: words(name), name, autocomplete: "off", "data-limit": limit });
}

function placeList(places, words, language, done) {
  const list = element("div", { class: "place-list" });
  const draw = (text) => {
    const wanted = text.trim().toLowerCase();
    const found = places.filter((place) => place.name.toLowerCase().includes(wanted)).slice(0, 30);
    list.replaceChildren(...(found.length ? found.map((place) => button({
      class: "place", lang: languageOf(place.name, language),
      on: { click: () => done(place) },
    }, element("strong", {}, place.name), element("span", { class: "note" },
      place.address ?? `${place.latitude}, ${place.longitude}`)))
      : [element("p", { class: "note" }, words("noPlaces"))]));
  };
  const search = element("input", { type: "search", "aria-label": words("findPlace"),
    placeholder: words("findPlace"), on: { input: () => draw(search.value) } });
  draw("");
  return [search, list];
}

/**
 * The location sheet: presets where the simulator has some, coordinates, the browser's position.
 * `done({latitude, longitude, title?, address?})`.
 */
export async function chooseLocation(screen, words, language, done) {
  const places = await simulator.places();
  const finish = (place) => {
    close();
    done(place);
  };
  const problem = element("p", { class: "problem", role: "alert" });
  const latitude = coordinate("latitude", words, 90);
  const longitude = coordinate("longitude", words, 180);
  const title = element("input", { type: "text", "aria-label": words("placeName"), maxlength: "100",
    placeholder: words("placeName") });
  const here = button({ class: "plain-button", on: { click: () => {
    const failed = () => { problem.textContent = words("noPosition"); };
    if (!navigator.geolocation) failed();
    else {
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        latitude.value = coords.latitude.toFixed(6);
        longitude.value = coords.longitude.toFixed(6);
      }, failed, { timeout: 8000 });
    }
  } } }, words("myPosition"));
  const form = element("form", { class: "coordinates", novalidate: true, on: { submit: (event) => {
    event.preventDefault();
    const [north, east] = [latitude, longitude].map((field) => {
      const number = field.value.trim() === "" ? Number.NaN : Number(field.value);
      return Math.abs(number) <= Number(field.dataset.limit) ? number : null;
    });
    if (north === null || east === null) problem.textContent = words("badCoordinates");
    else finish({ latitude: north, longitude: east, title: title.value.trim() || undefined });
  } } }, element("h4", {}, words("coordinates")), latitude, longitude, title, here, problem,
  element("button", { type: "submit", class: "main-button" }, words("sendLocation")));
  const presets = places.length === 0 ? [] : placeList(places, words, language, (place) => finish({
    latitude: place.latitude, longitude: place.longitude, title: place.name,
    address: place.address }));
  const close = openSheet(screen, words("locationTitle"), words, ...presets, form);
}
