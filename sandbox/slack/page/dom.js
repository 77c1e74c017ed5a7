/** Makes elements. Text from outside only becomes text nodes. */

/**
 * @typedef {Node|string|number|null|undefined|false|Array<any>} Child
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `class`, `dataset`, `style`, `on…` listeners; anything else is an attribute
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name === "style") for (const [property, held] of Object.entries(value)) node.style.setProperty(property, held);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(5).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Class names, without those that do not apply. @param {...(string|false|null|undefined|0)} names */
export function classes(...names) {
  return names.filter(Boolean).join(" ") || null;
}

let counted = 0;

/** An id that no other element has. */
export function freshId(prefix) {
  counted += 1;
  return `${prefix}-${counted}`;
}

/** Whether an address may become a link; `javascript:` and similar may not. */
export function safeLink(url) {
  return /^(https?|mailto):/i.test(url) ? url : null;
}

const FOCUSABLE = "button, input, select, textarea, a[href], [tabindex='0']";

/** What Tab reaches inside *box*, in order. @returns {HTMLElement[]} */
export function focusable(box) {
  return [...box.querySelectorAll(FOCUSABLE)].filter(
    (node) => !node.disabled && node.tabIndex >= 0 && node.getClientRects().length > 0
  );
}

/** Moves the focus by arrow keys, Home and End along *nodes*; round at the ends. @returns {boolean} whether it did */
export function rove(event, nodes) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = nodes.indexOf(document.activeElement);
  let next;
  if (step && at >= 0) next = (at + step + nodes.length) % nodes.length;
  else if (event.key === "Home") next = 0;
  else if (event.key === "End") next = nodes.length - 1;
  else return false;
  event.preventDefault();
  nodes[next]?.focus();
  return true;
}

/**
 * Runs *change*, which may replace nodes inside *root*; puts the focus back on the element that stands for the same
 * thing: the same `data-focus`, or the same action in the same block. Where it is gone, the message around it gets it, or *root*.
 */
export function keepingFocus(root, change) {
  const before = document.activeElement;
  if (!before || !root.contains(before)) return change();
  const { focus, actionId, blockId } = before.dataset;
  const [start, end] = ["text", "textarea"].includes(before.type) ? [before.selectionStart, before.selectionEnd] : [];
  const ts = before.closest("[data-ts]")?.dataset.ts;
  change();
  if (before.isConnected && document.activeElement === before) return;
  const same = [...root.querySelectorAll("[data-focus], [data-action-id]")].find((node) =>
    focus ? node.dataset.focus === focus : actionId && node.dataset.actionId === actionId && node.dataset.blockId === blockId);
  (same ?? root.querySelector(`[data-ts="${CSS.escape(ts ?? "")}"]`) ?? root).focus({ preventScroll: true });
  if (same && start !== undefined) same.setSelectionRange?.(start, end);
}
