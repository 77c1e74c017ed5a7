/** Slack's mrkdwn as DOM nodes. Only what Slack parses is parsed; everything else stays text. */

import { fill } from "./dates.js";
import { el } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { person, store } from "./store.js";

function unescape(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function plain(text) {
  return withEmoji(unescape(text));
}

/** @param {string} text @returns {Node[]} */
export function mrkdwn(text) {
  const nodes = [];
  for (const [index, part] of text.split("```").entries()) {
    if (index % 2) nodes.push(el("pre", {}, unescape(part.replace(/^\n/, ""))));
    else nodes.push(...paragraphs(part));
  }
  return nodes;
}

function paragraphs(text) {
  const nodes = [];
  let quote = null;
  for (const [index, line] of text.split("\n").entries()) {
    const quoted = /^(&gt;|>) ?/.exec(line);
    if (quoted) {
      if (!quote) nodes.push((quote = el("blockquote")));
      else quote.append(el("br"));
      quote.append(...inline(line.slice(quoted[0].length)));
      continue;
    }
    if (index && !quote) nodes.push(el("br"));
    quote = null;
    nodes.push(...inline(line));
  }
  return nodes;
}

const STYLES = [
  [/^\*(\S(?:[^*\n]*\S)?)\*(?!\w)/, "strong"],
  [/^_(\S(?:[^_\n]*\S)?)_(?!\w)/, "em"],
  [/^~(\S(?:[^~\n]*\S)?)~(?!\w)/, "s"],
];

function inline(text) {
  const nodes = [];
  let loose = "";
  const flush = () => {
    if (loose) nodes.push(document.createTextNode(plain(loose)));
    loose = "";
  };
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const code = /^`([^`\n]+)`/.exec(rest);
    const angle = /^<([^<>\n]+)>/.exec(rest);
    const styled = /\w$/.test(loose) ? null : STYLES.map(([shape, tag]) => [shape.exec(rest), tag]).find(([m]) => m);
    if (code) {
      flush();
      nodes.push(el("code", {}, unescape(code[1])));
      at += code[0].length;
    } else if (angle) {
      flush();
      nodes.push(reference(angle[1]));
      at += angle[0].length;
    } else if (styled) {
      flush();
      nodes.push(el(styled[1], {}, ...inline(styled[0][1])));
      at += styled[0][0].length;
    } else {
      loose += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

function reference(inside) {
  const [target, label] = split(inside, "|");
  if (target.startsWith("@")) return userMention(target.slice(1));
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (target.startsWith("!date^")) {
    const [, seconds, format] = target.split("^");
    const shown = fill(format, Number(seconds));
    return el("time", { title: label ? unescape(label) : shown }, shown);
  }
  if (target.startsWith("!subteam^")) return groupMention(target.slice("!subteam^".length));
  if (target.startsWith("!")) return el("span", { class: "mention loud" }, `@${target.slice(1)}`);
  if (!/^(https?:|mailto:)/.test(target)) return document.createTextNode(`<${unescape(inside)}>`);
  return el("a", { href: unescape(target), rel: "noopener noreferrer", target: "_blank" }, plain(label ?? target));
}

export function userMention(id) {
  return el("span", { class: id === store.me ? "mention me" : "mention" }, `@${person(id).real_name}`);
}

export function groupMention(id) {
  const group = store.groups.get(id);
  const mine = group?.users?.includes(store.me);
  return el("span", { class: mine ? "mention me" : "mention" }, `@${group?.handle ?? id}`);
}

export function channelMention(id, label) {
  return el("span", { class: "mention" }, `#${store.channels.get(id)?.name ?? label ?? "private channel"}`);
}

function split(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** A text object of Block Kit. */
export function textObject(object) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text);
  return [document.createTextNode(object.emoji === false ? object.text : withEmoji(object.text))];
}

/** A text object as a string, for labels. */
export function textOf(object) {
  return object ? withEmoji(object.text) : "";
}
