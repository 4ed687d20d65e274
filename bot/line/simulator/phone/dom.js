/**
 * Build DOM without markup: whatever arrives in a message becomes a text node or a checked
 * attribute, never HTML.
 */

/**
 * One element. `attributes` takes attribute names as they are; `class`, `on` (event handlers by
 * name) and `style` (CSS properties by name, set one by one so that no inline style attribute is
 * parsed) are treated apart. Values of undefined, null and false leave the attribute out.
 */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "on") {
      for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    } else if (key === "style") {
      for (const [property, part] of Object.entries(value)) {
        if (part !== undefined && part !== null) node.style.setProperty(property, part);
      }
    } else {
      node.setAttribute(key, value === true ? "" : String(value));
    }
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return node;
}

/** A button that submits nothing. */
export function button(attributes, ...children) {
  return element("button", { type: "button", ...attributes }, ...children);
}

const SVG = "http://www.w3.org/2000/svg";

// 24 × 24 outlines, drawn here: no icon font, no foreign picture.
const ICONS = {
  menu: "M4 6h16M4 12h16M4 18h16",
  keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M17 10h.01M8 14h8",
  plus: "M12 5v14M5 12h14",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8.5 10h.01M15.5 10h.01M8 14.5c2 2.3 6 2.3 8 0",
  send: "M4 12 20 4l-5 16-3.5-6.500zM11.5 13.5 20 4",
  more: "M12 6h.01M12 12h.01M12 18h.01",
  close: "M6 6l12 12M18 6 6 18",
  down: "M6 9l6 6 6-6",
  next: "M9 6l6 6-6 6",
  pin: "M12 21s7-6.2 7-11.500A7 7 0 0 0 5 9.500C5 14.8 12 21 12 21M12 7a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  camera: "M4 8h4l1.5-2.500h5L16 8h4v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7",
  film: "M4 6h16v12H4zM10 9.500v5l4.5-2.500z",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  sound: "M5 10v4h3l4 4V6L8 10zM15.5 9a4 4 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11",
  microphone: "M12 4a2.5 2.5 0 0 1 2.5 2.500V11a2.5 2.5 0 0 1-5 0V6.500A2.5 2.5 0 0 1 12 4M6.5 11a5.5 5.5 0 0 0 11 0M12 16.500V20",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M5 20c0-4 3-6 7-6s7 2 7 6",
};

/** A decorative icon; the words stand beside it or in the button's label. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
