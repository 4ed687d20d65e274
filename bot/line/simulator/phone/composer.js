/** The line at the bottom of a phone where the resident writes, and what can be attached. */
import { button, element, icon } from "./dom.js";
import { simulator } from "./api.js";
import { chooseLocation, chooseSticker, openSheet } from "./sheets.js";

const LIMIT = 10 * 1024 * 1024;
const FILES = {
  photo: ["image", "image/*", "image"],
  camera: ["cameraPhoto", "image/*", "image"],
  film: ["film", "video/*", "video"],
  voice: ["voice", "audio/*", "audio"],
  file: ["file", "", "file"],
};
// Kind, word, icon.
const PANEL = [["photo", "photo", "image"], ["camera", "cameraPhoto", "camera"],
  ["film", "film", "film"], ["voice", "voice", "microphone"], ["file", "file", "file"],
  ["location", "location", "pin"]];

/** Milliseconds a sound or film lasts, as LINE reports it; undefined if the browser cannot tell. */
function duration(file, type) {
  return new Promise((resolve) => {
    const player = document.createElement(type);
    const address = URL.createObjectURL(file);
    const finish = (value) => {
      URL.revokeObjectURL(address);
      resolve(value);
    };
    player.addEventListener("loadedmetadata", () => finish(Number.isFinite(player.duration)
      ? Math.round(player.duration * 1000) : undefined));
    player.addEventListener("error", () => finish(undefined));
    player.src = address;
  });
}

/**
 * The composer of one phone. What is typed stays over a reload of the page (`key` names it) and
 * until LINE, here the simulator, took it.
 */
export class Composer {
  constructor(phone, key) {
    this.phone = phone;
    this.draft = `draft:${key}`;
    const { words } = phone;
    this.field = element("textarea", { rows: "1", "aria-label": words("message"), dir: "auto",
      placeholder: words("message"), maxlength: "5000", autocomplete: "off",
      on: { input: () => this.changed(), keydown: (event) => this.key(event) } });
    this.sendButton = button({ class: "icon-button send", "aria-label": words("send"),
      on: { click: () => this.sendText() } }, icon("send"));
    this.root = element("div", { class: "composer" },
      button({ class: "icon-button", "aria-label": words("attach"),
        on: { click: () => this.openPanel() } }, icon("plus")),
      this.field,
      button({ class: "icon-button", "aria-label": words("stickers"), on: {
        click: () => chooseSticker(phone.screen, words, (chosen) => phone.send("sticker", chosen)),
      } }, icon("smile")),
      this.sendButton);
    this.field.value = sessionStorage.getItem(this.draft) ?? "";
    this.changed();
  }

  changed() {
    const { field } = this;
    sessionStorage.setItem(this.draft, field.value);
    this.sendButton.hidden = field.value.trim() === "";
    field.style.height = "auto";
    if (field.scrollHeight) field.style.height = `${field.scrollHeight}px`;
  }

  /** Put a text into the field, unsent, as LINE's oaMessage links and fillInText do. */
  fill(text) {
    if (text) this.field.value = text;
    this.changed();
    this.field.focus();
  }

  key(event) {
    // Enter ends a conversion (isComposing; 229 in Safari, where the composition ended just
    // before); on a touch keyboard it is the only way to a new line.
    const composing = event.isComposing || event.keyCode === 229;
    const touch = window.matchMedia("(pointer: coarse)").matches;
    if (event.key !== "Enter" || event.shiftKey || composing || touch) return;
    event.preventDefault();
    this.sendText();
  }

  async sendText() {
    const text = this.field.value;
    if (text.trim() === "" || this.waiting) return;
    this.waiting = true;
    const sent = await this.phone.send("text", { text });
    this.waiting = false;
    if (!sent) return;
    // Whatever was typed while the simulator answered is the next message.
    this.field.value = this.field.value.startsWith(text) ? this.field.value.slice(text.length) : "";
    this.changed();
    this.field.focus();
  }

  openPanel() {
    const { phone } = this;
    const close = openSheet(phone.screen, phone.words("attach"), phone.words,
      element("div", { class: "attach-grid" }, PANEL.map(([kind, name, picture]) => button({
        on: {
          click: () => {
            close();
            this.attach(kind);
          },
        },
      }, icon(picture), element("span", {}, phone.words(name))))));
  }

  /** Let the resident choose a photo, file … or place; kinds as in PANEL. */
  attach(kind) {
    const { phone } = this;
    if (kind === "location") {
      chooseLocation(phone.screen, phone.words, phone.language,
        (place) => phone.send("location", place));
      return;
    }
    const [name, accept] = FILES[kind];
    const input = element("input", { type: "file", accept: accept || undefined, class: "hidden-file",
      "aria-label": phone.words(name), tabindex: "-1",
      capture: kind === "camera" ? "environment" : undefined });
    input.addEventListener("change", () => {
      if (input.files[0]) this.sendFile(input.files[0], FILES[kind][2]);
      input.remove();
    });
    input.addEventListener("cancel", () => input.remove());
    this.root.append(input);
    input.click();
  }

  async sendFile(file, type) {
    const { phone } = this;
    if (file.size > LIMIT) {
      phone.say(phone.words("tooLarge"));
      return;
    }
    const timed = type === "audio" || type === "video";
    try {
      const [upload, milliseconds] = await Promise.all([simulator.upload(file),
        timed ? duration(file, type) : undefined]);
      await phone.send(type, { upload, file_name: file.name, duration: milliseconds,
        content_type: file.type || undefined });
    } catch (error) {
      phone.say(phone.words("notSent", { reason: error.message }));
    }
  }
}
