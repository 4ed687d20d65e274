/** Tables of what passed between bot and platform, newest first; news waits for a press. */
import { button, element } from "./dom.js";
import { timeOfDay } from "./clock.js";

const SHOWN = 200;

function statusCell(status, words, extra) {
  const good = status !== null && status < 400;
  return element("td", { class: good ? "good" : "bad" },
    `${good ? "✓" : "✕"} ${status ?? words("noAnswer")}`, extra ? element("br") : null, extra);
}

/** [column titles, cells of one row]; a title that starts with "?" is left out on narrow screens. */
export const requestRow = {
  columns: ["time", "call", "status", "recipients", "?milliseconds"],
  cells: (entry, words) => [
    element("td", {}, timeOfDay(entry.time, words("language"))),
    element("td", {}, entry.endpoint),
    statusCell(entry.status, words, entry.planned ? words("planned") : null),
    element("td", { class: "number" }, String(entry.recipients ?? "")),
    element("td", { class: "number optional" }, String(Math.round(entry.milliseconds ?? 0))),
  ],
};

export const webhookRow = {
  columns: ["time", "events", "status", "attempt", "?milliseconds"],
  cells: (entry, words) => [
    element("td", {}, timeOfDay(entry.time, words("language"))),
    element("td", { class: "number" }, String(entry.events.length)),
    statusCell(entry.status, words, entry.error || null),
    element("td", { class: "number" }, String(entry.attempt)),
    element("td", { class: "number optional" }, String(Math.round(entry.milliseconds ?? 0))),
  ],
};

export class Log {
  /** `name`: the title's word; `empty`: the word for no entries; `fetch(since)`: see api.js. */
  constructor(words, name, empty, shape, fetch) {
    Object.assign(this, { words, empty, shape, fetch });
    this.entries = [];
    this.waiting = [];
    this.since = null;
    this.more = button({ class: "plain-button", hidden: true, on: { click: () => this.showNew() } });
    this.place = element("div", { class: "table-place", tabindex: "0", role: "region",
      "aria-label": words(name) });
    this.root = element("section", { class: "card", "aria-labelledby": `card-${name}` },
      element("h2", { id: `card-${name}` }, words(name)), this.more, this.place);
    this.draw();
  }

  /** Fetch what is new; `total` is how many entries there ever were: the newest are enough. */
  async ask(total) {
    const first = this.since === null;
    const { next, entries } = await this.fetch(Math.max(this.since ?? 0, total - SHOWN));
    this.since = next;
    this.waiting = [...entries.toReversed(), ...this.waiting].slice(0, SHOWN);
    if (first) this.showNew();
    this.more.hidden = this.waiting.length === 0;
    this.more.textContent = this.words("showNew", { n: this.waiting.length });
  }

  showNew() {
    this.entries = [...this.waiting, ...this.entries].slice(0, SHOWN);
    this.waiting = [];
    this.more.hidden = true;
    this.draw();
  }

  draw() {
    const { words, shape } = this;
    if (this.entries.length === 0) {
      this.place.replaceChildren(element("p", { class: "note" }, words(this.empty)));
      return;
    }
    const titles = shape.columns.map((name) => element("th", {
      scope: "col", class: name.startsWith("?") ? "optional" : undefined,
    }, words(name.replace("?", ""))));
    this.place.replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, titles)),
      element("tbody", {}, this.entries.map((entry) => element("tr", {},
        shape.cells(entry, words))))));
  }
}
