/** rich_text blocks. A `text` element is literal: nothing in it is parsed. */

import { fill } from "./dates.js";
import { el } from "./dom.js";
import { EMOJI } from "./emoji.js";
import { channelMention, groupMention, userMention } from "./mrkdwn.js";

export function richText(block) {
  return el("div", { class: "rich" }, block.elements.map(part));
}

function part(piece) {
  const children = () => piece.elements.map(inline);
  switch (piece.type) {
    case "rich_text_list":
      return el(piece.style === "ordered" ? "ol" : "ul", {}, piece.elements.map((item) => el("li", {}, item.elements.map(inline))));
    case "rich_text_preformatted":
      return el("pre", {}, children());
    case "rich_text_quote":
      return el("blockquote", {}, children());
    default:
      return el("p", {}, children());
  }
}

function inline(piece) {
  switch (piece.type) {
    case "text":
      return styled(piece.text, piece.style);
    case "link":
      return /^(https?:|mailto:)/.test(piece.url)
        ? el("a", { href: piece.url, rel: "noopener noreferrer", target: "_blank" }, piece.text ?? piece.url)
        : piece.text ?? piece.url;
    case "emoji":
      return EMOJI[piece.name] ?? `:${piece.name}:`;
    case "user":
      return userMention(piece.user_id);
    case "usergroup":
      return groupMention(piece.usergroup_id);
    case "channel":
      return channelMention(piece.channel_id);
    case "broadcast":
      return el("span", { class: "mention loud" }, `@${piece.range}`);
    case "date":
      return el("time", { title: piece.fallback }, fill(piece.format, piece.timestamp));
    default:
      return `[${piece.type}]`;
  }
}

function styled(text, style = {}) {
  let node = document.createTextNode(text);
  for (const [name, tag] of [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"], ["underline", "u"]]) {
    if (style[name]) node = el(tag, {}, node);
  }
  return node;
}
