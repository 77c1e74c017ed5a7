/** Dates in the time zone of the person who looks. */

import { person, store } from "./store.js";

function zone() {
  return person(store.me).tz || "UTC";
}

function parts(seconds, options) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone(), ...options }).format(new Date(seconds * 1000));
}

function dayNumber(seconds) {
  return parts(seconds, { year: "numeric", month: "2-digit", day: "2-digit" });
}

function pretty(seconds, usual) {
  const now = Date.now() / 1000;
  if (dayNumber(seconds) === dayNumber(now)) return "today";
  if (dayNumber(seconds) === dayNumber(now - 86400)) return "yesterday";
  if (dayNumber(seconds) === dayNumber(now + 86400)) return "tomorrow";
  return usual;
}

export function clock(seconds) {
  return parts(seconds, { hour: "2-digit", minute: "2-digit" });
}

export function dayTitle(seconds) {
  const title = pretty(seconds, parts(seconds, { weekday: "long", day: "numeric", month: "long" }));
  return title[0].toUpperCase() + title.slice(1);
}

/** Fills the tokens of a `<!date^…>`. */
export function fill(format, seconds) {
  const long = parts(seconds, { day: "numeric", month: "long", year: "numeric" });
  const short = parts(seconds, { day: "numeric", month: "short", year: "numeric" });
  const tokens = {
    date_num: dayNumber(seconds),
    date: long,
    date_short: short,
    date_long: parts(seconds, { weekday: "long", day: "numeric", month: "long", year: "numeric" }),
    date_pretty: pretty(seconds, long),
    date_short_pretty: pretty(seconds, short),
    date_long_pretty: pretty(seconds, long),
    time: clock(seconds),
    time_secs: parts(seconds, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    ago: `${Math.max(0, Math.round((Date.now() / 1000 - seconds) / 60))} minutes ago`,
  };
  return format.replace(/\{(\w+)\}/g, (whole, name) => tokens[name] ?? whole);
}
