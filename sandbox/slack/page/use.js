/** How elements are used: the confirmation, the request to the app, the wait, and the warning after a failure. */

import { act, wording } from "./connection.js";
import { confirmed } from "./dialog.js";
import { el } from "./dom.js";

/**
 * Where an element stands.
 * @typedef {{block: any, around: any[], container: any, form: ReturnType<typeof import("./form.js").formOf>}} Place
 *   `around` are all blocks of the view or message; `container` is what a click belongs to, as the contract has it
 */

/** The part of an element that has the focus. @param {HTMLElement} node @returns {HTMLElement} */
export function controlOf(node) {
  const shape = "button, input, select, textarea";
  return node.matches(shape) ? node : node.querySelector("[data-control]") ?? node.querySelector(shape) ?? node;
}

/**
 * Keeps a value, and tells the app where Slack would: at once, but for inputs without `dispatch_action`.
 * @param {() => void} [restore] undoes the visible change, if the person declines the confirmation
 */
export function change(source, place, node, value, restore) {
  const { block, form } = place;
  const before = form.get(block.block_id, source);
  form.set(block.block_id, source, value);
  if (block.type === "input" && !block.dispatch_action) return;
  use(source, place, node, value, () => {
    form.set(block.block_id, source, before);
    restore?.();
  });
}

/** control -> the last use of it that is on its way */
const underWay = new WeakMap();

/**
 * Sends a use of an element, after its confirmation, if any. A button waits for its answer before it can be
 * pressed again; uses of other elements are sent one after the other, so that the app gets the last one last.
 */
export async function use(source, place, node, value, restore) {
  const control = controlOf(node);
  if (underWay.has(control) && source.type === "button") return;
  if (source.confirm && !(await confirmed(source.confirm))) return restore?.();
  warn(control, null);
  control.setAttribute("aria-busy", "true");
  const sent = Promise.resolve(underWay.get(control)).then(() => send(source, place, value));
  underWay.set(control, sent);
  const answer = await sent;
  if (underWay.get(control) !== sent) return;
  underWay.delete(control);
  control.removeAttribute("aria-busy");
  if (!answer.ok) warn(control, wording(answer.error));
}

function send(source, { container, block, around, form }, value) {
  const use = { container, block_id: block.block_id, action_id: source.action_id, element: value };
  if (container.type === "view") use.values = form.values(around, { unfinished: false });
  return act("click", use);
}

/** Shows or takes away the warning beside an element. @param {HTMLElement} control @param {string|null} text */
export function warn(control, text) {
  const beside = control.closest(".picker, .choices, .withzone") ?? control;
  if (beside.nextElementSibling?.matches(".trouble")) beside.nextElementSibling.remove();
  if (!text) return;
  beside.after(el("span", { class: "trouble", role: "status" }, el("span", { "aria-hidden": "true" }, "⚠\ufe0e "), text));
}
