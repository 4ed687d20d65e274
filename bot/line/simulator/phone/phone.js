/** One resident's phone: the bar of controls above it, and the screen with chat, menu, composer. */
import { button, element, icon } from "./dom.js";
import { simulator } from "./api.js";
import { perform } from "./actions.js";
import { Composer } from "./composer.js";
import { areasOnPicture, quickReplies } from "./messages.js";
import { languageOf } from "./text.js";
import { Transcript } from "./transcript.js";

export class Phone {
  /** `state`: the resident as the simulator tells it. `page`: {words, account, now(), close(id)}. */
  constructor(state, page) {
    this.page = page;
    this.words = page.words;
    this.account = page.account;
    this.state = state;
    this.early = [];
    this.menu = null;
    this.menuShown = null;
    this.build();
    this.update(state);
  }

  get id() {
    return this.state.id;
  }

  get language() {
    return this.state.language ?? "";
  }

  now() {
    return this.page.now();
  }

  build() {
    const { words } = this;
    const { name } = this.state;
    this.status = element("span", { class: "status" });
    this.blockButton = button({ class: "plain-button", on: { click: () => this.toggleBlock() } });
    const bar = element("div", { class: "phone-bar" },
      element("h2", { dir: "auto", lang: languageOf(name, this.language) }, name), this.status,
      this.blockButton,
      button({ class: "icon-button", "aria-label": words("closePhone", { name }),
        on: { click: () => this.page.close(this.id) } }, icon("close")));
    this.transcript = new Transcript(this, this.account);
    this.quick = element("div", { class: "quick", role: "group", hidden: true,
      "aria-label": words("quickReplies") });
    this.quickMore = button({ class: "icon-button quick-more", "aria-label": words("moreReplies"),
      hidden: true, on: { click: () => this.quick.scrollBy({ left: this.quick.clientWidth * 0.8 }) } },
    icon("next"));
    this.quick.addEventListener("scroll", () => this.checkQuick(), { passive: true });
    new ResizeObserver(() => this.checkQuick()).observe(this.quick);
    this.composer = new Composer(this, this.id);
    this.menuPlace = element("div", { class: "menu-place", hidden: true });
    this.bottom = element("div", { class: "bottom" });
    this.toast = element("p", { class: "toast", role: "status", hidden: true });
    this.screen = element("div", { class: "screen" },
      element("div", { class: "phone-head" },
        element("span", { class: "avatar", "aria-hidden": "true" }, [...this.account][0]),
        element("span", { class: "account", dir: "auto" }, this.account)),
      this.transcript.root,
      element("div", { class: "quick-place" }, this.quick, this.quickMore),
      this.bottom, this.menuPlace, this.toast);
    this.root = element("section", { class: "phone", "data-user": this.id, tabindex: "-1",
      "aria-label": words("phoneOf", { name }) }, bar, element("div", { class: "device" },
      this.screen));
  }

  /** Everything from the beginning. What is received meanwhile waits, so that order is kept. */
  async load() {
    let since = 0;
    let answer;
    do {
      answer = await simulator.chat(this.id, since);
      this.early.push(...answer.items);
      since = answer.items.at(-1)?.seq ?? 0;
    } while (answer.items.length === simulator.PAGE);
    const items = this.early;
    this.early = null;
    this.receive(items, answer.state);
  }

  /** New items and the state after them; either may have come before. */
  receive(items, state) {
    const added = this.early === null && this.transcript.add(items);
    this.early?.push(...items);
    if (state.seq >= this.state.seq) this.update(state);
    if (added) this.showQuickReplies();
  }

  update(state) {
    const { words } = this;
    const menuChanged = state.rich_menu !== this.menuId;
    const before = this.mode;
    this.state = state;
    this.mode = state.blocked ? "blocked" : state.friend ? "friend" : "stranger";
    this.status.textContent = words({ blocked: "blocked", friend: "friend",
      stranger: "notFriend" }[this.mode]);
    this.status.className = `status ${this.mode}`;
    this.blockButton.hidden = this.mode === "stranger";
    this.blockButton.textContent = words(this.mode === "blocked" ? "unblock" : "block");
    this.transcript.loading(state.loading_until);
    if (menuChanged) this.loadMenu(state.rich_menu);
    if (before !== this.mode) this.drawBottom();
  }

