/** Modals: the top of this person's stack, with what they typed so far. */

import { blocks } from "./blocks.js";
import { act, wording } from "./connection.js";
import { overlay } from "./dialog.js";
import { el, freshId, keepingFocus } from "./dom.js";
import { formOf } from "./form.js";
import { icon } from "./icons.js";
import { textObject } from "./mrkdwn.js";
import { mine } from "./store.js";
import { controlOf } from "./use.js";

/** @type {{box: HTMLElement, close: () => void, view: any, busy: boolean}|null} */
let open = null;

/** Shows the top modal of the current person, or none. */
export function drawModal() {
  const view = mine().stack[mine().stack.length - 1];
  if (!view) {
    open?.close();
    open = null;
    return;
  }
  if (open?.view.id === view.id && open.view.hash === view.hash) return;
  const fresh = open?.view.id !== view.id;
  if (!open) {
    const form = el("form", { novalidate: true });
    const box = el("div", { class: "modal", role: "dialog", "aria-modal": "true", dataset: { testid: "modal" } }, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    open = { box, view, busy: false, close: overlay(box, () => shut(false)) };
  }
  open.view = view;
  const form = formOf({ view_id: view.id });
  form.errors = {};
  fill(fresh);
}

/** Builds the modal's inside. What was typed comes back from the form, the focus to the field where it was. */
function fill(fresh) {
  const { box, view } = open;
  const id = freshId("title");
  const depth = mine().stack.length;
  const scrolled = box.querySelector(".scroll")?.scrollTop ?? 0;
  const content = [
    el("header", {}, el("h2", { id }, textObject(view.title)),
      depth > 1 && el("span", { class: "depth" }, `${depth} forms open`),
      el(
        "button",
        {
          class: "close",
          type: "button",
          "aria-label": depth > 1 ? "Close all" : "Close the form",
          title: depth > 1 ? "Close all" : "Close",
          dataset: { focus: "modal ×" },
          onclick: () => shut(true),
        },
        icon("close"),
      )),
    el("div", { class: "scroll" }, blocks(view.blocks, { type: "view", view_id: view.id })),
    el("p", { class: "error failure", role: "alert", hidden: true }),
    el("footer", { class: "buttons" },
      el(
        "button",
        { class: "btn", type: "button", dataset: { testid: "modal-close", focus: "modal close" }, onclick: () => shut(false) },
        view.close ? textObject(view.close) : view.submit ? "Cancel" : "Close",
      ),
      view.submit && el(
        "button",
        { class: "btn primary", type: "submit", dataset: { testid: "modal-submit", focus: "modal submit" } },
        textObject(view.submit),
      )),
  ];
  box.setAttribute("aria-labelledby", id);
  box.dataset.viewId = view.id;
  if (fresh) box.firstElementChild.replaceChildren(...content);
  else keepingFocus(box, () => box.firstElementChild.replaceChildren(...content));
  box.querySelector(".scroll").scrollTop = fresh ? 0 : scrolled;
  if (fresh || document.activeElement === box) firstField(box).focus();
}

function firstField(box) {
  const input = box.querySelector("[data-autofocus]") ?? box.querySelector(".scroll .input");
  return input ? controlOf(input) : box;
}

async function submit() {
  const { view, box } = open;
  if (!view.submit || open.busy) return;
  const form = formOf({ view_id: view.id });
  if (!form.check(view.blocks)) return complain();
  failed(view.id, null);
  busy(true);
  const answer = await act("submit", { view_id: view.id, values: form.values(view.blocks) });
  if (open?.box !== box || open.view.id !== view.id) return;
  busy(false);
  if (answer.errors) {
    form.errors = answer.errors;
    complain();
  } else if (!answer.ok) {
    failed(view.id, wording(answer.error));
  }
}

function busy(is) {
  open.busy = is;
  const button = open.box.querySelector("[data-testid=modal-submit]");
  if (is) button?.setAttribute("aria-busy", "true");
  else button?.removeAttribute("aria-busy");
}

/** Shows the errors beside the inputs, and goes to the first. */
function complain() {
  fill(false);
  const wrong = open.box.querySelector(".input.invalid");
  if (!wrong) return;
  controlOf(wrong).focus();
  wrong.scrollIntoView({ block: "nearest" });
}

/**
 * A submission that the app did not take: in Slack's words, and the fault for the app's developer.
 * @param {string} viewId
 * @param {string|null} text
 */
export function failed(viewId, text) {
  if (open?.view.id !== viewId) return;
  const note = open.box.querySelector(".failure");
  const said = text && !note.hidden ? `${note.textContent} ` : "";
  note.textContent = said.includes(text) ? said : said + (text ?? "");
  note.hidden = !text;
}

async function shut(all) {
  const { view } = open;
  const answer = await act("close", { view_id: view.id, all });
  if (!answer.ok && answer.error === "unreachable") failed(view.id, wording(answer.error));
}
