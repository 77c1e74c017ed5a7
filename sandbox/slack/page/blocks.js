/** Blocks, from Slack's JSON to DOM nodes. */

import { el } from "./dom.js";
import { element } from "./elements.js";
import { mrkdwn, textObject, textOf } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/**
 * @param {any[]} blocks
 * @param {any} container what a click inside belongs to
 * @param {{values: any, changed: (block: string, action: string, value: any) => void, errors: Record<string, string>}} [form]
 */
export function blocks(blocks, container, form) {
  return blocks.map((block) => {
    const make = MAKERS[block.type];
    const node = make ? make(block, container, form) : el("div", { class: "unsupported" }, `unsupported block: ${block.type}`);
    node.classList.add("block");
    node.dataset.blockId = block.block_id;
    return node;
  });
}

function where(block, action, container, form) {
  if (!form) return { block, container };
  return {
    block,
    container,
    value: form.values[block.block_id]?.[action],
    changed: (value) => form.changed(block.block_id, action, value),
  };
}

const MAKERS = {
  section: (block, container, form) => el("div", { class: block.accessory ? "section with" : "section" },
    el("div", { class: "words" },
      block.text && el("div", {}, textObject(block.text)),
      block.fields && el("div", { class: "fields" }, block.fields.map((field) => el("div", {}, textObject(field))))),
    block.accessory && el("div", { class: "accessory" }, element(block.accessory, where(block, block.accessory.action_id, container, form)))),
  header: (block) => el("h3", { class: "headline" }, textObject(block.text)),
  divider: () => el("hr"),
  context: (block) => el("div", { class: "context" }, block.elements.map((item) =>
    item.type === "image" ? el("img", { src: item.image_url, alt: item.alt_text, class: "icon" }) : el("span", {}, textObject(item)))),
  actions: (block, container, form) => el("div", { class: "actions" }, block.elements.map((item) =>
    element(item, where(block, item.action_id, container, form)))),
  image: (block) => el("figure", {}, block.title && el("figcaption", {}, textObject(block.title)), el("img", { src: block.image_url ?? `/page/files/${block.slack_file?.id}`, alt: block.alt_text })),
  input: (block, container, form) => {
    const control = element(block.element, where(block, block.element.action_id, container, form));
    const target = control.matches("input, select, textarea") ? control : control.querySelector("input, select, textarea") ?? control;
    const id = `input-${block.block_id}`;
    if (!target.id) target.id = id;
    const error = form?.errors[block.block_id];
    const notes = [];
    if (block.hint) notes.push(el("small", { id: `${id}-hint` }, textObject(block.hint)));
    if (error) notes.push(el("p", { id: `${id}-error`, class: "error", role: "alert" }, error));
    if (notes.length) target.setAttribute("aria-describedby", notes.map((n) => n.id).join(" "));
    if (error) target.setAttribute("aria-invalid", "true");
    return el("div", { class: error ? "input invalid" : "input" },
      el("label", { for: target.id }, textObject(block.label), block.optional && el("span", { class: "optional" }, " (optional)")), control, notes);
  },
  markdown: (block) => el("div", {}, mrkdwn(block.text.replace(/\*\*(.+?)\*\*/g, "*$1*"))),
  rich_text: (block) => richText(block),
  alert: (block) => el("div", { class: "alert", role: "note" }, textObject(block.text)),
  table: (block) => el("div", { class: "scroll" }, el("table", {}, block.rows.map((row, index) =>
    el("tr", {}, row.map((cell) => el(index ? "td" : "th", {}, cell.type === "rich_text" ? richText(cell) : cell.text)))))),
};

/** What a message shows when it has no blocks, and what is read out. */
export function spoken(message) {
  const text = message.text || (message.blocks ?? []).map((b) => textOf(b.text)).join(" ");
  return text.replace(/<!date\^[^|>]*\|([^>]*)>/g, "$1").replace(/<[^>]*>/g, "").replace(/[*_`~]/g, "").replace(/:[a-z_]+:/g, "").slice(0, 300);
}
