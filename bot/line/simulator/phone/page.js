/** The page: residents on the left, their phones side by side, one poll that keeps all live. */
import { setBot } from "./addresses.js";
import { button, element, icon } from "./dom.js";
import { simulator } from "./api.js";
import { dateAndTime, timeOfDay } from "./clock.js";
import { Phone } from "./phone.js";
import { Residents } from "./residents.js";
import { languageOf } from "./text.js";
import { drawStrip } from "./strip.js";
import { pageLanguage, wordsIn } from "./words.js";

const RETRY = 2000; // ms
const REFRESH = 5000; // ms after which the list of residents is asked for again
const MOVED = 60000; // ms by which the simulator's clock must differ to be shown

class Page {
  constructor() {
    this.words = wordsIn(pageLanguage());
    this.phones = new Map();
    this.news = new Map();
    this.current = "";
    this.since = 0;
    this.difference = 0;
    this.account = this.words("account");
    this.residents = new Residents(this);
    this.clock = element("span", { class: "clock", hidden: true });
    this.stale = element("p", { class: "stale", role: "alert", hidden: true });
    this.tabs = element("nav", { class: "tabs", "aria-label": this.words("residents") });
    this.hint = element("p", { class: "hint" }, this.words("noPhones"));
    this.place = element("main", { class: "phones" }, this.hint);
    document.body.append(drawStrip(this.words, this.clock), this.stale, this.tabs,
      element("div", { class: "columns" }, this.residents.root, this.place));
    window.addEventListener("hashchange", () => this.readAddress());
    setInterval(() => this.showClock(), 1000);
  }

  now() {
    return Date.now() + this.difference;
  }

  isOpen(id) {
    return this.phones.has(id);
  }

  unread(id) {
    return this.news.get(id) ?? 0;
  }

  /** The phones in the address, in its order. */
  async readAddress() {
    const wanted = location.hash.slice(1).split(",").filter(Boolean).map(decodeURIComponent);
    for (const id of this.phones.keys()) if (!wanted.includes(id)) this.close(id);
    for (const id of wanted) {
      if (this.phones.has(id)) continue;
      const state = await simulator.resident(id).catch(() => null);
      if (state) this.open(state, false);
    }
    this.writeAddress();
  }

  writeAddress() {
    const wanted = [...this.phones.keys()].map(encodeURIComponent).join(",");
    if (location.hash.slice(1) !== wanted) {
      history.replaceState(null, "", wanted ? `#${wanted}` : location.pathname);
    }
  }

  /** Open a resident's phone, or go to it. */
  open(state, go = true) {
    if (!this.phones.has(state.id)) {
      const phone = new Phone(state, this);
      this.phones.set(state.id, phone);
      this.place.append(phone.root);
      this.ask();
      phone.load().catch(({ message }) => phone.say(this.words("notLoaded", { reason: message })));
      this.writeAddress();
    }
    if (go || this.current === "") this.show(state.id);
    this.drawAround();
    if (!go) return;
    const { root } = this.phones.get(state.id);
    root.scrollIntoView({ inline: "nearest", block: "nearest" });
    root.focus({ preventScroll: true });
  }

  close(id) {
    const ids = [...this.phones.keys()];
    this.phones.get(id)?.root.remove();
    this.phones.delete(id);
    this.writeAddress();
    if (this.current === id) this.show(ids[ids.indexOf(id) - 1] ?? "");
    this.drawAround();
    this.ask();
  }

  /** Which phone a narrow screen shows; "" is the list of residents. */
  show(id) {
    this.current = id;
    document.body.dataset.view = id ? "phone" : "residents";
    for (const [user, phone] of this.phones) phone.root.classList.toggle("current", user === id);
    this.news.delete(id);
    this.drawAround();
    this.phones.get(id)?.transcript.toEnd();
  }

  drawAround() {
    const { words } = this;
    this.hint.hidden = this.phones.size > 0;
    const tab = (id, label, attributes) => button({ class: "tab", "data-tab": id,
      "aria-current": this.current === id ? "page" : undefined, ...attributes,
      on: { click: () => this.show(id) } }, ...label);
    const focused = this.tabs.contains(document.activeElement)
      ? document.activeElement.dataset.tab : undefined;
    this.tabs.replaceChildren(
      tab("", [icon("person"), element("span", {}, words("residents"))], {}),
      ...[...this.phones.values()].map(({ id, state }) => tab(id, [
        element("span", { dir: "auto" }, state.name),
        this.unread(id) ? element("span", { class: "badge" }, words("newCount", {
          n: this.unread(id) })) : null,
      ], { lang: languageOf(state.name, state.language) })));
    if (focused !== undefined) {
      this.tabs.querySelector(`[data-tab="${CSS.escape(focused)}"]`)?.focus();
    }
    this.residents.draw();
  }

  visible(id) {
    const phone = this.phones.get(id);
    return phone !== undefined && phone.root.checkVisibility();
  }

  receive({ users, now, seq }) {
    this.difference = now - Date.now();
    for (const [id, { items, state }] of Object.entries(users)) {
      this.phones.get(id)?.receive(items, state);
      this.residents.update(state);
      const came = items.filter((item) => item.from === "bot" && item.seq > this.since).length;
      if (came && !this.visible(id)) this.news.set(id, this.unread(id) + came);
    }
    this.since = seq;
    if (Object.keys(users).length) this.drawAround();
    this.showClock();
  }

  showClock() {
    this.clock.hidden = Math.abs(this.difference) < MOVED;
    this.clock.textContent = this.words("clock", {
      time: dateAndTime(this.now(), this.words("language")) });
  }

  /** Ask anew, as other residents are on the page now. */
  ask() {
    this.asking?.abort();
  }

  /** Ask who the residents are; the poll tells when the simulator cannot be reached. */
  async refresh() {
    const others = await this.residents.load().catch(() => false);
    if (others) this.ask();
  }

  /** The simulator was reset or is another one: everything from its beginning. */
  async restart() {
    const { seq, now, account, webhook } = await simulator.health();
    setBot(webhook);
    this.account = account ?? this.words("account");
    this.since = seq;
    this.difference = now - Date.now();
    this.news.clear();
    this.show("");
    for (const id of [...this.phones.keys()]) {
      this.phones.get(id).root.remove();
      this.phones.delete(id);
    }
    await this.residents.load();
    await this.readAddress();
  }

  async live() {
    for (;;) {
      const users = [...new Set([...this.phones.keys(), ...this.residents.states.keys()])];
      this.asking = new AbortController();
      try {
        const answer = await simulator.changes(this.since, users.length ? users : ["-"],
          this.asking.signal);
        this.heard = Date.now();
        this.stale.hidden = true;
        if (answer.seq < this.since) await this.restart();
        else this.receive(answer);
      } catch (error) {
        if (error.name === "AbortError") continue;
        this.stale.hidden = false;
        this.stale.textContent = this.words("stale", {
          time: timeOfDay(this.heard ?? Date.now(), this.words("language")) });
        await new Promise((resolve) => { setTimeout(resolve, RETRY); });
      }
    }
  }

  async start() {
    await this.restart().catch(() => {});
    this.live();
    setInterval(() => document.hidden || this.refresh(), REFRESH);
  }
}

new Page().start();
