/**
 * LINE message JSON (what a bot sends, what a resident writes) as DOM. Pure: message and context
 * in, element out; see flex.js for the context.
 */
import { button, element, icon } from "./dom.js";
import { actionName, flexMessage, tappable } from "./flex.js";
import { movie, picture, sound } from "./media.js";
import { sticker } from "./stickers.js";
import { languageOf, textLines } from "./text.js";

function textMessage(message, context) {
  const follow = (uri) => context.act({ type: "uri", uri });
  return element("div", { class: "bubble text" }, textLines(message.text ?? "", context.language,
    follow));
}

/** textV2: `{name}` stands for a mention or an emoji, `{{` and `}}` for the braces themselves. */
function plainText(message) {
  return (message.text ?? "").replace(/\{\{|\}\}|\{([A-Za-z0-9_]{1,20})\}/gu, (whole, name) => {
    if (name === undefined) return whole[0];
    const part = message.substitution?.[name];
    if (part?.type === "mention") return part.mentionee?.type === "all" ? "@All" : "@";
    return part?.type === "emoji" ? "□" : whole;
  });
}

function imageMessage(message, context) {
  const full = message.originalContentUrl ?? message.previewImageUrl ?? "";
  const preview = message.previewImageUrl ?? full;
  const shown = picture(preview, context.words("image"), context, "contain");
  return button({
    class: "bubble media", "aria-label": context.words("openImage"),
    on: { click: () => context.act({ type: "uri", uri: new URL(full, document.baseURI).href }) },
  }, shown);
}

function fileMessage(message, context) {
  const size = message.fileSize ? context.words("kilobytes", {
    n: Math.max(1, Math.round(message.fileSize / 1024)) }) : "";
  return element("div", { class: "bubble file" }, icon("file"),
    element("span", { class: "file-name", dir: "auto" }, message.fileName ?? ""),
    element("span", { class: "note" }, size));
}

/** A place with its coordinates: maps come from foreign servers, so none is drawn. */
function locationMessage(message, context) {
  const point = `${Number(message.latitude).toFixed(5)}, ${Number(message.longitude).toFixed(5)}`;
  const lines = [message.title || context.words("location"), message.address].filter(Boolean);
  return element("div", { class: "bubble location" },
    element("div", { class: "map", "aria-hidden": "true" }, icon("pin")),
    element("div", { class: "location-words" },
      lines.map((line, index) => element(index ? "span" : "strong", {
        class: "line", dir: "auto", lang: languageOf(line, context.language) }, line)),
      element("span", { class: "note" }, point)));
}

function area(place, base, context) {
  const { x, y, width, height } = place.area ?? {};
  const action = place.type === "uri" ? { type: "uri", uri: place.linkUri, label: place.label }
    : place;
  const percent = (part, whole) => `${(100 * part) / whole}%`;
  return button({
    class: "area", "aria-label": actionName(action),
    style: {
      left: percent(x, base.width), top: percent(y, base.height),
      width: percent(width, base.width), height: percent(height, base.height),
    },
    on: { click: () => context.act(action) },
  });
}

/**
 * A picture with tappable areas, LINE's imagemaps and rich menus alike. `size` {width, height}:
 * the coordinate system of the areas, which carry `area` {x, y, width, height} and an action.
 */
export function areasOnPicture(address, name, size, areas, context) {
  return element("div", {
    class: "areas", role: "group", "aria-label": name,
    style: { "aspect-ratio": `${size.width} / ${size.height}` },
  }, picture(address, "", context, "cover"), areas.map((place) => area(place, size, context)));
}

function imagemapMessage(message, context) {
  const size = { width: message.baseSize?.width ?? 1040, height: message.baseSize?.height ?? 1040 };
  return element("div", { class: "bubble imagemap" },
    areasOnPicture(`${message.baseUrl}/1040`, message.altText ?? "", size, message.actions ?? [],
      context));
}

function choice(action, context) {
  return button({
    class: "choice", dir: "auto", lang: languageOf(action.label ?? "", context.language),
    on: { click: () => context.act(action) },
  }, action.label ?? "");
}

function words(name, text, context) {
  if (!text) return null;
  return element("div", { class: name }, textLines(text, context.language,
    (uri) => context.act({ type: "uri", uri })));
}

function column(part, template, context) {
  const node = element("div", { class: "template-head" });
  if (part.thumbnailImageUrl) {
    const square = template.imageAspectRatio === "square";
    node.append(element("div", {
      class: "thumbnail",
      style: {
        "aspect-ratio": square ? "1 / 1" : "1.51 / 1",
        "background-color": /^#[0-9a-f]{6}$/iu.test(part.imageBackgroundColor ?? "")
          ? part.imageBackgroundColor : undefined,
      },
    }, picture(part.thumbnailImageUrl, "", context,
      template.imageSize === "contain" ? "contain" : "cover")));
  }
  node.append(...[words("template-title", part.title, context),
    words("template-text", part.text, context)].filter(Boolean));
  return element("div", { class: "template-column" }, tappable(node, part.defaultAction, context),
    (part.actions ?? []).map((action) => choice(action, context)));
}

function imageColumn(part, context) {
  return button({ class: "image-column", "aria-label": actionName(part.action ?? {}),
    on: { click: () => context.act(part.action) } },
  picture(part.imageUrl, "", context, "cover"),
  part.action?.label ? element("span", { class: "image-label" }, part.action.label) : null);
}

function templateMessage(message, context) {
  const template = message.template ?? {};
  const name = { role: "group", "aria-label": message.altText };
  if (template.type === "carousel" || template.type === "image_carousel") {
    const draw = template.type === "carousel" ? (part) => column(part, template, context)
      : (part) => imageColumn(part, context);
    return element("div", { ...name, class: "carousel", tabindex: "0" },
      (template.columns ?? []).map(draw));
  }
  if (template.type === "confirm") {
    return element("div", { ...name, class: "template-column" },
      words("template-text", template.text, context),
      element("div", { class: "pair" },
        (template.actions ?? []).map((action) => choice(action, context))));
  }
  return element("div", name, column(template, template, context));
}

function unknown(message, context) {
  return element("div", { class: "bubble note" },
    message.altText ?? context.words("unknownMessage", { type: message.type ?? "?" }));
}

const DRAW = {
  text: textMessage,
  textV2: (message, context) => textMessage({ ...message, text: plainText(message) }, context),
  sticker,
  image: imageMessage,
  video: (message, context) => element("div", { class: "bubble media" },
    movie(message.originalContentUrl, message.previewImageUrl, context)),
  audio: (message, context) => element("div", { class: "bubble" },
    sound(message.originalContentUrl, message.duration, context)),
  file: fileMessage,
  location: locationMessage,
  imagemap: imagemapMessage,
  template: templateMessage,
  flex: flexMessage,
};

/** The element of one message of any type. */
export function drawMessage(message, context) {
  return (DRAW[message.type] ?? unknown)(message, context);
}

/** The buttons under the last message of a chat; null where there are none. */
export function quickReplies(message, context) {
  const items = (message?.quickReply?.items ?? []).filter((item) => item.action);
  if (items.length === 0) return null;
  return items.map((item) => button({
    class: "quick-reply", dir: "auto",
    lang: languageOf(item.action.label ?? "", context.language),
    on: { click: () => context.act(item.action, { quickReply: true }) },
  }, item.imageUrl ? picture(item.imageUrl, "", context, "contain") : null,
  item.action.label ?? ""));
}
