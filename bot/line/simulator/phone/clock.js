/** Times as the city's residents see them: in Japan, by the simulator's clock. */

const ZONE = "Asia/Tokyo";
const DAY = 24 * 60 * 60 * 1000;

const formats = new Map();

function format(pageLanguage, name, options) {
  // "20 Nov 2026": the order of days and months in plain "en" depends on the country.
  const language = pageLanguage === "en" ? "en-GB" : pageLanguage;
  const key = `${language} ${name}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat(language, { timeZone: ZONE, ...options }));
  }
  return formats.get(key);
}

/** "21:40". */
export function timeOfDay(milliseconds, language) {
  return format(language, "time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
    .format(milliseconds);
}

/** "2026-09-12", to tell days apart. */
export function dayKey(milliseconds) {
  return format("en-CA", "key", { year: "numeric", month: "2-digit", day: "2-digit" })
    .format(milliseconds);
}

/** "9月12日(土)", or the words for today and yesterday. */
export function dayName(milliseconds, now, words) {
  if (dayKey(milliseconds) === dayKey(now)) return words("today");
  if (dayKey(milliseconds) === dayKey(now - DAY)) return words("yesterday");
  return format(words("language"), "day", { month: "short", day: "numeric", weekday: "short" })
    .format(milliseconds);
}

/** "2026年9月12日 21:40", "12 Sept 2026, 21:40". */
export function dateAndTime(milliseconds, language) {
  return format(language, "both", { year: "numeric", month: "short", day: "numeric",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(milliseconds);
}
