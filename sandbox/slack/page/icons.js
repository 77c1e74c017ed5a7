/** Icons, drawn as lines on a grid of 20, and the avatars. */

import { el } from "./dom.js";

const SPACE = "http://www.w3.org/2000/svg";

const LINES = {
  hash: "M8 3 6.5 17M13.5 3 12 17M3.5 7.5h13.5M3 12.5h13.5",
  lock: "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  home: "M3.5 9.5 10 4l6.500 5.500V16.500h-4.500v-4h-4v4h-4.500z",
  chat: "M3.500 4.500h13v9h-7l-3.500 3v-3h-2.500z",
  thread: "M3.500 4h13v8.500h-6.500l-3.500 3v-3h-3zM7 7.300h6M7 9.600h3.500",
  eye: "M2 10c2-3.500 4.800-5 8-5s6 1.500 8 5c-2 3.500-4.800 5-8 5s-6-1.500-8-5zM10 7.700a2.300 2.300 0 1 0 0 4.600 2.300 2.300 0 0 0 0-4.600z",
  pin: "M7.500 3h5l-.5 5 2.500 3h-9L8 8zM10 11v6",
  send: "M3.500 10 16.500 4l-4 12.500-3-5zM9.500 11.500l7-7.500",
  close: "M5 5l10 10M15 5 5 15",
  menu: "M3 5.500h14M3 10h14M3 14.500h14",
  down: "M10 4v11.500M5.500 11 10 15.500 14.500 11",
  more: "M4.500 10h.01M10 10h.01M15.500 10h.01",
  file: "M5.500 2.500h6l3.500 3.500v11.500h-9.500zM11.500 2.500V6H15",
  draft: "M4 16l.8-3.500L13 4.300l2.700 2.700-8.200 8.200z",
  keys: "M2.500 5.500h15v9h-15zM5.500 8.500h.01M8.500 8.500h.01M11.500 8.500h.01M14.500 8.500h.01M6.500 11.500h7",
  trouble: "M11 2.500 4.500 11h4.500l-1 6.500 7-9h-5z",
  search: "M8.500 3.500a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12.300 12.300 16.500 16.500",
};

/** @param {keyof typeof LINES} name */
export function icon(name) {
  const svg = document.createElementNS(SPACE, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SPACE, "path");
  path.setAttribute("d", LINES[name]);
  svg.append(path);
  return svg;
}

/** Colours with at least 4.5:1 under white letters. */
const COLOURS = ["#b4471b", "#6a41b5", "#0b7276", "#ad2265", "#4a6a12", "#2d62b3", "#8a5a00", "#5b5f6b"];

/** An avatar: initials in the person's own colour, or the app's sound wave. @param {any} person @param {number} [size] */
export function avatar(person, size = 36) {
  const shape = { "--size": `${size}px` };
  if (person.is_bot && person.id !== "USLACKBOT") {
    const bars = [34, 72, 100, 58, 30].map((height) => el("i", { style: { height: `${height}%` } }));
    return el("span", { class: "avatar app", "aria-hidden": "true", style: shape }, bars);
  }
  const words = person.real_name.split(/\s+/);
  const initials = (words[0][0] + (words.length > 1 ? words[words.length - 1][0] : "")).toUpperCase();
  return el(
    "span",
    { class: "avatar", "aria-hidden": "true", style: { ...shape, "--own": COLOURS[(person.place ?? 7) % COLOURS.length] } },
    initials,
  );
}
