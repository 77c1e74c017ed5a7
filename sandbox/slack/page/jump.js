/** The dialogs that help to get around: jump to a place, and the list of keys. */

import { overlay, panel } from "./dialog.js";
import { el, freshId } from "./dom.js";
import { avatar, icon } from "./icons.js";
import { cast, mine, store, unread } from "./store.js";

/** @param {{go: (place: string) => void, become: (user: string) => void}} acts */
export function jump(acts) {
  const id = freshId("places");
  const places = [
    ...[...mine().channels.values()].map((channel) => ({
      sign: () => (
        channel.kind === "im" ? avatar(
          { is_bot: true, real_name: mine().app.name },
          24,
        ) : icon(channel.kind === "private" ? "lock" : "hash")
      ),
      label: channel.kind === "im" ? `${mine().app.name} · Messages` : channel.name,
      about: channel.kind === "im" ? "direct messages with the app" : channel.topic,
      count: unread(store.me, channel.id).count,
      take: () => acts.go(channel.id),
    })),
    ...(
      mine().app.home_enabled ? [{
        sign: () => icon("home"),
        label: `${mine().app.name} · Home`,
        about: "the app's home tab",
        count: 0,
        take: () => acts.go("home"),
      }] : []
    ),
    ...cast().filter((one) => one.id !== store.me).map(
      (one) => (
        {
          sign: () => avatar(one, 24),
          label: `Be ${one.real_name}`,
          about: one.role,
          count: unread(one.id).count,
          take: () => acts.become(one.id),
        }
      )
    ),
  ];
  const input = el(
    "input",
    {
      class: "field",
      type: "text",
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": id,
      "aria-label": "Where to",
      placeholder: "A channel, the app, or a person to be",
      dataset: { autofocus: "" },
      autocomplete: "off",
    },
  );
  const list = el("ul", { class: "jumps", role: "listbox", id, "aria-label": "Places" });
  let shown = [];
  let at = 0;

  const take = (place) => {
    close();
    place.take();
  };
  const draw = () => {
    const typed = input.value.trim().toLowerCase();
    shown = places.filter((place) => rank(place, typed) < 3).sort((one, other) => rank(one, typed) - rank(other, typed));
    at = Math.min(at, Math.max(0, shown.length - 1));
    list.replaceChildren(...shown.map((place, index) => el("li", {
      role: "option",
      id: `${id}-${index}`,
      "aria-selected": String(index === at),
      class: index === at ? "here" : null,
      onclick: () => take(place),
    },
      place.sign(), el(
        "span",
        {},
        el("strong", {}, place.label),
        el("small", {}, place.about),
      ), place.count > 0 && el("span", { class: "count" }, String(place.count)))));
    if (!shown.length) list.replaceChildren(el("li", { class: "none" }, "No matches."));
    input.setAttribute("aria-activedescendant", shown.length ? `${id}-${at}` : "");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  input.addEventListener("input", () => { at = 0; draw(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : shown.length - 1)) % Math.max(1, shown.length);
      draw();
    } else if (event.key === "Enter" && shown[at]) {
      event.preventDefault();
      take(shown[at]);
    }
  });
  const box = panel("Jump to", [input, list], []);
  box.classList.add("jump");
  draw();
  const close = overlay(box, () => close());
}

/** How well a place matches: 0 a word of its name begins so, 1 its name has it, 2 its description has it, 3 not at all. */
function rank(place, typed) {
  const name = place.label.toLowerCase();
  if (name.split(/[\s·-]+/).some((word) => word.startsWith(typed)) || name.startsWith(typed)) return 0;
  return name.includes(typed) ? 1 : place.about.toLowerCase().includes(typed) ? 2 : 3;
}

const KEYS = [
  ["Alt + 1 … 7", "be another person"],
  ["Ctrl + K", "jump to a channel, the app, or a person"],
  ["Enter", "send; with Shift: a new line"],
  ["/ and @", "at the beginning of a text: commands; anywhere: people"],
  ["↑ ↓ · Tab · Esc", "choose in a list, take it, close it"],
  ["↑ ↓ · Home · End", "go along messages, channels and people"],
  ["Enter on a message", "open its thread"],
  ["Esc", "close the form, the dialog, or the thread"],
  ["?", "this list (outside of text fields)"],
];

/** Shows every key. */
export function showKeys() {
  const box = panel("Keyboard", el(
    "dl",
    { class: "keys" },
    KEYS.map(([key, does]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, does)]),
  ),
    el("button", { class: "btn primary", type: "button", dataset: { autofocus: "" }, onclick: () => close() }, "Close"));
  const close = overlay(box, () => close());
}
