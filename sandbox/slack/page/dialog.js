/** Dialogs: Slack's confirm, and what all dialogs share: the focus stays inside and comes back afterwards. */

import { el, focusable, freshId } from "./dom.js";
import { textObject } from "./mrkdwn.js";

const layers = [];

/** Whether a dialog is open. */
export function dialogOpen() {
  return layers.length > 0;
}

/**
 * Shows *box* over everything; the rest of the page cannot be reached meanwhile.
 * @param {HTMLElement} box has a role and a label
 * @param {() => void} onDismiss Escape, or a click beside the box
 * @returns {() => void} closes it
 */
export function overlay(box, onDismiss) {
  const back = wayBack(document.activeElement);
  const cover = el("div", { class: "cover" }, box);
  cover.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) {
      event.preventDefault();
      event.stopPropagation();
      onDismiss();
    } else if (event.key === "Tab") {
      trap(box, event);
    }
  });
  cover.addEventListener("mousedown", (event) => {
    if (event.target === cover) onDismiss();
  });
  box.tabIndex = -1;
  layers.push(cover);
  document.getElementById("layers").append(cover);
  shield();
  (box.querySelector("[data-autofocus]") ?? box).focus();
  return () => {
    if (!layers.includes(cover)) return;
    layers.splice(layers.indexOf(cover), 1);
    cover.remove();
    shield();
    back();
  };
}

/** Only the top layer can be reached by keyboard, pointer or screen reader. */
function shield() {
  document.getElementById("frame").inert = layers.length > 0;
  for (const layer of layers) layer.inert = layer !== layers[layers.length - 1];
}

/** Returns a function that restores the focus: to the same element, or to its replacement. */
function wayBack(before) {
  if (!(before instanceof HTMLElement) || before === document.body) return () => {};
  const { actionId, blockId, focus } = before.dataset;
  const ts = before.closest("[data-ts]")?.dataset.ts;
  return () => {
    if (before.isConnected) return before.focus();
    const same = [...document.querySelectorAll("[data-action-id], [data-focus]")].find((node) =>
      focus ? node.dataset.focus === focus : actionId && node.dataset.actionId === actionId && node.dataset.blockId === blockId);
    (
      same ?? (ts && document.querySelector(`[data-ts="${CSS.escape(ts)}"]`)) ?? document.querySelector("[data-testid=composer]")
    )?.focus();
  };
}

function trap(box, event) {
  const nodes = focusable(box);
  if (!nodes.length) return event.preventDefault();
  const edge = event.shiftKey ? nodes[0] : nodes[nodes.length - 1];
  if (document.activeElement === edge || document.activeElement === box) {
    event.preventDefault();
    (event.shiftKey ? nodes[nodes.length - 1] : nodes[0]).focus();
  }
}

/** A small dialog with a title, something, and buttons. */
export function panel(title, content, buttons, role = "dialog") {
  const id = freshId("title");
  return el("div", { class: "dialog", role, "aria-modal": "true", "aria-labelledby": id },
    el("h2", { id }, title), content, el("div", { class: "buttons" }, buttons));
}

/** Slack's confirm: only this page knows of it until the person says yes. @returns {Promise<boolean>} */
export function confirmed(object) {
  return new Promise((resolve) => {
    const answer = (yes) => {
      close();
      resolve(yes);
    };
    const style = object.style === "danger" ? "danger" : "primary";
    const words = freshId("words");
    const box = panel(textObject(object.title), el("p", { id: words }, textObject(object.text)), [
      el(
        "button",
        { class: "btn", type: "button", dataset: { testid: "confirm-deny" }, onclick: () => answer(false) },
        object.deny ? textObject(object.deny) : "Cancel",
      ),
      el(
        "button",
        {
          class: `btn ${style}`,
          type: "button",
          dataset: { testid: "confirm-accept", autofocus: "" },
          onclick: () => answer(true),
        },
        object.confirm ? textObject(object.confirm) : "Confirm",
      ),
    ], "alertdialog");
    box.setAttribute("aria-describedby", words);
    const close = overlay(box, () => answer(false));
  });
}
