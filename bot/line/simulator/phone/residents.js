/** The list of residents beside the phones, and the form that adds one. */
import { button, element, icon } from "./dom.js";
import { simulator } from "./api.js";
import { languageOf } from "./text.js";
import { PROFILE_LANGUAGES } from "./words.js";

/** A profile language by its own name; the tag itself where we have none. */
export function languageName(tag) {
  return PROFILE_LANGUAGES.find(([known]) => known === tag)?.[1] ?? tag ?? "";
}

export class Residents {
  /** `page`: {words, open(state), isOpen(id), unread(id), refresh()}. */
  constructor(page) {
    this.page = page;
    this.states = new Map();
    this.total = 0;
    const { words } = page;
    this.search = element("input", { type: "search", "aria-label": words("search"),
      placeholder: words("search"), on: { input: () => this.searchSoon() } });
    this.list = element("ul", { class: "resident-list" });
    this.note = element("p", { class: "note", role: "status" });
    this.form = this.buildForm();
    this.adding = button({ class: "main-button", "aria-expanded": "false",
      on: { click: () => this.toggleForm() } }, icon("plus"), words("addResident"));
    this.root = element("aside", { class: "residents", "aria-label": words("residents") },
      element("h2", {}, words("residents")), this.adding, this.form, this.search, this.list,
      this.note);
  }

  buildForm() {
    const { words } = this.page;
    this.name = element("input", { type: "text", maxlength: "20", autocomplete: "off",
      id: "resident-name", "aria-describedby": "resident-problem" });
    this.language = element("select", { id: "resident-language" },
      PROFILE_LANGUAGES.map(([tag, name]) => element("option", { value: tag, lang: tag }, name)));
    this.problem = element("p", { class: "problem", id: "resident-problem", role: "alert" });
    return element("form", { class: "add-form", hidden: true, novalidate: true, on: {
      submit: (event) => {
        event.preventDefault();
        this.add();
      },
    } },
    element("label", { for: "resident-name" }, words("name")), this.name,
    element("label", { for: "resident-language" }, words("profileLanguage")), this.language,
    this.problem,
    element("button", { type: "submit", class: "main-button" }, words("add")));
  }

  toggleForm(shown = this.form.hidden) {
    this.form.hidden = !shown;
    this.adding.setAttribute("aria-expanded", String(shown));
    if (shown) this.name.focus();
  }

  async add() {
    const name = this.name.value.trim();
    this.problem.textContent = name ? "" : this.page.words("nameMissing");
    if (!name) {
      this.name.focus();
      return;
    }
    try {
      const state = await simulator.addResident({ name, language: this.language.value });
      this.name.value = "";
      this.toggleForm(false);
      this.page.open(state);
      await this.page.refresh();
    } catch (error) {
      this.problem.textContent = this.page.words("notAdded", { reason: error.message });
    }
  }

  searchSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.page.refresh(), 250);
  }

  /** Ask again who there is; the list keeps its order and the focus. True if others are in it. */
  async load() {
    const text = this.search.value.trim();
    const { total, users } = await simulator.residents(text);
    if (text !== this.search.value.trim()) return false;
    const others = users.length !== this.states.size || users.some(({ id }) => !this.states.has(id));
    this.total = total;
    this.states = new Map(users.map((state) => [state.id, state]));
    this.draw();
    return others;
  }

  update(state) {
    if (!this.states.has(state.id)) return;
    this.states.set(state.id, state);
    this.draw();
  }

  draw() {
    const { words } = this.page;
    const text = this.search.value.trim();
    const focused = this.list.contains(document.activeElement)
      ? document.activeElement.dataset.user : null;
    this.list.replaceChildren(...[...this.states.values()].map((state) => this.entry(state)));
    if (focused) this.list.querySelector(`[data-user="${CSS.escape(focused)}"]`)?.focus();
    // The simulator counts everybody, not those a search finds.
    const more = text ? 0 : this.total - this.states.size;
    this.search.hidden = this.total < 8 && text === "";
    this.note.textContent = this.states.size === 0
      ? words(text ? "noneFound" : "noResidents", { text })
      : more > 0 ? words("moreResidents", { n: more }) : "";
  }

  entry(state) {
    const { words } = this.page;
    const mode = state.blocked ? "blocked" : state.friend ? "friend" : "notFriend";
    const unread = this.page.unread(state.id);
    return element("li", {}, button({
      "data-user": state.id, "aria-current": this.page.isOpen(state.id) ? "true" : undefined,
      on: { click: () => this.page.open(state) },
    },
    element("span", { class: "avatar", "aria-hidden": "true" }, [...state.name][0] ?? "?"),
    element("span", { class: "resident-words" },
      element("strong", { dir: "auto", lang: languageOf(state.name, state.language) }, state.name),
      element("span", { class: "note" },
        element("span", { lang: state.language || undefined }, languageName(state.language)),
        mode === "friend" ? "" : ` · ${words(mode)}`)),
    unread ? element("span", { class: "badge" }, words("newCount", { n: unread })) : null));
  }
}
