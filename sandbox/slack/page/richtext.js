/** rich_text blocks. A `text` element is literal: nothing in it is parsed. */

import { el, safeLink } from "./dom.js";
import { emojiNode } from "./emoji.js";
import { channelMention, groupMention, link, moment, userMention } from "./mrkdwn.js";

/** @param {{elements: any[]}} block */
export function richText(block) {
  return el("div", { class: "rich" }, block.elements.map(part));
}

function part(piece) {
  const children = () => piece.elements.map(inline);
  switch (piece.type) {
    case "rich_text_section":
      return el("p", {}, children());
    case "rich_text_list":
      return list(piece);
    case "rich_text_preformatted":
      return el("pre", { class: piece.border ? "bordered" : null }, el("code", {}, children()));
    case "rich_text_quote":
      return el("blockquote", {}, children());
    default:
      return el("p", { class: "unsupported" }, `unsupported rich text: ${piece.type}`);
  }
}

/** Slack writes nested lists one after the other, with growing indents. */
function list(piece) {
  const ordered = piece.style === "ordered";
  const attributes = {
    class: piece.border ? "bordered" : null,
    style: { "--indent": String(piece.indent ?? 0) },
    dataset: { indent: String((piece.indent ?? 0) % 3) },
    start: ordered && piece.offset ? piece.offset + 1 : null,
  };
  return el(ordered ? "ol" : "ul", attributes, piece.elements.map((item) => el("li", {}, item.elements.map(inline))));
}

const TAGS = [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"], ["underline", "u"]];

function styled(node, style = {}) {
  return TAGS.filter(([name]) => style[name]).reduce((inner, [, tag]) => el(tag, {}, inner), node);
}

function inline(piece) {
  const node = bare(piece);
  return piece.style ? styled(node, piece.style) : node;
}

function bare(piece) {
  switch (piece.type) {
    case "text":
      return document.createTextNode(piece.text);
    case "link":
      return safeLink(piece.url) ? link(piece.url, piece.text || piece.url) : document.createTextNode(piece.text || piece.url);
    case "emoji":
      return emojiNode(piece.name);
    case "user":
      return userMention(piece.user_id);
    case "usergroup":
      return groupMention(piece.usergroup_id);
    case "channel":
      return channelMention(piece.channel_id);
    case "broadcast":
      return el("span", { class: "mention loud" }, `@${piece.range}`);
    case "date":
      return moment(piece.timestamp, piece.format, piece.fallback, piece.url);
    case "color":
      return el(
        "span",
        {},
        el("i", { class: "swatch", style: { background: /^#[0-9a-f]{3,8}$/i.test(piece.value) ? piece.value : "none" } }),
        piece.value,
      );
    case "team":
      return document.createTextNode(`@${piece.team_id}`);
    default:
      return document.createTextNode(`[${piece.type}]`);
  }
}
