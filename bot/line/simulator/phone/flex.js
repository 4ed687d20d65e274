/**
 * LINE's Flex Messages as DOM. Sizes are those of the LINE app at its normal text size.
 *
 * Every function takes the message JSON and a `context`: {language, words, act(action)}: the
 * reader's profile language, the page's own words, and what to do when an action is tapped.
 */
import { element } from "./dom.js";
import { picture, movie } from "./media.js";
import { languageOf } from "./text.js";

const SPACE = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const BORDER = { none: 0, light: 0.5, normal: 1, medium: 2, "semi-bold": 3, bold: 4 };
const TEXT = {
  xxs: 11, xs: 13, sm: 14, md: 16, lg: 19, xl: 22, xxl: 29, "3xl": 35, "4xl": 48, "5xl": 74,
};
const IMAGE = {
  xxs: 40, xs: 60, sm: 80, md: 100, lg: 120, xl: 140, xxl: 160, "3xl": 180, "4xl": 200, "5xl": 240,
};
const BUBBLE = {
  nano: 120, micro: 160, deca: 220, hecto: 241, kilo: 260, mega: 300, giga: 386,
};
const NARROW = new Set(["nano", "micro", "deca", "hecto"]);
const JUSTIFY = ["center", "flex-start", "flex-end", "space-between", "space-around", "space-evenly"];
const ALIGN = ["center", "flex-start", "flex-end"];
const START = { start: "flex-start", top: "flex-start", center: "center", end: "flex-end",
  bottom: "flex-end" };

// In a row a component takes an equal share unless it says otherwise; in a column its own height.
const SHARE_IN_ROW = { icon: 0, separator: 0, span: 0 };

/** A keyword of the table or a number of pixels (or percent) as CSS; undefined if it is neither. */
function length(value, table = SPACE) {
  if (value === undefined || value === null) return undefined;
  if (Object.hasOwn(table, value)) return `${table[value]}px`;
  return /^\d+(\.\d+)?(px|%)$/u.test(value) ? value : undefined;
}

function offset(value) {
  return /^-\d+(\.\d+)?(px|%)$/u.test(value ?? "") ? value : length(value);
}

function color(value) {
  return /^#([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$/iu.test(value ?? "") ? value : undefined;
}

/**
 * Text sizes are in rem, so that the browser's own text size counts; `scaling` alone follows the
 * size the resident chose in LINE (--text-scale).
 */
function fontSize(size, scaling, fallback = "md") {
  const known = length(size, TEXT) ?? length(fallback, TEXT);
  if (known.endsWith("%")) return known;
  const rem = `${Number.parseFloat(known) / 16}rem`;
  return scaling ? `calc(${rem} * var(--text-scale))` : rem;
}

function ratio(value) {
  const match = /^(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)$/u.exec(value ?? "1:1");
  return match ? `${match[1]} / ${match[2]}` : "1 / 1";
}

function placement(component) {
  const style = {};
  if (component.position === "absolute") style.position = "absolute";
  else if (component.offsetTop || component.offsetBottom || component.offsetStart
    || component.offsetEnd) style.position = "relative";
  style.top = offset(component.offsetTop);
  style.bottom = offset(component.offsetBottom);
  style["inset-inline-start"] = offset(component.offsetStart);
  style["inset-inline-end"] = offset(component.offsetEnd);
  return style;
}

function share(component, layout) {
  const row = layout !== "vertical";
  const fixed = component.width && row;
  let part = component.flex;
  if (part === undefined || part === null) {
    part = row ? SHARE_IN_ROW[component.type] ?? 1 : Number(component.type === "filler");
  }
  if (fixed || part === 0) return "0 0 auto";
  return row ? `${part} ${part} 0` : `${part} 0 auto`;
}

function distance(component, box, first) {
  const own = length(component.margin);
  const between = first ? undefined : length(box.spacing);
  const margin = own ?? between;
  if (!margin || component.position === "absolute") return {};
  return box.layout === "vertical" ? { "margin-top": margin } : { "margin-inline-start": margin };
}

/** Make a component tappable, with the keyboard too; an action inside it wins over its own. */
export function tappable(node, action, context) {
  if (!action) return node;
  const act = (event) => {
    event.stopPropagation();
    context.act(action);
  };
  node.addEventListener("click", act);
  node.classList.add("tappable");
  if (node.querySelector("button, [tabindex]")) return node;
  node.setAttribute("role", action.type === "uri" ? "link" : "button");
  node.setAttribute("tabindex", "0");
  if (!node.textContent.trim()) node.setAttribute("aria-label", actionName(action));
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    act(event);
  });
  return node;
}

