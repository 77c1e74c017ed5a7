/** Dialogs: Slack's confirm, and the list of keys. Focus stays inside and comes back afterwards. */

import { el } from "./dom.js";
import { textObject, textOf } from "./mrkdwn.js";

/** Shows *box* over everything; gives the function that closes it. */
export function overlay(box, onDismiss) {
  const before = document.activeElement;
  const cover = el("div", { class: "cover" }, box);
  const key = (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      onDismiss();
    } else if (event.key === "Tab") {
      trap(box, event);
    }
  };
  cover.addEventListener("keydown", key);
  cover.addEventListener("mousedown", (event) => event.target === cover && onDismiss());
  document.body.append(cover);
  (box.querySelector("[data-autofocus]") ?? focusable(box)[0])?.focus();
  return () => {
    cover.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  };
}

function focusable(box) {
  return [...box.querySelectorAll("button, input, select, textarea, a[href], [tabindex='0']")].filter((n) => !n.disabled);
}

export function trap(box, event) {
  const nodes = focusable(box);
  if (!nodes.length) return;
  const edge = event.shiftKey ? nodes[0] : nodes[nodes.length - 1];
  if (document.activeElement === edge) {
    event.preventDefault();
    (event.shiftKey ? nodes[nodes.length - 1] : nodes[0]).focus();
  }
}

/** @returns {Promise<boolean>} whether the person confirmed */
export function confirmed(object) {
  return new Promise((resolve) => {
    const answer = (yes) => {
      close();
      resolve(yes);
    };
    const style = object.style === "danger" ? "danger" : "primary";
    const box = el("div", { class: "dialog", role: "alertdialog", "aria-modal": "true", "aria-label": textOf(object.title) },
      el("h2", {}, textObject(object.title)),
      el("p", {}, textObject(object.text)),
      el("div", { class: "buttons" },
        el("button", { class: "btn", dataset: { testid: "confirm-deny" }, onclick: () => answer(false) }, textObject(object.deny)),
        el("button", { class: `btn ${style}`, dataset: { testid: "confirm-accept", autofocus: "" }, onclick: () => answer(true) }, textObject(object.confirm)),
      ),
    );
    const close = overlay(box, () => answer(false));
  });
}

const KEYS = [
  ["Alt + 1 … 5", "be another person"],
  ["Ctrl + K", "go to a channel"],
  ["/", "write a command (in the composer)"],
  ["Enter · Shift + Enter", "send · new line"],
  ["↑ ↓ Tab Esc", "choose, complete, close the list of commands"],
  ["Esc", "close the form or the thread"],
];

export function showKeys() {
  const box = el("div", { class: "dialog", role: "dialog", "aria-modal": "true", "aria-label": "Keys" },
    el("h2", {}, "Keys"),
    el("dl", { class: "keys" }, KEYS.map(([key, does]) => [el("dt", {}, key), el("dd", {}, does)])),
    el("div", { class: "buttons" }, el("button", { class: "btn primary", onclick: () => close() }, "Close")),
  );
  const close = overlay(box, () => close());
}
