/** The switch between the seven people, and what waits for each of them. */

import { el, rove } from "./dom.js";
import { avatar } from "./icons.js";
import { cast, store, unread } from "./store.js";

/** @param {(user: string) => void} become */
export function switcher(become) {
  const list = el("ul", { "aria-labelledby": "cast" });
  const node = el(
    "section",
    { class: "cast", dataset: { testid: "person-switcher" } },
    el("h2", { id: "cast" }, "You are", el("kbd", {}, "Alt 1–7")),
    list,
  );
  /** @type {Map<string, HTMLElement>} */
  const entries = new Map();
  list.addEventListener("keydown", (event) => rove(event, [...entries.values()]));

  function entry(one, index) {
    return el("button", {
      type: "button",
      title: `Be ${one.real_name} (Alt + ${index + 1})`,
      dataset: { person: one.id, focus: `person ${one.id}` },
      onclick: () => become(one.id),
    },
      avatar(one, 30), el(
        "span",
        { class: "who" },
        el("strong", {}, one.real_name),
        el("small", {}, one.role),
      ), el("span", { class: "count" }));
  }

  return {
    node,
    draw() {
      const people = cast();
      if (people.map((one) => one.id).join() !== [...entries.keys()].join()) {
        entries.clear();
        people.forEach((one, index) => entries.set(one.id, entry(one, index)));
        list.replaceChildren(...[...entries.values()].map((button) => el("li", {}, button)));
      }
      for (const [id, button] of entries) {
        const me = id === store.me;
        const { count, calls } = unread(id);
        button.className = me ? "me" : "";
        button.setAttribute("aria-pressed", String(me));
        const badge = button.querySelector(".count");
        badge.textContent = count > 0 && !me ? String(count) : "";
        badge.classList.toggle("calls", calls > 0);
        if (badge.textContent) badge.setAttribute("aria-label", `${count} unread`);
        else badge.removeAttribute("aria-label");
      }
    },
  };
}