/** What an action is called where nothing else names it. */
export function actionName(action) {
  return action.label || action.displayText || action.text || action.uri || action.linkUri || "";
}

// The number of the text, made smaller until the line fits; the size follows the phone's width.
const shrinking = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    target.style.setProperty("--shrink", "1");
    const factor = target.clientWidth / target.scrollWidth;
    if (factor < 1) target.style.setProperty("--shrink", String(Math.max(0.3, factor * 0.98)));
  }
});

function span(part, base, context) {
  return element("span", {
    lang: languageOf(part.text ?? "", context.language),
    style: {
      color: color(part.color),
      "font-size": part.size ? fontSize(part.size, base.scaling) : undefined,
      "font-weight": part.weight === "bold" ? "700" : part.weight && "400",
      "font-style": part.style === "italic" ? "italic" : part.style && "normal",
      "text-decoration": part.decoration,
    },
  }, part.text ?? "");
}

function text(component, context) {
  const spans = component.contents?.length > 0;
  const wrap = component.wrap === true;
  const line = element("p", {
    class: wrap ? "flex-words" : "flex-words one-line may-cut",
    dir: "auto",
    lang: spans ? undefined : languageOf(component.text ?? "", context.language),
    style: {
      color: color(component.color),
      "text-align": { start: "start", end: "end", center: "center" }[component.align],
      "font-weight": component.weight === "bold" ? "700" : undefined,
      "font-style": component.style === "italic" ? "italic" : undefined,
      "text-decoration": component.decoration,
      "padding-block": component.lineSpacing ? "0" : undefined,
      "line-height": lineHeight(component),
      "--size": fontSize(component.size, component.scaling),
      "--lines": wrap && component.maxLines > 0 ? component.maxLines : undefined,
    },
  }, spans ? component.contents.map((part) => span(part, component, context))
    : component.text ?? "");
  if (wrap && component.maxLines > 0) line.classList.add("max-lines", "may-cut");
  if (component.adjustMode === "shrink-to-fit" && !wrap) shrinking.observe(line);
  return element("div", { class: "flex-text", style: { "justify-content": START[component.gravity] } },
    line);
}

function lineHeight(component) {
  const spacing = length(component.lineSpacing, {});
  return spacing ? `calc(1.3em + ${spacing})` : undefined;
}

function flexButton(component, context) {
  const style = component.style ?? "link";
  const chosen = color(component.color);
  const label = element("span", {
    class: "flex-label may-cut",
    lang: languageOf(component.action?.label ?? "", context.language),
    dir: "auto",
    style: { "--size": fontSize("md", component.scaling) },
  }, component.action?.label ?? "");
  if (component.adjustMode === "shrink-to-fit") shrinking.observe(label);
  return element("div", {
    class: "flex-button-place",
    style: { "justify-content": START[component.gravity] },
  }, element("button", {
    type: "button",
    class: `flex-button ${style === "primary" || style === "secondary" ? style : "link"}`
      + `${component.height === "sm" ? " small" : ""}`,
    style: {
      color: style === "link" ? chosen : undefined,
      "background-color": style === "link" ? undefined : chosen,
    },
    on: {
      click: (event) => {
        event.stopPropagation();
        context.act(component.action);
      },
    },
  }, label));
}

function image(component, context, hero) {
  const size = component.size === "full" ? "100%" : length(component.size ?? "md", IMAGE);
  const frame = element("span", {
    class: "flex-image-frame",
    style: {
      width: hero && component.size === "full" ? "100%" : size,
      "aspect-ratio": ratio(component.aspectRatio),
      "background-color": color(component.backgroundColor),
    },
  }, picture(component.url, component.action ? actionName(component.action) : "", context,
    component.aspectMode === "cover" ? "cover" : "contain"));
  return element("div", {
    class: "flex-image",
    style: {
      "align-items": START[component.align ?? "center"],
      "justify-content": START[component.gravity],
    },
  }, frame);
}

function flexIcon(component, context) {
  const size = fontSize(component.size, component.scaling);
  return element("span", {
    class: "flex-icon",
    style: { height: size, "aspect-ratio": ratio(component.aspectRatio) },
  }, picture(component.url, "", context, "contain"));
}

function separator(component, layout) {
  return element("div", {
    class: layout === "vertical" ? "flex-separator" : "flex-separator upright",
    style: { "background-color": color(component.color) },
  });
}

