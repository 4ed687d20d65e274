/**
 * Stickers by LINE's public package and sticker numbers. LINE's artwork is not ours, so a few are
 * drawn here, with the word they stand for; the others show their numbers.
 */
import { element } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const FACE = "#ffd43d";
const EYES = "M18 20v2M30 20v2";
const SHUT = "M15 22q3-3 6 0M27 22q3-3 6 0";

/** {pack, id: LINE's numbers; ground: colour of the disc; path on 48 × 48; ja, en: the word}. */
export const STICKERS = [
  ["1988", FACE, `${EYES}M15 27c3 9 15 9 18 0z`, "こんにちは", "Hello"],
  ["1989", "#8fdcae", "M14 25l7 7 13-15", "OK", "OK"],
  ["1990", FACE, `${SHUT}M16 28c4 6 12 6 16 0`, "うれしい", "Happy"],
  ["1991", "#ffb8c9", "M24 35C8 25 15 13 24 20c9-7 16 5 0 15", "ありがとう", "Thank you"],
  ["1992", FACE, `${SHUT}M20 31h8M24 35v4M21 39h6`, "お願いします", "Please"],
  ["1993", "#a9cdf5", `${EYES}M17 33c4-5 10-5 14 0M14 24c-3 5 2 7 3 3`, "かなしい", "Sad"],
  ["1994", FACE, `${EYES}M14 15l6-2M34 15l-6-2M16 31q4-4 8 0t8 0`, "しんぱい", "Worried"],
  ["1995", "#d7c6f7", "M18 19a6 6 0 1 1 9 5c-3 2-3 3-3 5M24 35v.5", "しつもん", "Question"],
  ["1996", "#ffa39a", "M24 12v16M24 35v.5", "たすけて", "Help"],
  ["1997", "#cfe6b4", "M15 19l5 4M20 19l-5 4M28 19l5 4M33 19l-5 4M18 32h8l7 5", "びょうき", "Sick"],
  ["1998", "#f5d9a9", "M12 25l12-11 12 11M16 23v12h16V23M22 35v-7h5v7", "いえ", "Home"],
  ["1999", "#b9c3ee", "M30 30a11 11 0 1 1-9-17 9 9 0 0 0 9 17M31 13h5l-5 6h5", "おやすみ", "Good night"],
].map(([id, ground, path, ja, en]) => ({ pack: "446", id, ground, path, ja, en }));

function shape(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** One sticker as large as in a chat. */
export function sticker(message, context) {
  const known = STICKERS.find(({ pack, id }) => pack === message.packageId
    && id === message.stickerId);
  const word = known?.[context.words("language")] ?? `${message.packageId} / ${message.stickerId}`;
  const attributes = { class: "sticker", role: "img",
    "aria-label": context.words("stickerNamed", { name: word }) };
  if (!known) return element("div", attributes, element("span", { class: "unknown" }, word));
  const svg = shape("svg", { viewBox: "0 0 48 48" });
  svg.append(shape("circle", { cx: 24, cy: 24, r: 21, fill: known.ground }),
    shape("path", { d: known.path }));
  return element("div", attributes, svg, element("span", { class: "sticker-word" }, word));
}
