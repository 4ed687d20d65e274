/** The chat inside a phone: the simulator's items in order, with days, senders and times. */
import { button, element, icon } from "./dom.js";
import { simulator } from "./api.js";
import { dayKey, dayName, timeOfDay } from "./clock.js";
import { mediaAddress } from "./media.js";
import { drawMessage } from "./messages.js";
import { openSheet } from "./sheets.js";

const KINDS = { reply: "kindReply", push: "kindPush", multicast: "kindMulticast" };
const NOTES = { unfollow: "unfollowed", join: "joined", leave: "left" };
const LONG_PRESS = 500;
const NEAR_END = 80;

/** A resident's own picture or file has no address of its own: the simulator keeps its bytes. */
function withMedia(item) {
  const { message } = item;
  if (item.from !== "user" || message.originalContentUrl) return message;
  if (!["image", "video", "audio"].includes(message.type)) return message;
  return { ...message, originalContentUrl: simulator.media(item.id),
    previewImageUrl: message.type === "image" ? simulator.media(item.id, true) : undefined };
}

/** Mark what does not fit its line, so that staff see what LINE would cut. */
export function markCuts(root) {
  for (const node of root.querySelectorAll(".may-cut")) {
    node.classList.toggle("cut", node.scrollWidth > node.clientWidth + 1
      || node.scrollHeight > node.clientHeight + 2);
  }
}

export class Transcript {
  /** `phone`: {words, language, account, now(), act(action), send(type, fields), screen}. */
  constructor(phone, name) {
    this.phone = phone;
    this.seen = new Set();
    this.rows = new Map();
    this.last = null;
    this.waiting = 0;
    const { words } = phone;
    this.empty = element("p", { class: "chat-note" }, words("emptyChat"));
    this.dots = element("div", { class: "row theirs dots", role: "status",
      "aria-label": words("loading"), hidden: true },
    element("div", { class: "bubble" }, element("i"), element("i"), element("i")));
    this.content = element("div", {}, this.empty, this.dots);
    this.list = element("div", { class: "chat", role: "log", "aria-live": "polite", tabindex: "0",
      "aria-label": words("chat", { name }), "aria-busy": "true",
      on: { scroll: () => this.atEnd() && this.seenAll() } }, this.content);
    this.jump = button({ class: "jump", hidden: true, on: { click: () => this.toEnd() } });
    this.root = element("div", { class: "chat-place" }, this.list, this.jump);
    this.following = true;
    // A menu that opens makes the chat lower, a picture that arrives makes it longer: what was
    // last stays in sight.
    const sizes = new ResizeObserver(() => this.following && this.toEnd());
    sizes.observe(this.list);
    sizes.observe(this.content);
  }

  atEnd() {
    const { list } = this;
    this.following = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END;
    return this.following;
  }

  toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
    this.seenAll();
  }

  seenAll() {
    this.waiting = 0;
    this.jump.hidden = true;
  }

  /** Add what is new; true if any of it was. Items already here (same seq) are left alone. */
  add(items) {
    const fresh = items.filter((item) => !this.seen.has(item.seq)).sort((a, b) => a.seq - b.seq);
    const stay = this.atEnd();
    for (const item of fresh) {
      this.seen.add(item.seq);
      this.append(item);
    }
    const came = fresh.filter((item) => item.from === "bot").length;
    const own = fresh.some((item) => item.from === "user");
    if (stay || own) this.toEnd();
    else if (came) {
      this.waiting += came;
      this.jump.replaceChildren(this.phone.words("jump", { n: this.waiting }), icon("down"));
      this.jump.hidden = false;
    }
    // History is not news: only what comes after the first load is read out.
    this.list.removeAttribute("aria-busy");
    if (fresh.length) requestAnimationFrame(() => markCuts(this.list));
    return fresh.length > 0;
  }

  append(item) {
    const { phone } = this;
    const day = dayKey(item.time);
    if (this.last === null || this.last.day !== day) {
      this.put(element("p", { class: "chat-note day" }, dayName(item.time, phone.now(),
        phone.words)));
      this.last = { day };
    }
    const row = this.draw(item);
    if (!row) return;
    this.empty.remove();
    this.put(row);
    if (item.id) this.rows.set(item.id, row);
    if (item.type === "message" || item.type === "postback") this.last = { ...item, day };
  }

  put(node) {
    this.content.insertBefore(node, this.dots);
  }

  draw(item) {
    const { words } = this.phone;
    if (item.type === "unsend") {
      this.rows.get(item.id)?.replaceWith(this.note("unsentByYou"));
      return null;
    }
    if (item.type === "message" && item.unsent) return this.note("unsentByYou");
    if (item.type === "message") return item.from === "bot" ? this.theirs(item) : this.ours(item);
    if (item.type === "postback") {
      const note = element("p", { class: "chat-note detail" },
        words("tapped", { data: item.postback.data ?? "" }));
      if (!item.display_text) return note;
      return this.ours({ ...item, id: null, message: { type: "text", text: item.display_text } },
        note);
    }
    if (item.type === "follow") return this.note(item.unblocked ? "unblocked" : "followed");
    return NOTES[item.type] ? this.note(NOTES[item.type]) : null;
  }

  note(key) {
    return element("p", { class: "chat-note" }, this.phone.words(key));
  }

  time(item) {
    return element("time", { datetime: new Date(item.time).toISOString() },
      timeOfDay(item.time, this.phone.words("language")));
  }

  /** The sender's icon over the first letter of the name, which stays if the icon does not come. */
  avatar(name, address) {
    const place = element("span", { class: "avatar", "aria-hidden": "true" }, [...name][0]);
    const source = address ? mediaAddress(address) : null;
    if (source) {
      const face = element("img", { src: source, alt: "" });
      face.addEventListener("error", () => face.remove());
      place.append(face);
    }
    return place;
  }

  theirs(item) {
    const { phone } = this;
    const name = item.message.sender?.name || phone.account;
    const again = this.last?.from === "bot" && this.last.type === "message"
      && (this.last.message.sender?.name || phone.account) === name;
    const kind = KINDS[item.kind] ? phone.words(KINDS[item.kind]) : item.kind;
    return element("div", { class: `row theirs${again ? " again" : ""}`, "data-id": item.id },
      this.avatar(name, item.message.sender?.iconUrl),
      element("div", { class: "said" },
        element("span", { class: again ? "visually-hidden" : "sender", dir: "auto" }, name),
        element("div", { class: "with-time" },
          drawMessage(item.message, { language: phone.language, words: phone.words,
            act: (action) => phone.act(action) }),
          this.time(item)),
        element("span", { class: "detail" }, [kind, item.silent ? phone.words("silent") : null]
          .filter(Boolean).join(" · "))));
  }

  ours(item, note) {
    const { phone } = this;
    const bubble = drawMessage(withMedia(item), { language: phone.language, words: phone.words,
      act: (action) => phone.act(action) });
    const time = this.time(item);
    const aside = item.id ? button({ class: "message-menu", on: { click: () => this.menu(item) },
      "aria-label": `${time.textContent} ${phone.words("messageMenu")}` }, icon("more"), time) : time;
    if (item.id) this.longPress(bubble, item);
    return element("div", { class: "row ours", "data-id": item.id },
      element("div", { class: "said" },
        element("span", { class: "visually-hidden" }, phone.words("you")),
        element("div", { class: "with-time" }, aside, bubble), note));
  }

  longPress(node, item) {
    let timer;
    const stop = () => clearTimeout(timer);
    node.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      stop();
      this.menu(item);
    });
    node.addEventListener("touchstart", () => {
      timer = setTimeout(() => this.menu(item), LONG_PRESS);
    }, { passive: true });
    for (const end of ["touchend", "touchmove", "touchcancel"]) node.addEventListener(end, stop);
  }

  menu(item) {
    const { phone } = this;
    if (phone.screen.querySelector(".overlay")) return;
    const entry = (key, action) => button({ class: "plain-button", on: { click: () => {
      close();
      action();
    } } }, phone.words(key));
    const close = openSheet(phone.screen, phone.words("messageMenu"), phone.words,
      item.message.type === "text" ? entry("copy", () => phone.act({ type: "clipboard",
        clipboardText: item.message.text })) : null,
      entry("unsend", () => phone.send("unsend", { message_id: item.id })));
  }

  /** Show the three dots until the clock's `until` (null: not at all). */
  loading(until) {
    clearTimeout(this.timer);
    const left = (until ?? 0) - this.phone.now();
    const stay = this.atEnd();
    this.dots.hidden = left <= 0;
    if (left > 0) this.timer = setTimeout(() => this.loading(null), left);
    if (left > 0 && stay) this.toEnd();
  }
}
