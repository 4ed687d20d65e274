// What a page does that a person cannot use: a list of sentences, empty where all is well.
() => {
  const found = [];
  const name = (element) => `${element.tagName.toLowerCase()} "${(element.textContent || element.name || "").trim().slice(0, 30)}"`;
  const visible = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(visible);

  const tooWide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (tooWide > 0) found.push(`scrolls sideways by ${tooWide} px`);

  for (const element of all("a[href], button, input, textarea, select")) {
    if (element.closest(".skip")) continue;
    const target = ["radio", "checkbox"].includes(element.type) ? element.closest("label") : element;
    const inSentence = element.tagName === "A" && getComputedStyle(element).display === "inline" && element.closest("p");
    const { width, height } = target.getBoundingClientRect();
    if (!inSentence && (width < 43.5 || height < 43.5)) found.push(`${name(element)} is ${width} × ${height} px`);
    const label = element.labels?.[0]?.textContent || element.getAttribute("aria-label") || (["A", "BUTTON"].includes(element.tagName) && element.textContent);
    if (!label || !label.trim()) found.push(`${name(element)} has no name`);
  }

  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`two elements are #${id}`);
  for (const attribute of ["aria-describedby", "aria-controls", "for"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).trim().split(/\s+/)) {
        if (!document.getElementById(id)) found.push(`${attribute}="${id}" leads nowhere`);
      }
    }
  }
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    if (!document.getElementById(link.hash.slice(1))) found.push(`${link.hash} leads nowhere`);
  }

  if (document.querySelectorAll("h1").length !== 1) found.push("not exactly one h1");
  if (document.querySelectorAll("main").length !== 1) found.push("not exactly one main");
  if (!document.documentElement.lang) found.push("no language");
  let level = 0;
  for (const heading of all("h1, h2, h3, h4")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1 && !heading.closest(".summary")) found.push(`${name(heading)} skips a level`);
    level = next;
  }

  const channel = (value) => { const part = value / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; };
  const luminance = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const colour = (text) => text.match(/[\d.]+/g).map(Number);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [red, green, blue, alpha = 1] = colour(getComputedStyle(at).backgroundColor);
      if (alpha > 0) return [red, green, blue];
    }
    return [255, 255, 255];
  };
  for (const element of all("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!own || element.matches(".unseen")) continue;
    const [one, two] = [luminance(colour(getComputedStyle(element).color)), luminance(ground(element))];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (contrast < 4.5) found.push(`${name(element)} has contrast ${contrast.toFixed(1)}`);
  }

  for (const resource of performance.getEntriesByType("resource")) {
    if (!resource.name.startsWith(location.origin)) found.push(`asks ${resource.name}`);
  }
  return found;
}
