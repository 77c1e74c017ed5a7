/** Messages: one, and a list of them that changes without flicker. */

import { blocks } from "./blocks.js";
import { clock, dayTitle } from "./dates.js";
import { avatar, el } from "./dom.js";
import { EMOJI } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";
import { person, store } from "./store.js";

/**
 * @param {any} message
 * @param {{openThread?: (ts: string) => void, dismiss: (message: any) => void, grouped: boolean}} options
 */
export function messageNode(message, options) {
  const author = person(message.user);
  const container = { type: "message", channel: message.channel, ts: message.ts };
  const shown = message.blocks?.length ? blocks(message.blocks, container) : [el("div", { class: "block" }, mrkdwn(message.text ?? ""))];
  const name = el("span", { class: "author" }, author.real_name);
  const time = el("time", { class: "time", datetime: new Date(Number(message.ts) * 1000).toISOString() }, clock(Number(message.ts)));
  return el("article", {
    class: ["message", options.grouped && "grouped", message.ephemeral && "ephemeral", message.pinned && "pinned"].filter(Boolean).join(" "),
    dataset: { ts: message.ts, threadTs: message.thread_ts ?? "" },
    "aria-label": `${author.real_name}, ${clock(Number(message.ts))}`,
  },
    avatar(author),
    el("div", { class: "body" },
      message.ephemeral && el("div", { class: "only" }, "👁 Only visible to you · ",
        el("button", { class: "link", type: "button", onclick: () => options.dismiss(message) }, "Dismiss")),
      message.pinned && el("div", { class: "only" }, "📌 Pinned"),
      el("header", {}, name, author.is_bot && author.id !== "USLACKBOT" && el("span", { class: "badge" }, "APP"), time),
      shown,
      message.edited && el("span", { class: "edited" }, "(edited)"),
      files(message.files),
      reactions(message.reactions),
      options.openThread && message.reply_count > 0 && summary(message, options.openThread)));
}

function files(list = []) {
  return list.map((file) => {
    const url = `/page/files/${file.id}`;
    return file.mimetype?.startsWith("image/")
      ? el("figure", { class: "file" }, el("figcaption", {}, file.title), el("img", { src: url, alt: file.alt_txt || file.title }))
      : el("a", { class: "file", href: url, download: file.name }, `📄 ${file.title}`);
  });
}

function reactions(list = []) {
  if (!list.length) return null;
  return el("div", { class: "reactions" }, list.map((r) => el("span", { title: r.users.map((u) => person(u).real_name).join(", ") }, `${EMOJI[r.name] ?? `:${r.name}:`} ${r.count}`)));
}

function summary(message, openThread) {
  const count = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
  return el("button", { class: "summary", type: "button", onclick: () => openThread(message.ts), dataset: { openThread: message.ts } },
    el("strong", {}, count), el("span", {}, `last at ${clock(Number(message.latest_reply))}`));
}

/** A list that keeps its nodes: only what changed is replaced. */
export class MessageList {
  constructor(options) {
    this.options = options;
    this.node = el("div", { class: "messages", role: "log", tabindex: "0" });
    this.known = new Map();
  }

  /** Shows exactly *messages*; stays at the end if it was there. */
  show(messages, toEnd = false) {
    const atEnd = this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < 60;
    const wanted = [];
    let last = null;
    for (const message of messages) {
      const day = dayTitle(Number(message.ts));
      if (!last || dayTitle(Number(last.ts)) !== day) wanted.push(this.keep(`day ${day}`, day, () => el("div", { class: "day", role: "separator" }, el("span", {}, day))));
      const grouped = Boolean(last && last.user === message.user && !message.ephemeral && !last.ephemeral && Number(message.ts) - Number(last.ts) < 60 && dayTitle(Number(last.ts)) === day);
      const state = JSON.stringify([message, grouped, store.me]);
      wanted.push(this.keep(message.ts, state, () => messageNode(message, { ...this.options, grouped })));
      last = message;
    }
    const keys = new Set(wanted.map((w) => w.key));
    for (const key of [...this.known.keys()]) if (!keys.has(key)) this.known.delete(key);
    const nodes = wanted.map((w) => w.node);
    if (nodes.length !== this.node.childNodes.length || nodes.some((n, i) => this.node.childNodes[i] !== n)) this.node.replaceChildren(...nodes);
    if (toEnd || atEnd) this.node.scrollTop = this.node.scrollHeight;
  }

  keep(key, state, make) {
    const held = this.known.get(key);
    if (held?.state === state) return { key, node: held.node };
    const node = make();
    this.known.set(key, { state, node });
    return { key, node };
  }
}
