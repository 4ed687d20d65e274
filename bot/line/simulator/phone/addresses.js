/**
 * Names under .example and .test never exist (RFC 2606). Where a message links to one, the city's
 * web address is not set up, and the bot's own server stands in for it.
 */

let standIn = null;

/** `webhook`: where the simulator sends events, or null; the bot's pages are on the same server. */
export function setBot(webhook) {
  standIn = webhook ? new URL(webhook) : null;
}

/** The URL that can be opened for `url`. */
export function reachable(url) {
  if (standIn === null || !/\.(example|test)$/u.test(url.hostname)) return url;
  return new URL(url.pathname + url.search + url.hash, standIn.origin);
}
