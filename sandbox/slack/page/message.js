/** One message with its buttons, thread, files and reactions. */

import { blocks } from "./blocks.js";
import { clock, exact, lately } from "./dates.js";
import { classes, el } from "./dom.js";
import { emojiNode } from "./emoji.js";
import { avatar, icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { mine, person, replies } from "./store.js";

/**
 * @param {any} message
 * @param {{grouped: boolean, openThread?: (ts: string) => void, dismiss: (message: any) => void}} options
 *   *grouped*: it stands under one of the same person and shows no head of its own
 */
export function messageNode(message, { grouped, openThread, dismiss }) {
  const author = person(message.user);
  const seconds = Number(message.ts);
  return el("div", {
    class: classes(
      "message",
      grouped && "grouped",
      message.ephemeral && "ephemeral",
      message.pinned && "pinned",
      callsMe(message) && "calling",
    ),
    role: "listitem",
    tabindex: "-1",
    dataset: { ts: message.ts, threadTs: message.thread_ts ?? "" },
    "aria-label": `${author.real_name}, ${clock(seconds)}${message.ephemeral ? ", only visible to you" : ""}`,
  },
    el(
      "div",
      { class: "gutter" },
      grouped ? el("time", { class: "time", "aria-hidden": "true", title: exact(seconds) }, clock(seconds)) : avatar(author),
    ),
    el("div", { class: "body" },
      message.ephemeral && whispered(message, dismiss),
      message.pinned && el("div", { class: "note" }, icon("pin"), "Pinned to the channel"),
      !grouped && el("div", { class: "head" },
        el("span", { class: "author" }, author.real_name),
        author.is_bot && author.id !== "USLACKBOT" && el("span", { class: "badge" }, "APP"),
        el("time", { class: "time", datetime: new Date(seconds * 1000).toISOString(), title: exact(seconds) }, clock(seconds))),
      content(message),
      files(message.files),
      reactions(message.reactions),
      openThread && message.reply_count > 0 && summary(message, openThread)),
    openThread && !message.ephemeral && el("div", { class: "tools" },
      el(
        "button",
        {
          type: "button",
          title: "Reply in thread",
          "aria-label": "Reply in thread",
          dataset: { focus: `reply ${message.ts}` },
          onclick: () => openThread(message.ts),
        },
        icon("thread"),
      )));
}

function callsMe(message) {
  return !message.ephemeral && message.text?.includes(`<@${mine().user}>`);
}

function whispered(message, dismiss) {
  return el("div", { class: "note" }, icon("eye"), "Only visible to you", el("span", { "aria-hidden": "true" }, "·"),
    el("button", { class: "link", type: "button", onclick: () => dismiss(message) }, "Dismiss"));
}

function content(message) {
  const edited = message.edited && el("span", { class: "edited", title: exact(Number(message.edited.ts)) }, "(edited)");
  if (!message.blocks?.length) return message.text || edited ? el(
    "div",
    { class: "text" },
    mrkdwn(message.text ?? ""),
    edited && [" ", edited],
  ) : null;
  const nodes = blocks(message.blocks, { type: "message", channel: message.channel, ts: message.ts });
  const last = nodes[nodes.length - 1];
  if (edited && last.matches(".section:not(.with), .context, .rich")) last.append(" ", edited);
  else if (edited) nodes.push(el("div", {}, edited));
  return el("div", { class: "blocks" }, nodes);
}

function files(list = []) {
  return list.map((file) => {
    const url = `/page/files/${encodeURIComponent(file.id)}`;
    const title = file.title || file.name;
    if (file.mimetype?.startsWith("image/")) return el(
      "figure",
      { class: "file" },
      el("figcaption", {}, title),
      el("img", { src: url, alt: file.alt_txt || title, class: "large" }),
    );
    return el(
      "a",
      { class: "file card", href: url, download: file.name },
      icon("file"),
      el("span", {}, el("strong", {}, title), el("small", {}, [size(file.size), "download"].filter(Boolean).join(" · "))),
    );
  });
}

function size(bytes) {
  if (!bytes) return "";
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

function reactions(list = []) {
  if (!list.length) return null;
  return el("div", { class: "reactions" }, list.map((one) => {
    const who = (one.users ?? []).map((user) => person(user).real_name).join(", ");
    return el(
      "span",
      { class: classes("reaction", one.users?.includes(mine().user) && "own"), title: `${who} reacted with :${one.name}:` },
      emojiNode(one.name),
      el("span", {}, String(one.count ?? one.users?.length ?? 1)),
    );
  }));
}

function summary(message, openThread) {
  const said = replies(message.channel, message.ts).filter((reply) => reply.ts !== message.ts && !reply.ephemeral);
  const who = [...new Set(said.map((reply) => reply.user))].slice(-3);
  return el("button", {
    class: "summary",
    type: "button",
    dataset: { openThread: message.ts, focus: `thread ${message.ts}` },
    onclick: () => openThread(message.ts),
  },
    who.map((user) => avatar(person(user), 22)),
    el("strong", {}, `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`),
    message.latest_reply && el("span", {}, `· last ${lately(Number(message.latest_reply))}`));
}
