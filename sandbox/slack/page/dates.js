/** Dates in the time zone of the person who looks; moments are Unix seconds. */

import { mine, person, store } from "./store.js";

const DAY = 86400;
const formats = new Map();

function zone() {
  return person(store.me).tz || "UTC";
}

/** `Intl.DateTimeFormat` is slow to make and quick to use: a long channel asks for the same few all the time. */
function shown(seconds, locale, options) {
  const key = `${locale} ${zone()} ${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, { timeZone: zone(), ...options }));
  return formats.get(key).format(new Date(seconds * 1000));
}

/** `2026-11-23`: also what date fields hold. */
function isoDay(seconds) {
  return shown(seconds, "en-CA", { year: "numeric", month: "2-digit", day: "2-digit" });
}

/** `14:05` */
export function clock(seconds) {
  return shown(seconds, "en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** Day and time with the zone, for tooltips. */
export function exact(seconds) {
  return shown(
    seconds,
    "en-GB",
    {
      weekday: "long",
      day: "numeric",
      month: "long",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      timeZoneName: "short",
    },
  );
}

function pretty(seconds, usual) {
  const now = Date.now() / 1000;
  const day = isoDay(seconds);
  if (day === isoDay(now)) return "today";
  if (day === isoDay(now - DAY)) return "yesterday";
  if (day === isoDay(now + DAY)) return "tomorrow";
  return usual;
}

/** The title of a day between messages. */
export function dayTitle(seconds) {
  const title = pretty(seconds, shown(seconds, "en-GB", { weekday: "long", day: "numeric", month: "long" }));
  return title[0].toUpperCase() + title.slice(1);
}

/** `3 minutes ago`, `in 2 hours` */
function ago(seconds) {
  const past = Date.now() / 1000 - seconds;
  const size = Math.abs(past);
  if (size < 45) return "just now";
  const [unit, length] = [
    ["minute", 60],
    ["hour", 3600],
    ["day", DAY],
    ["month", 30 * DAY],
    ["year", 365 * DAY],
  ].findLast(([name, length]) => name === "minute" || size >= length * 0.9);
  return new Intl.RelativeTimeFormat("en", { numeric: "always" }).format(
    -Math.sign(past) * Math.max(1, Math.round(size / length)),
    unit,
  );
}

/** When the last reply of a thread came. */
export function lately(seconds) {
  return `${pretty(seconds, shown(seconds, "en-GB", { day: "numeric", month: "short" }))} at ${clock(seconds)}`;
}

/** Fills the tokens of Slack's date format, as in `<!date^…>` and rich_text. @param {string} format @param {number} seconds */
export function fill(format, seconds) {
  const usual = () => shown(seconds, "en-US", { day: "numeric", month: "long", year: "numeric" });
  const short = () => shown(seconds, "en-US", { day: "numeric", month: "short", year: "numeric" });
  const long = () => shown(seconds, "en-US", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const tokens = {
    date_num: () => isoDay(seconds),
    date_slash: () => isoDay(seconds).replaceAll("-", "/"),
    date: usual,
    date_short: short,
    date_long: long,
    date_pretty: () => pretty(seconds, usual()),
    date_short_pretty: () => pretty(seconds, short()),
    date_long_pretty: () => pretty(seconds, long()),
    day_divider_pretty: () => pretty(seconds, shown(seconds, "en-US", { weekday: "long", day: "numeric", month: "long" })),
    time: () => clock(seconds),
    time_secs: () => shown(seconds, "en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    ago: () => ago(seconds),
  };
  return format.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(tokens, name) ? tokens[name]() : whole));
}

/** What a `datetime-local` field holds for a moment, in the person's zone. */
export function toField(seconds) {
  return `${isoDay(seconds)}T${clock(seconds)}`;
}

/** The moment that a `datetime-local` field means in the person's zone; null where it is not complete. */
export function fromField(text) {
  const wanted = Date.parse(`${text}Z`) / 1000;
  if (!text || Number.isNaN(wanted)) return null;
  let guess = wanted;
  // Twice: the first guess may be on the other side of a clock change, with another offset.
  for (let round = 0; round < 2; round += 1) guess += wanted - Date.parse(`${toField(guess)}Z`) / 1000;
  return Math.floor(guess);
}

/** The zone's city, for hints beside fields. */
export function zoneName() {
  return mine().ready ? zone().split("/").pop().replaceAll("_", " ") : "UTC";
}
