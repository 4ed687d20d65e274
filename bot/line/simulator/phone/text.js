/**
 * Text as people wrote it: which language a line is in, what in it is a link, which links are
 * allowed.
 */
import { reachable } from "./addresses.js";
import { element } from "./dom.js";

// Scripts that settle the language, or leave few candidates; the first candidate is the guess
// when the resident's own language is none of them.
const SCRIPTS = [
  [/[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f]/u, ["ja"]],
  [/\p{Script=Hangul}/u, ["ko"]],
  [/\p{Script=Thai}/u, ["th"]],
  [/\p{Script=Lao}/u, ["lo"]],
  [/\p{Script=Khmer}/u, ["km"]],
  [/\p{Script=Myanmar}/u, ["my"]],
  [/\p{Script=Sinhala}/u, ["si"]],
  [/\p{Script=Bengali}/u, ["bn"]],
  [/\p{Script=Tamil}/u, ["ta"]],
  [/\p{Script=Devanagari}/u, ["ne", "hi", "mr"]],
  [/\p{Script=Arabic}/u, ["ar", "fa", "ur"]],
  [/\p{Script=Cyrillic}/u, ["ru", "uk", "mn", "kk"]],
  [/\p{Script=Han}/u, ["ja", "zh-Hans", "zh-Hant"]],
  [/[ăđơưĂĐƠƯ\u1ea0-\u1ef9]/u, ["vi"]],
  [/\p{Script=Latin}/u, ["en", "vi", "id", "tl", "pt", "es", "fr", "de", "it", "tr", "uz", "ms"]],
];

/** The profile's language as a tag the style sheet knows: "zh-cn" and "zh-TW" name a script. */
export function normalLanguage(tag) {
  const lower = (tag || "").toLowerCase();
  if (/^zh.*(hant|tw|hk|mo)/.test(lower)) return "zh-Hant";
  if (lower.startsWith("zh")) return "zh-Hans";
  return lower.startsWith("ja") ? "ja" : tag || "";
}

/**
 * The language tag of a line, or undefined where nothing tells. `reader` is the resident's
 * profile language: it decides between languages of one script (Han forms, Cyrillic, Latin).
 */
export function languageOf(line, reader) {
  const own = normalLanguage(reader);
  const found = SCRIPTS.find(([pattern]) => pattern.test(line));
  if (!found) return undefined;
  const candidates = found[1];
  return candidates.find((tag) => own === tag || own.startsWith(`${tag}-`)) ?? candidates[0];
}

/**
 * What a link may do: {kind: "web", href}, {kind: "call", number}, {kind: "compose", text} for
 * LINE's own links that type a text into the chat, {kind: "line", href} for its other ones.
 * Null for every other scheme: such a link is shown, never followed.
 */
export function link(uri) {
  let url;
  try {
    url = new URL(uri);
  } catch {
    return null;
  }
  if (url.protocol === "tel:") return { kind: "call", number: decodeURIComponent(url.pathname) };
  const inLine = url.protocol === "line:" || /^https:\/\/line\.me\/R\//i.test(url.href);
  if (inLine) {
    if (!/oaMessage\//i.test(url.href)) return { kind: "line", href: url.href };
    try {
      return { kind: "compose", text: decodeURIComponent(url.search.slice(1)) };
    } catch {
      return null;
    }
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  return { kind: "web", href: reachable(url).href };
}

const WEB = /https?:\/\/[^\s<>"'`、。，．！？（）「」『』【】\u3000]+/gu;
// Japanese numbers have 10 or 11 digits after the leading 0, foreign ones start with +. Three
// digits alone ("119人") are no number to LINE either.
const CALL = /(?<![\d\w.+/-])(?:\+\d[\d -]{6,16}\d|0\d{1,4}[-‐–(]\d{1,4}[-‐–)]\d{3,4}|0\d{9,10})(?![\d\w])/gu;

function linksIn(line) {
  const found = [];
  for (const match of line.matchAll(WEB)) {
    const text = match[0].replace(/[.,;:!?)\]]+$/u, "");
    found.push({ start: match.index, text, uri: text });
  }
  for (const match of line.matchAll(CALL)) {
    const digits = match[0].replace(/[^\d+]/gu, "");
    const inside = found.some((other) => match.index >= other.start
      && match.index < other.start + other.text.length);
    if (inside || (!digits.startsWith("+") && digits.length < 10)) continue;
    found.push({ start: match.index, text: match[0], uri: `tel:${digits}` });
  }
  return found.sort((a, b) => a.start - b.start);
}

/**
 * An anchor for an allowed link, else a plain span. Web links open in a new tab; the others call
 * `follow(uri)`, as a browser cannot do what a phone does with them.
 */
export function anchor(uri, label, follow) {
  const target = link(uri);
  if (!target) return element("span", {}, label);
  if (target.kind === "web") {
    return element("a", { href: target.href, target: "_blank", rel: "noopener noreferrer" }, label);
  }
  return element("a", {
    href: target.kind === "call" ? `tel:${target.number}` : "#",
    on: {
      click: (event) => {
        event.preventDefault();
        follow(uri);
      },
    },
  }, label);
}

function linkedLine(line, follow) {
  const parts = [];
  let end = 0;
  for (const { start, text, uri } of linksIn(line)) {
    parts.push(line.slice(end, start), anchor(uri, text, follow));
    end = start + text.length;
  }
  parts.push(line.slice(end));
  return parts.filter((part) => part !== "");
}

/**
 * The lines of a text, each with its own language and direction: the wording that falls back to
 * plain Japanese and English stands in one bubble with a line in the reader's language.
 */
export function textLines(text, reader, follow) {
  return text.split(/\r\n|\r|\n/u).map((line) => element(
    "span",
    { class: "line", dir: "auto", lang: languageOf(line, reader) },
    line === "" ? element("br") : linkedLine(line, follow),
  ));
}
