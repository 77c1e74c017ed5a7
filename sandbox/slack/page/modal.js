/** Modals: the top of this person's stack, with what they typed so far. */

import { blocks } from "./blocks.js";
import { act } from "./connection.js";
import { overlay } from "./dialog.js";
import { el } from "./dom.js";
import { textObject, textOf } from "./mrkdwn.js";
import { store } from "./store.js";

let open = null;
let shownHash = null;
let typed = {};
let errors = {};

/** Shows the top modal, or none. Typed values stay where block and action stayed. */
export function drawModal(force = false) {
  const view = store.stack[store.stack.length - 1];
  if (!view) {
    close();
    return;
  }
  if (!force && shownHash === `${view.id} ${view.hash}`) return;
  if (!shownHash?.startsWith(view.id)) {
    typed = {};
    errors = {};
  } else if (!force) {
    errors = {};
  }
  shownHash = `${view.id} ${view.hash}`;
  const focused = document.activeElement?.id;
  close(true);
  const form = {
    values: merged(view.state.values),
    errors,
    changed: (block, action, value) => { (typed[block] ??= {})[action] = value; },
  };
  const box = el("form", { class: "modal", role: "dialog", "aria-modal": "true", "aria-label": textOf(view.title), dataset: { testid: "modal" }, novalidate: true },
    el("header", {}, el("h2", {}, textObject(view.title)),
      el("button", { class: "close", type: "button", "aria-label": "Close all", title: "Close", onclick: () => shut(view, true) }, "×")),
    el("div", { class: "scroll" }, blocks(view.blocks, { type: "view", view_id: view.id }, form)),
    el("p", { class: "error failure", role: "alert", hidden: true }),
    el("footer", { class: "buttons" },
      el("button", { class: "btn", type: "button", dataset: { testid: "modal-close" }, onclick: () => shut(view, false) }, view.close ? textObject(view.close) : "Cancel"),
      view.submit && el("button", { class: "btn primary", type: "submit", dataset: { testid: "modal-submit" } }, textObject(view.submit))));
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(view, box);
  });
  open = overlay(box, () => shut(view, false));
  const again = focused && box.querySelector(`#${CSS.escape(focused)}`);
  if (again) again.focus();
  else if (view.blocks.some((b) => b.type === "input")) box.querySelector(".input input, .input select, .input textarea")?.focus();
}

function merged(values) {
  const all = structuredClone(values ?? {});
  for (const [block, actions] of Object.entries(typed)) all[block] = { ...all[block], ...actions };
  return all;
}

async function submit(view, box) {
  const button = box.querySelector("[data-testid=modal-submit]");
  const missing = view.blocks.filter((b) => b.type === "input" && !b.optional && !held(view, b));
  if (missing.length) {
    errors = Object.fromEntries(missing.map((b) => [b.block_id, "Please complete this required field."]));
    return drawModal(true);
  }
  button.disabled = true;
  button.classList.add("busy");
  const answer = await act("submit", { view_id: view.id, values: typed });
  button.disabled = false;
  button.classList.remove("busy");
  if (answer.errors) {
    errors = answer.errors;
    drawModal(true);
  } else if (!answer.ok) {
    failed(answer.error);
  }
}

function held(view, block) {
  const value = merged(view.state.values)[block.block_id]?.[block.element.action_id] ?? {};
  return Object.entries(value).some(([key, v]) => key !== "type" && (Array.isArray(v) ? v.length : v));
}

/** A submit that the app did not take. */
export function failed(text) {
  const note = document.querySelector(".modal .failure");
  if (!note) return;
  note.textContent = text === "operation_timeout" || text === "dispatch_failed" ? "We had some trouble connecting. Try again?" : text;
  note.hidden = false;
}

function shut(view, all) {
  act("close", { view_id: view.id, all });
}

function close(keep = false) {
  open?.();
  open = null;
  if (!keep) {
    shownHash = null;
    typed = {};
    errors = {};
  }
}
