/** The open channel: its head, its messages, its composer. */

import { composer } from "./composer.js";
import { el, keepingFocus } from "./dom.js";
import { avatar, icon } from "./icons.js";
import { MessageList } from "./messages.js";
import { start } from "./start.js";
import { mine, roots, store } from "./store.js";

/** A channel's name. */
export function channelName(id) {
  const channel = mine().channels.get(id);
  if (!channel) return "";
  return channel.kind === "im" ? mine().app.name : `#${channel.name}`;
}

/** The head of the app's two tabs. @param {"home"|"messages"} tab */
export function appHead(menu, tab, go) {
  const direct = [...mine().channels.values()].find((channel) => channel.kind === "im");
  const entry = (name, place, label) => place && el(
    "button",
    {
      class: tab === name ? "here" : null,
      type: "button",
      "aria-current": tab === name ? "page" : null,
      dataset: { tab: name, focus: `tab ${name}` },
      onclick: () => go(place),
    },
    label,
  );
  return el("header", { class: "top" }, menu, avatar(
    { is_bot: true, real_name: mine().app.name },
    28,
  ), el("h1", {}, mine().app.name), el("span", { class: "badge" }, "APP"),
    el(
      "div",
      { class: "tabs" },
      mine().app.home_enabled && entry("home", "home", "Home"),
      entry("messages", direct?.id, "Messages"),
    ));
}

/**
 * @param {HTMLElement} root
 * @param {{openThread: (ts: string) => void, dismiss: (message: any) => void, go: (place: string) => void,
 *   become: (user: string) => void, menu: () => HTMLElement}} acts
 */
export function channelPane(root, acts) {
  const list = new MessageList({
    label: () => `Messages in ${channelName(store.place)}`,
    intro: () => intro(acts, fill),
    openThread: acts.openThread,
    dismiss: acts.dismiss,
    leave: () => write.input.focus(),
  });
  const write = composer({
    testid: "composer",
    label: () => `Message ${channelName(store.place)}`,
    target: () => ({ channel: store.place }),
    sent: () => { store.newFrom = null; list.toEnd(); },
  });

  /** Puts a text into the composer; the person sends it. */
  function fill(text) {
    write.input.value = text;
    write.input.dispatchEvent(new Event("input"));
    write.input.focus();
  }

  function head() {
    const channel = mine().channels.get(store.place);
    if (channel.kind === "im") return appHead(acts.menu(), "messages", acts.go);
    return el("header", { class: "top" }, acts.menu(),
      el("h1", {}, icon(channel.kind === "private" ? "lock" : "hash"), el("span", {}, channel.name)),
      el("p", { class: "topic", title: channel.topic }, channel.topic),
      !channel.bot_is_member && el("span", { class: "tag" }, `${mine().app.name} is not in this channel`));
  }

  return {
    write,
    /** Redraws the current place. */
    open() {
      keepingFocus(root, () => root.replaceChildren(head(), list.node, write.node));
      list.clear();
      write.restore();
      list.show(roots(store.place));
      list.toEnd();
    },
    /** Draws its changes. */
    update() {
      list.show(roots(store.place));
    },
    /** Shows a changed name or topic. */
    updateHead() {
      keepingFocus(root, () => root.querySelector(".top")?.replaceWith(head()));
      write.input.placeholder = `Message ${channelName(store.place)}`;
    },
  };
}

/** What stands above the first message of a channel. */
function intro(acts, fill) {
  const channel = mine().channels.get(store.place);
  const direct = channel.kind === "im";
  const kind = channel.kind === "private" ? "private " : "";
  return el("div", { class: "intro", role: "listitem" },
    direct ? avatar({ is_bot: true, real_name: mine().app.name }, 48) : el(
      "span",
      { class: "sign" },
      icon(channel.kind === "private" ? "lock" : "hash"),
    ),
    el("h2", {}, direct ? mine().app.name : channel.name),
    el("p", {}, direct ? mine().app.description ?? "" : `This is the beginning of the ${kind}channel. `,
      !direct && !channel.bot_is_member && `${mine().app.name} is not here and reads nothing of it.`),
    el("p", {}, "Type ", el("kbd", {}, "/"), " for the commands, ", el("kbd", {}, "@"), " for people."),
    (direct || channel.bot_is_member) && start(acts, fill));
}
