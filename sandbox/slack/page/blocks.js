/** Blocks, from Slack's JSON to DOM nodes. */

import { el, freshId } from "./dom.js";
import { element, picture } from "./elements.js";
import { formOf } from "./form.js";
import { mrkdwn, textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { dataTable, table } from "./tables.js";
import { controlOf } from "./use.js";

/**
 * @param {any[]} list
 * @param {any} container what a use of an element inside belongs to, as the contract has it
 * @returns {HTMLElement[]}
 */
export function blocks(list, container) {
  const form = formOf(container);
  return list.map((block) => {
    const make = Object.hasOwn(MAKERS, block.type) ? MAKERS[block.type] : unsupported;
    const node = make(block, (item) => element(item, { block, container, form, around: list }), form);
    node.classList.add("block");
    if (block.block_id) node.dataset.block = block.block_id;
    return node;
  });
}

function unsupported(block) {
  return el("div", { class: "unsupported" }, `unsupported block: ${block.type}`);
}

function section(block, make) {
  const words = [
    block.text && el("div", { class: "text" }, textObject(block.text)),
    block.fields && el("div", { class: "fields" }, block.fields.map((field) => el("div", {}, textObject(field)))),
  ];
  if (!block.accessory) return el("div", { class: "section" }, words);
  const wide = !["button", "overflow", "image"].includes(block.accessory.type);
  return el(
    "div",
    { class: wide ? "section with wide" : "section with" },
    el("div", { class: "words" }, words),
    el("div", { class: "accessory" }, make(block.accessory)),
  );
}

function context(block) {
  return el(
    "div",
    { class: "context" },
    block.elements.map((item) => (item.type === "image" ? picture(item, "mini") : el("span", {}, textObject(item)))),
  );
}

function image(block) {
  return el("figure", {}, block.title && el("figcaption", {}, textObject(block.title)), picture(block, "large"));
}

function input(block, make, form) {
  const control = make(block.element);
  const target = controlOf(control);
  const id = (target.id ||= freshId("input"));
  const group = control.matches(".choices");
  const label = [textObject(block.label), block.optional && el("span", { class: "optional" }, " (optional)")];
  const notes = [];
  const error = form.errors[block.block_id];
  if (error) notes.push(el("p", { id: `${id}-error`, class: "error", role: "alert" }, error));
  if (block.hint) notes.push(el("small", { id: `${id}-hint` }, textObject(block.hint)));
  if (notes.length) (group ? control : target).setAttribute("aria-describedby", notes.map((note) => note.id).join(" "));
  if (error) target.setAttribute("aria-invalid", "true");
  if (!block.optional && !group) target.setAttribute("aria-required", "true");
  if (group) control.setAttribute("aria-labelledby", `${id}-label`);
  return el("div", { class: error ? "input invalid" : "input" },
    group ? el("div", { class: "label", id: `${id}-label` }, label) : el("label", { class: "label", for: id }, label),
    control, counter(block.element, target), notes);
}

/** How much of a limited text is used. */
function counter(source, target) {
  if (source.type !== "plain_text_input" || !source.max_length) return null;
  const node = el("small", { class: "counter", "aria-hidden": "true" });
  const draw = () => {
    node.textContent = `${target.value.length} / ${source.max_length}`;
    node.classList.toggle("over", target.value.length > source.max_length);
  };
  target.addEventListener("input", draw);
  draw();
  return node;
}

/** The part of Markdown that has a counterpart in mrkdwn: headings, bold, links, lists. */
function markdown(block) {
  const text = block.text
    .replace(/^#{1,6} +(.*)$/gm, "*$1*")
    .replace(/\*\*(\S(?:.*?\S)?)\*\*/g, "*$1*")
    .replace(/~~(\S(?:.*?\S)?)~~/g, "~$1~")
    .replace(/\[([^\]\n]+)\]\((https?:[^)\s]+)\)/g, "<$2|$1>")
    .replace(/^(\s*)[-*+] +/gm, "$1• ");
  return el("div", {}, mrkdwn(text));
}

const MAKERS = {
  section,
  header: (block) => el("h3", { class: "headline" }, textObject(block.text)),
  divider: () => el("hr"),
  context,
  actions: (block, make) => el("div", { class: "actions" }, block.elements.map(make)),
  image,
  input,
  rich_text: (block) => richText(block),
  table,
  data_table: dataTable,
  markdown,
  alert: (block) => el(
    "div",
    { class: `alert ${/^\w+$/.test(block.level) ? block.level : "default"}`, role: "note" },
    textObject(block.text),
  ),
};
