/** Pictures, films and sound out of messages, with words where they cannot be shown. */
import { reachable } from "./addresses.js";
import { element } from "./dom.js";

/** The address if a page may load it (our own server, http, https, a local file), else null. */
export function mediaAddress(address) {
  let url;
  try {
    url = new URL(address, document.baseURI);
  } catch {
    return null;
  }
  return ["http:", "https:", "blob:"].includes(url.protocol) ? reachable(url).href : null;
}

function missing(address, alt, context) {
  let host = "";
  try {
    host = new URL(address, document.baseURI).host;
  } catch {
    // An address nobody can parse has no host to name.
  }
  return element("span", { class: "no-picture" },
    element("span", {}, alt || context.words("pictureMissing")),
    element("span", { class: "host" }, host));
}

/** A picture; `alt` is "" where the text beside it says the same. `fit`: cover or contain. */
export function picture(address, alt, context, fit = "contain") {
  const source = mediaAddress(address);
  if (!source) return missing(address, alt, context);
  const node = element("img", { src: source, alt, class: fit, decoding: "async" });
  node.addEventListener("error", () => node.replaceWith(missing(address, alt, context)),
    { once: true });
  return node;
}

/** A film that starts only when somebody presses play. */
export function movie(address, preview, context) {
  const source = mediaAddress(address);
  if (!source) return missing(address, "", context);
  return element("video", {
    src: source, poster: mediaAddress(preview ?? "") ?? undefined, controls: true,
    preload: "none", playsinline: true, "aria-label": context.words("video"),
  });
}

/** A voice message; `duration` in milliseconds as LINE gives it. */
export function sound(address, duration, context) {
  const source = mediaAddress(address);
  if (!source) return missing(address, "", context);
  const seconds = Math.round((duration ?? 0) / 1000);
  return element("div", { class: "sound" },
    element("audio", {
      src: source, controls: true, preload: "none", "aria-label": context.words("audio"),
    }),
    seconds ? element("span", { class: "seconds" }, context.words("seconds", { n: seconds })) : null);
}