  async loadMenu(id) {
    this.menuId = id;
    let menu = null;
    if (id) menu = await simulator.menu(this.id).catch(() => null);
    if (id !== this.menuId) return;
    const appeared = menu && !this.menu;
    this.menu = menu?.image ? menu : null;
    // A menu that takes another's place stays open or closed, as LINE leaves it.
    if (appeared || this.menuShown === null) this.menuShown = menu?.selected === true;
    this.drawMenu();
    this.drawBottom();
  }

  drawMenu() {
    this.menuPlace.replaceChildren();
    if (!this.menu) return;
    const areas = this.menu.areas.map(({ bounds, action }) => ({ ...action, area: bounds }));
    this.menuPlace.append(areasOnPicture(this.menu.image, this.menu.name ?? this.words("menu"),
      this.menu.size, areas, { words: this.words, act: (action) => this.act(action) }));
  }

  drawBottom() {
    const { words } = this;
    const talking = this.mode === "friend";
    const open = talking && this.menu !== null && this.menuShown;
    this.menuPlace.hidden = !open;
    if (!talking) {
      this.bottom.replaceChildren(this.gate());
      return;
    }
    const bar = element("div", { class: open ? "menu-bar" : "write-bar" });
    if (open) {
      const label = this.menu.chatBarText ?? words("menu");
      bar.append(
        button({ class: "icon-button", "aria-label": words("showKeyboard"), on: { click: () => {
          this.showMenu(false);
          this.composer.field.focus();
        } } }, icon("keyboard")),
        button({ class: "bar-text", "aria-expanded": "true", lang: languageOf(label, this.language),
          on: { click: () => this.toggleMenu() } }, element("span", {}, label), icon("down")));
    } else {
      if (this.menu) {
        bar.append(button({ class: "icon-button", "aria-expanded": "false",
          "aria-label": `${words("showMenu")}: ${this.menu.chatBarText ?? ""}`,
          on: { click: () => this.toggleMenu() } }, icon("menu")));
      }
      bar.append(this.composer.root);
    }
    this.bottom.replaceChildren(bar);
    if (!open) this.composer.changed();
  }

  toggleMenu() {
    this.showMenu(!this.menuShown);
    this.bottom.querySelector("[aria-expanded]")?.focus();
  }

  showMenu(shown) {
    this.menuShown = shown;
    this.drawBottom();
  }

  /** What stands in the composer's place while nothing can be written. */
  gate() {
    const { words } = this;
    const blocked = this.mode === "blocked";
    return element("div", { class: "gate" },
      element("p", {}, words(blocked ? "blockedNote" : "notFriendNote")),
      button({ class: "main-button", on: { click: () => this.send("follow") } },
        words(blocked ? "unblock" : "addFriend")));
  }

  toggleBlock() {
    this.send(this.mode === "blocked" ? "follow" : "unfollow");
  }

  /** Quick replies belong to the newest message and go with the first answer. */
  showQuickReplies() {
    const newest = this.transcript.last;
    const replies = newest?.from === "bot" && this.mode === "friend"
      ? quickReplies(newest.message, { words: this.words, language: this.language,
        act: (action) => this.act(action) }) : null;
    this.quick.replaceChildren(...(replies ?? []));
    this.quick.hidden = replies === null;
    this.quick.scrollLeft = 0;
    this.checkQuick();
  }

  checkQuick() {
    const { scrollLeft, clientWidth, scrollWidth } = this.quick;
    this.quickMore.hidden = this.quick.hidden || scrollLeft + clientWidth >= scrollWidth - 8;
  }

  act(action) {
    return perform(action, this);
  }

  /** Do something as this resident; false, and said on the phone, if the simulator refused. */
  async send(type, fields = {}) {
    try {
      await simulator.event(this.id, type, fields);
      return true;
    } catch (error) {
      this.say(this.words("notSent", { reason: error.message }));
      return false;
    }
  }

  compose(text) {
    if (this.mode !== "friend") return;
    this.showMenu(false);
    this.composer.fill(text);
  }

  attach(kind) {
    this.composer.attach(kind);
  }

  /** A short word on the screen, gone after a while. */
  say(text) {
    clearTimeout(this.toastTimer);
    this.toast.textContent = text;
    this.toast.hidden = false;
    this.toastTimer = setTimeout(() => { this.toast.hidden = true; }, 5000);
  }
}