function video(component, context) {
  return element("div", {
    class: "flex-video", style: { "aspect-ratio": ratio(component.aspectRatio ?? "1.91:1") },
  }, movie(component.url, component.previewUrl, context));
}

function background(component) {
  const gradient = component.background;
  if (gradient?.type !== "linearGradient" || !/^\d+(\.\d+)?deg$/u.test(gradient.angle ?? "")) {
    return undefined;
  }
  const [start, middle, end] = [gradient.startColor, gradient.centerColor, gradient.endColor]
    .map(color);
  if (!start || !end) return undefined;
  const at = /^\d+(\.\d+)?%$/u.test(gradient.centerPosition ?? "") ? gradient.centerPosition : "50%";
  const stops = middle ? `${start}, ${middle} ${at}, ${end}` : `${start}, ${end}`;
  return `linear-gradient(${gradient.angle}, ${stops})`;
}

function padding(component) {
  const all = length(component.paddingAll);
  return {
    "padding-top": length(component.paddingTop) ?? all,
    "padding-bottom": length(component.paddingBottom) ?? all,
    "padding-inline-start": length(component.paddingStart) ?? all,
    "padding-inline-end": length(component.paddingEnd) ?? all,
  };
}

function box(component, context) {
  const width = length(component.borderWidth, BORDER);
  const node = element("div", {
    class: `flex-box ${["horizontal", "baseline"].includes(component.layout) ? component.layout
      : "vertical"}`,
    style: {
      ...padding(component),
      "background-color": color(component.backgroundColor),
      "background-image": background(component),
      "border-color": color(component.borderColor),
      "border-width": width ?? (component.borderColor ? "1px" : undefined),
      "border-radius": length(component.cornerRadius),
      overflow: component.cornerRadius ? "hidden" : undefined,
      width: length(component.width),
      "max-width": length(component.maxWidth),
      height: length(component.height),
      "max-height": length(component.maxHeight),
      "justify-content": JUSTIFY.includes(component.justifyContent) ? component.justifyContent
        : undefined,
      "align-items": ALIGN.includes(component.alignItems) ? component.alignItems : undefined,
    },
  });
  let first = true;
  for (const child of component.contents ?? []) {
    const inside = flexComponent(child, component, context, first);
    if (!inside) continue;
    node.append(inside);
    first = first && child.position === "absolute";
  }
  return node;
}

const DRAW = {
  box, text, button: flexButton, image, icon: flexIcon, video,
  filler: () => element("div", { class: "flex-filler" }),
};

function flexComponent(component, parent, context, first) {
  const node = component.type === "separator" ? separator(component, parent.layout)
    : DRAW[component.type]?.(component, context);
  if (!node) return null;
  const style = { flex: share(component, parent.layout), ...placement(component),
    ...distance(component, parent, first) };
  for (const [property, value] of Object.entries(style)) {
    if (value !== undefined) node.style.setProperty(property, value);
  }
  return component.type === "button" ? node : tappable(node, component.action, context);
}

function block(name, component, style, context, first) {
  if (!component) return [];
  const node = element("div", {
    class: `flex-block ${name}`, style: { "background-color": color(style?.backgroundColor) },
  });
  const inside = component.type === "image" ? image(component, context, true)
    : DRAW[component.type]?.(component, context);
  if (inside) node.append(tappable(inside, component.action, context));
  const line = style?.separator && !first
    ? [element("div", { class: "flex-separator",
      style: { "background-color": color(style.separatorColor) } })] : [];
  return [...line, node];
}

function bubble(container, context) {
  const size = Object.hasOwn(BUBBLE, container.size ?? "") ? container.size : "mega";
  const node = element("div", {
    class: `flex-bubble ${NARROW.has(size) ? "narrow" : size}`,
    dir: container.direction === "rtl" ? "rtl" : "ltr",
    style: { "--width": `${BUBBLE[size] / 16}rem` },
  });
  for (const name of ["header", "hero", "body", "footer"]) {
    node.append(...block(name, container[name], container.styles?.[name], context,
      node.childElementCount === 0));
  }
  return tappable(node, container.action, context);
}

/** A Flex container (bubble or carousel) with its `altText` as accessible name. */
export function flexMessage(message, context) {
  const container = message.contents ?? {};
  const attributes = { role: "group", "aria-label": message.altText };
  if (container.type === "carousel") {
    return element("div", { ...attributes, class: "carousel", tabindex: "0" },
      (container.contents ?? []).map((part) => bubble(part, context)));
  }
  return element("div", { ...attributes, class: "flex-message" }, bubble(container, context));
}
