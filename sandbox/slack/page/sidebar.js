/** The sidebar: the workspace, its channels, the app. Entries are changed in place, so that no click is lost. */

import { classes, el, keepingFocus, rove } from "./dom.js";
import { avatar, icon } from "./icons.js";
import { mine, store, unread } from "./store.js";
import { switcher } from "./switcher.js";

/**
 * @param {HTMLElement} root
 * @param {{go: (place: string) => void, become: (user: string) => void, jump: () => void, keys: () => void, trouble: () => void}} acts
 */
export function sidebar(root, acts) {
  const people = switcher(acts.become);
  const name = el("strong", {});
  const state = el("span", { class: "state", role: "status", dataset: { testid: "connection" } });
  const lists = el("div", { class: "places" });
  /** @type {Map<string, HTMLElement>} */
  let entries = new Map();
  let built = "";

  root.replaceChildren(
    el("header", {}, el("div", {}, name, state),
      el(
        "button",
        {
          class: "round",
          type: "button",
          title: "Jump to … (Ctrl + K)",
          "aria-label": "Jump to a channel or person",
          dataset: { focus: "jump" },
          onclick: acts.jump,
        },
        icon("search"),
      )),
    lists,
    people.node,
    el("footer", {}, el(
      "button",
      { class: "link", type: "button", onclick: acts.keys, dataset: { focus: "keys" } },
      icon("keys"),
      "Keyboard",
    ),
      el(
        "button",
        { class: "link", type: "button", onclick: acts.trouble, dataset: { focus: "trouble", testid: "trouble" } },
        icon("trouble"),
        "Make trouble",
      ),
      el("span", {}, "Local sandbox, not affiliated with Slack")));
  lists.addEventListener("keydown", (event) => rove(event, [...lists.querySelectorAll("button")]));

  function build() {
    const channels = [...mine().channels.values()];
    const shape = JSON.stringify(
      [store.me, mine().app.home_enabled, channels.map((channel) => [channel.id, channel.name, channel.kind])]
    );
    if (shape === built) return;
    built = shape;
    entries = new Map();
    const app = mine().app;
    const group = (id, title, items) => items.length > 0 && el(
      "section",
      { "aria-labelledby": id },
      el("h2", { id }, title),
      el("ul", {}, items.map((item) => el("li", {}, item))),
    );
    keepingFocus(lists, () => lists.replaceChildren(...[
      group(
        "channels",
        "Channels",
        channels.filter((channel) => channel.kind !== "im").map(
          (channel) => entry(channel.id, icon(channel.kind === "private" ? "lock" : "hash"), channel.name)
        ),
      ),
      group("app", "App", [
        ...(app.home_enabled ? [entry("home", avatar({ is_bot: true, real_name: app.name }, 20), app.name, "Home")] : []),
        ...channels.filter((channel) => channel.kind === "im").map(
          (channel) => entry(channel.id, icon("chat"), app.name, "Messages")
        ),
      ]),
    ].filter(Boolean)));
  }

  function entry(place, sign, label, detail) {
    const node = el("button", {
      type: "button",
      dataset: { channel: place, focus: `place ${place}` },
      onclick: () => acts.go(place),
    },
      sign, el(
        "span",
        { class: "label" },
        label,
        detail && el("span", { class: "detail" }, ` ${detail}`),
      ), el("span", { class: "draft", title: "Unsent draft" }, icon("draft")), el("span", { class: "count" }));
    entries.set(place, node);
    return node;
  }

  return {
    draw() {
      if (!mine().ready) return;
      name.textContent = mine().workspace.name;
      state.textContent = mine().connected ? "bot connected" : "bot not connected";
      state.className = mine().connected ? "state on" : "state off";
      build();
      for (const [place, node] of entries) {
        const { count, calls } = unread(store.me, place);
        const here = store.place === place;
        node.className = classes(here && "here", count > 0 && "unread") ?? "";
        if (here) node.setAttribute("aria-current", "page");
        else node.removeAttribute("aria-current");
        const badge = node.querySelector(".count");
        badge.textContent = count > 0 ? String(count) : "";
        badge.classList.toggle("calls", calls > 0);
        if (count > 0) badge.setAttribute("aria-label", `${count} unread`);
        else badge.removeAttribute("aria-label");
        node.querySelector(".draft").hidden = here || !store.drafts.get(`${store.me} ${place}`)?.trim();
      }
      people.draw();
    },
  };
}
