/** The sidebar: channels, the app, and who one is. */

import { avatar, el } from "./dom.js";
import { person, store, unreadOf } from "./store.js";

const CAST = ["U0ADA", "U0GRACE", "U0TOMAS", "U0MEI", "U0GUS"];

/** @param {{go: (place: string) => void, become: (user: string) => void, keys: () => void}} actions */
export function sidebar(actions) {
  const root = document.getElementById("sidebar");

  function draw() {
    if (!store.ready) return;
    const focused = document.activeElement?.dataset?.key;
    const channels = [...store.channels.values()];
    root.replaceChildren(
      el("header", {}, el("strong", {}, store.workspace.name),
        el("span", { class: store.connected ? "state on" : "state off", dataset: { testid: "connection" } }, store.connected ? "bot connected" : "bot not connected")),
      el("h2", {}, "Channels"),
      el("ul", {}, channels.filter((c) => c.kind !== "im").map((c) => entry(c.id, c.kind === "private" ? `🔒 ${c.name}` : `# ${c.name}`))),
      el("h2", {}, "Apps"),
      el("ul", {},
        store.app?.home_enabled && entry("home", `${store.app.name} · Home`),
        channels.filter((c) => c.kind === "im").map((c) => entry(c.id, `${store.app?.name ?? "App"} · Messages`))),
      el("h2", { id: "cast" }, "You are"),
      el("ul", { class: "cast", "aria-labelledby": "cast", dataset: { testid: "person-switcher" } }, CAST.map((id, index) => {
        const who = person(id);
        const me = id === store.me;
        return el("li", {}, el("button", { class: me ? "me" : "", type: "button", "aria-pressed": String(me), dataset: { person: id, key: id }, title: `Alt + ${index + 1}`, onclick: () => actions.become(id) },
          avatar(who, 30), el("span", {}, el("strong", {}, who.real_name), el("small", {}, who.role))));
      })),
      el("footer", {}, el("button", { class: "link", type: "button", onclick: actions.keys }, "Keys"), el("span", {}, "Local sandbox, not affiliated with Slack")),
    );
    if (focused) root.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  function entry(place, label) {
    const count = unreadOf(place);
    const here = store.place === place;
    return el("li", {}, el("button", {
      class: [here && "here", count && "unread"].filter(Boolean).join(" "),
      type: "button",
      "aria-current": here ? "page" : null,
      dataset: { channel: place, key: place },
      onclick: () => actions.go(place),
    }, label, count > 0 && el("span", { class: "count", "aria-label": `${count} unread` }, String(count))));
  }

  return { draw };
}
