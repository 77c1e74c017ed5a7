/** Slack's mrkdwn as DOM nodes. Only what Slack parses is parsed; everything else stays text. */

import { exact, fill } from "./dates.js";
import { el, safeLink } from "./dom.js";
import { emojiNodes, withEmoji } from "./emoji.js";
import { mine, person, store } from "./store.js";

/** Undoes the three escapes of Slack, `&amp;` last so that `&amp;lt;` stays `&lt;`. */
function unescape(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/**
 * @param {string} text
 * @param {{verbatim?: boolean}} [options] verbatim text gets no links that were not written as `<…>`
 * @returns {Node[]}
 */
export function mrkdwn(text, { verbatim = false } = {}) {
  const nodes = [];
  let at = 0;
  for (const block of text.matchAll(/```\n?([\s\S]+?)\n?```\n?/g)) {
    nodes.push(...lines(text.slice(at, block.index), verbatim), el("pre", {}, el("code", {}, preformatted(block[1]))));
    at = block.index + block[0].length;
  }
  nodes.push(...lines(text.slice(at), verbatim));
  return nodes;
}

/** In code nothing is styled, but Slack still shows a link's label and unescapes. */
function preformatted(text) {
  return unescape(text.replace(/<((?:https?|mailto):[^|<>]*)(?:\|([^<>]*))?>/g, (whole, url, label) => label || url));
}

function lines(text, verbatim) {
  const nodes = [];
  let quote = null;
  let rest = false;
  for (const [index, line] of text.split("\n").entries()) {
    const mark = rest ? "" : /^(?:&gt;&gt;&gt;|>>>|&gt;|>) ?/.exec(line)?.[0];
    if (mark !== undefined) {
      rest ||= /^(&gt;|>){3}/.test(mark);
      if (quote) quote.append(el("br"));
      else nodes.push((quote = el("blockquote")));
      quote.append(...inline(line.slice(mark.length), verbatim));
      continue;
    }
    if (index && !quote) nodes.push(el("br"));
    quote = null;
    nodes.push(...inline(line, verbatim));
  }
  return nodes;
}

const CODE = /`([^`]+)`/y;
const ANGLE = /<([^<>]+)>/y;
const ADDRESS = /https?:\/\/(?:(?!&[lg]t;)[^\s<>|])*(?!&[lg]t;)[^\s<>|.,;:!?'")\]]/y;
const STYLES = { "*": "strong", _: "em", "~": "s" };
const LETTER = /[\p{L}\p{N}]/u;

/**
 * Where a style that opens at *at* closes, or -1: not at once, not after a space, not before a letter, and never inside
 * code or a reference.
 */
function closing(text, at) {
  const mark = text[at];
  if (/\s/.test(text[at + 1] ?? " ") || text[at + 1] === mark) return -1;
  for (let i = at + 1; i < text.length; i += 1) {
    const skip = { "`": "`", "<": ">" }[text[i]];
    if (skip) i = Math.max(i, text.indexOf(skip, i + 1));
    else if (text[i] === mark && !/\s/.test(text[i - 1]) && !LETTER.test(text[i + 1] ?? " ") && text[i + 1] !== mark) return i;
  }
  return -1;
}

function match(shape, text, at) {
  shape.lastIndex = at;
  return shape.exec(text);
}

/** The nodes of one line. */
function inline(text, verbatim) {
  const nodes = [];
  let from = 0;
  let at = 0;
  const found = (node, length) => {
    if (at > from) nodes.push(...emojiNodes(unescape(text.slice(from, at))));
    nodes.push(...[node].flat());
    at += length;
    from = at;
  };
  while (at < text.length) {
    const letter = text[at];
    const boundary = from === at || !LETTER.test(text[at - 1]);
    let hit;
    if (letter === "`" && (hit = match(CODE, text, at))) found(code(preformatted(hit[1])), hit[0].length);
    else if (letter === "<" && (hit = match(ANGLE, text, at))) found(reference(hit[1]), hit[0].length);
    else if (letter === "h" && !verbatim && boundary && (hit = match(ADDRESS, text, at))) found(
      link(unescape(hit[0]), unescape(hit[0])),
      hit[0].length,
    );
    else if (letter in STYLES && boundary && (hit = closing(text, at)) > 0) {
      found(el(STYLES[letter], {}, inline(text.slice(at + 1, hit), verbatim)), hit + 1 - at);
    } else at += 1;
  }
  if (at > from) nodes.push(...emojiNodes(unescape(text.slice(from))));
  return nodes;
}

/** Names and versions are not broken at their hyphens; what is longer than a narrow line is. */
const UNBROKEN = 36;

function code(text) {
  return el("code", { class: text.length <= UNBROKEN ? "short" : null }, text);
}

/** What stands between `<` and `>`. */
function reference(inside) {
  const at = inside.indexOf("|");
  const target = at < 0 ? inside : inside.slice(0, at);
  const label = at < 0 ? undefined : unescape(inside.slice(at + 1));
  if (/^@[UW]\w+$/.test(target)) return userMention(target.slice(1));
  if (/^#[CGD]\w+$/.test(target)) return channelMention(target.slice(1), label);
  if (target.startsWith("!date^")) return dateNode(target, label);
  if (target.startsWith("!subteam^")) return groupMention(target.slice("!subteam^".length), label);
  if (/^!(here|channel|everyone)$/.test(target)) return el("span", { class: "mention loud" }, `@${target.slice(1)}`);
  if (target.startsWith("!")) return document.createTextNode(label ?? `<${target.slice(1)}>`);
  const url = unescape(target);
  if (!safeLink(url)) return document.createTextNode(`<${unescape(inside)}>`);
  return link(url, label ? withEmoji(label) : url.replace(/^mailto:/, ""));
}

function dateNode(target, label) {
  const [, seconds, format, url] = target.split("^");
  if (!/^\d+$/.test(seconds ?? "") || !format) return document.createTextNode(label ?? "");
  return moment(Number(seconds), unescape(format), label, url && unescape(url));
}

/** A moment in the reader's zone; the tooltip has it exactly. */
export function moment(seconds, format, fallback, url) {
  const time = el(
    "time",
    {
      datetime: new Date(seconds * 1000).toISOString(),
      title: exact(seconds),
      "aria-label": fallback && !format.includes("{") ? fallback : null,
    },
    fill(format, seconds),
  );
  return url && safeLink(url) ? el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, time) : time;
}

export function link(url, ...label) {
  return el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, ...label);
}

export function userMention(id) {
  return el("span", { class: id === store.me ? "mention me" : "mention" }, `@${person(id).real_name}`);
}

export function groupMention(id, label) {
  const group = mine().groups.get(id);
  const member = group?.users?.includes(store.me);
  return el("span", { class: member ? "mention me" : "mention" }, group ? `@${group.handle}` : label ?? `@${id}`);
}

/** Channels that the reader cannot see show no name, as in Slack. */
export function channelMention(id, label) {
  return el("span", { class: "mention" }, `#${mine().channels.get(id)?.name ?? label ?? "private channel"}`);
}

/**
 * A text object of Block Kit as nodes.
 * @param {{type: string, text: string, emoji?: boolean, verbatim?: boolean}|undefined} object
 */
export function textObject(object) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text, { verbatim: object.verbatim });
  return object.emoji === false ? [document.createTextNode(object.text)] : emojiNodes(object.text);
}

/** A text object as a string, for labels and options. */
export function textOf(object) {
  if (!object) return "";
  return object.emoji === false ? object.text : withEmoji(object.type === "mrkdwn" ? unescape(object.text) : object.text);
}
