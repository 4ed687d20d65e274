/** The control page: how the local platform behaves, and what the bot asked of it. */
import { button, element } from "./dom.js";
import { simulator } from "./api.js";
import { dateAndTime, timeOfDay } from "./clock.js";
import { CONTROL_WORDS } from "./control-words.js";
import { Log, requestRow, webhookRow } from "./control-log.js";
import { languageSwitch } from "./strip.js";
import { pageLanguage, wordsIn } from "./words.js";

const words = wordsIn(pageLanguage(), CONTROL_WORDS);
const language = words("language");
const HOUR = 3600;
const EVERY = 3000;
const KINDS = ["400", "401", "429-rate", "429-quota", "500", "500-after", "drop-before",
  "drop-after", "timeout", "timeout-after", "slow", "garbage"];
const ENDPOINTS = ["reply", "push", "multicast", "profile", "content", "loading", "markAsRead",
  "quota", "consumption", "richmenu"];

function sum(counts) {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function kindName(kind) {
  return words(`kind${kind.replaceAll("-", "")}`);
}

function endpointName(endpoint) {
  return { "*": words("every"), sending: words("sendingCalls") }[endpoint] ?? endpoint;
}

function card(name, ...content) {
  return element("section", { class: "card", "aria-labelledby": `card-${name}` },
    element("h2", { id: `card-${name}` }, words(name)), ...content);
}

/** Save something and say so beside it; the outcome of `change()` goes to `after`. */
async function saving(place, change, after) {
  try {
    const result = await change();
    place.className = "saved";
    place.textContent = words("saved", { time: timeOfDay(Date.now(), language) });
    after?.(result);
  } catch (error) {
    place.className = "problem";
    place.textContent = words("notSaved", { reason: error.message });
  }
}

function numberField(label, min, max, value = "") {
  const input = element("input", { type: "text", inputmode: "numeric", value, autocomplete: "off" });
  return { input, root: element("label", {}, element("span", {}, label), input),
    /** The number, or null after saying what is wrong in `place`. */
    read(place) {
      const number = Number(input.value);
      const right = /^\d+$/u.test(input.value.trim()) && number >= min && number <= max;
      if (right) return number;
      place.className = "problem";
      place.textContent = words("badNumber", { min, max });
      input.focus();
      return null;
    } };
}

function form(place, save, ...fields) {
  return element("form", { novalidate: true, on: { submit: (event) => {
    event.preventDefault();
    save();
  } } }, ...fields, element("button", { type: "submit", class: "main-button" }, words("save")),
  place);
}

function outcome() {
  return element("p", { role: "status" });
}

function nowCard() {
  const facts = element("dl");
  const at = element("p", { class: "note" });
  const root = card("now", facts, at);
  return { root, show(health, quota) {
    const rows = [
      ["webhook", health.webhook || words("noWebhook")],
      ["people", words("peopleCount", { users: health.users, friends: health.friends })],
      ["usage", words("usageOf", { used: health.usage, quota: quota ?? words("noLimit") })],
      ["pending", words("pendingCount", { n: health.pending_webhooks })],
    ];
    facts.replaceChildren(...rows.flatMap(([name, value]) => [element("dt", {}, words(name)),
      element("dd", {}, value)]));
    at.textContent = words("nowAt", { time: timeOfDay(Date.now(), language) });
  } };
}

function clockCard() {
  const place = outcome();
  const time = element("dd");
  const moved = element("p", { class: "note" });
  let offset = 0;
  const show = () => {
    time.textContent = dateAndTime(Date.now() + offset * 1000, language);
    moved.textContent = Math.abs(offset) < 1 ? words("clockReal") : words("clockMoved", {
      amount: words("hours", { n: (offset / HOUR).toLocaleString(language, {
        maximumFractionDigits: 1, signDisplay: "always" }) }) });
  };
  const move = (change) => saving(place, () => simulator.setClock(change), (answer) => {
    offset = answer.offset_seconds;
    show();
  });
  const step = (name, seconds) => button({ class: "plain-button",
    on: { click: () => move({ advance_seconds: seconds }) } }, words(name));
  setInterval(show, 1000);
  const root = card("clock", element("dl", {}, element("dt", {}, words("clockNow")), time), moved,
    element("div", { class: "buttons" }, step("advanceMinutes", HOUR / 3), step("advanceHour", HOUR),
      step("advanceDay", 24 * HOUR), button({ class: "plain-button",
        on: { click: () => move({ offset_seconds: 0 }) } }, words("clockReset"))), place);
  return { root, show(health) {
    offset = health.clock_offset;
    show();
  } };
}

function latencyCard(behaviour) {
  const place = outcome();
  const field = numberField(words("latencyUnit"), 0, 60000, behaviour.latency_ms);
  return card("latency", form(place, () => {
    const value = field.read(place);
    if (value !== null) saving(place, () => simulator.setBehaviour({ latency_ms: value }));
  }, field.root));
}

function quotaCard(behaviour) {
  const place = outcome();
  const field = numberField(words("quotaCount"), 0, 10000000, behaviour.quota ?? 200);
  const choice = (name, checked, limited) => element("label", { class: "choice-label" },
    element("input", { type: "radio", name: "quota", checked, value: limited ? "some" : "none",
      on: { change: () => { field.root.hidden = !limited; } } }), words(name));
  field.root.hidden = behaviour.quota === null;
  const made = form(place, () => {
    const limited = made.elements.quota.value === "some";
    const value = limited ? field.read(place) : null;
    if (limited && value === null) return;
    saving(place, () => simulator.setBehaviour({ quota: value }));
  }, choice("quotaNone", behaviour.quota === null, false),
  choice("quotaSome", behaviour.quota !== null, true), field.root);
  return card("quota", made);
}

function redeliveryCard(behaviour) {
  const place = outcome();
  return card("redelivery", element("label", { class: "choice-label" },
    element("input", { type: "checkbox", checked: behaviour.redelivery, on: {
      change: (event) => saving(place, () => simulator.setBehaviour({
        redelivery: event.target.checked })),
    } }), words("redeliveryOn")), place);
}

function select(label, entries) {
  const input = element("select", {}, entries.map(([value, name]) => element("option", { value },
    name)));
  return { input, root: element("label", {}, element("span", {}, label), input) };
}

function failuresCard(behaviour) {
  const place = outcome();
  const list = element("div", { class: "plans" });
  let plans = [];
  const save = (next) => saving(place, () => simulator.setBehaviour({ failures: next }), draw);
  const draw = (answer) => {
    plans = answer.failures;
    list.replaceChildren(...(plans.length === 0
      ? [element("p", { class: "note" }, words("noFailures"))]
      : plans.map((plan, index) => element("div", { class: "plan" },
        element("span", {}, `${endpointName(plan.endpoint)}: ${kindName(plan.kind)} (${plan.share
          ? words("failureShare", { n: Math.round(plan.share * 100) })
          : words("failureTimes", { n: plan.times ?? 1 })})`),
        button({ class: "plain-button", on: {
          click: () => save(plans.filter((_, other) => other !== index)) } }, words("remove"))))));
    removeAll.hidden = plans.length < 2;
  };
  const removeAll = button({ class: "plain-button", on: { click: () => save([]) } },
    words("removeAll"));
  const endpoint = select(words("endpoint"), ["sending", ...ENDPOINTS, "*"].map((name) => [name,
    endpointName(name)]));
  const kind = select(words("kind"), KINDS.map((name) => [name, kindName(name)]));
  kind.input.value = "500";
  const often = select(words("howOften"), [["times", words("times")], ["share", words("share")]]);
  const amount = { times: numberField(words("times"), 1, 100000, 3),
    share: numberField(words("share"), 1, 100, 10) };
  amount.share.root.hidden = true;
  often.input.addEventListener("change", () => {
    for (const [name, field] of Object.entries(amount)) {
      field.root.hidden = name !== often.input.value;
    }
  });
  const add = form(place, () => {
    const unit = often.input.value;
    const value = amount[unit].read(place);
    if (value === null) return;
    save([...plans, { endpoint: endpoint.input.value, kind: kind.input.value,
      [unit]: unit === "share" ? value / 100 : value }]);
  }, endpoint.root, kind.root, often.root, amount.times.root, amount.share.root);
  add.querySelector(".main-button").textContent = words("addFailure");
  draw(behaviour);
  return card("failures", list, removeAll, add);
}

function page() {
  document.documentElement.lang = language;
  document.title = words("title");
  const stale = element("p", { class: "stale", role: "alert", hidden: true });
  const cards = element("main", { class: "cards" }, element("p", {}, words("intro")));
  document.body.append(element("header", { class: "strip" }, element("h1", {}, words("title")),
    element("div", { class: "strip-controls" },
      element("a", { href: "/", class: "plain-button" }, words("phones")), languageSwitch(words))),
  stale, cards);
  return { cards, stale };
}

async function start() {
  const { cards, stale } = page();
  const now = nowCard();
  const clock = clockCard();
  const requests = new Log(words, "requests", "noRequests", requestRow, simulator.requests);
  const webhooks = new Log(words, "webhooks", "noWebhooks", webhookRow, simulator.webhooks);
  let heard = Date.now();
  let built = false;
  const ask = async () => {
    const [health, behaviour] = await Promise.all([simulator.health(), simulator.behaviour()]);
    if (!built) {
      cards.append(element("div", { class: "pairs" }, now.root, clock.root, latencyCard(behaviour),
        redeliveryCard(behaviour), quotaCard(behaviour), failuresCard(behaviour)), requests.root,
      webhooks.root);
      clock.show(health);
      built = true;
    }
    now.show(health, behaviour.quota);
    const calls = Object.values(health.calls).map(sum);
    await Promise.all([requests.ask(sum(calls)), webhooks.ask(sum(health.webhooks))]);
  };
  for (;;) {
    try {
      if (!document.hidden) await ask();
      heard = Date.now();
      stale.hidden = true;
    } catch {
      stale.hidden = false;
      stale.textContent = words("stale", { time: timeOfDay(heard, language) });
    }
    await new Promise((resolve) => { setTimeout(resolve, EVERY); });
  }
}

start();
