/** The simulator's control API (see ../README.md) as this page uses it. */

/** The answer's JSON; an Error says what the simulator refused or that it cannot be reached. */
async function call(path, options = {}) {
  const response = await fetch(`/_simulator/${path}`, { cache: "no-store", ...options });
  if (response.ok) return response.json();
  const { error } = await response.json().catch(() => ({}));
  throw new Error(error ?? response.statusText);
}

function send(path, body) {
  return call(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
}

const id = encodeURIComponent;

const PAGE = 1000;

export const simulator = {
  /** Items of a chat in one answer, at most. */
  PAGE,
  residents: (search) => call(`users?limit=50&search=${id(search)}`),
  resident: (user) => call(`users/${id(user)}`),
  addResident: (fields) => send("users", fields),
  chat: (user, since) => call(`users/${id(user)}/messages?since=${since}&limit=${PAGE}`),
  changes: (since, users, signal) => call(
    `changes?since=${since}&wait=20&users=${users.map(id).join(",")}`, { signal }),
  menu: (user) => call(`users/${id(user)}/richmenu`),
  event: (user, type, fields = {}) => send("event", { user, type, ...fields }),
  media: (message, preview) => `/_simulator/media/${id(message)}${preview ? "?preview=1" : ""}`,
  health: () => call("health"),
  /** What the bot asked, and what was sent to it: {next, entries}, oldest first. */
  requests: (since) => call(`requests?since=${since}&limit=1000`)
    .then(({ next, requests }) => ({ next, entries: requests })),
  webhooks: (since) => call(`webhooks?since=${since}`)
    .then(({ next, webhooks }) => ({ next, entries: webhooks })),
  behaviour: () => call("behaviour"),
  setBehaviour: (change) => send("behaviour", change),
  setClock: (change) => send("clock", change),
  /** Presets for the location sheet, [{name, latitude, longitude, address?}]; none is normal. */
  places: () => call("places").then((body) => body.places ?? []).catch(() => []),
  /** Keep a file's bytes; the answer's id is the `upload` of an image, audio, video or file event. */
  upload: (file) => call("media", {
    method: "POST", headers: { "Content-Type": file.type || "application/octet-stream" }, body: file,
  }).then((body) => body.upload),
};
