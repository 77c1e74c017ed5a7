/** The menu behind "⋯". */

import { el, freshId, rove, safeLink } from "./dom.js";
import { floating } from "./float.js";
import { icon } from "./icons.js";
import { textObject } from "./mrkdwn.js";

/** @param {any} source Slack's overflow @param {(option: any) => void} chosen */
export function overflow(source, chosen) {
  const id = freshId("menu");
  const opener = el(
    "button",
    {
      class: "btn overflow",
      type: "button",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-controls": id,
      dataset: { control: "" },
    },
    icon("more"),
  );
  const items = source.options.map((option) => el("button", {
    type: "button",
    role: "menuitem",
    tabindex: "-1",
    dataset: { value: option.value ?? "" },
    onclick: () => take(option),
  },
    textObject(option.text), option.description && el("small", {}, textObject(option.description))));
  const list = el("div", { class: "menu", role: "menu", id, hidden: true, "aria-label": "More actions" }, items);
  const node = el("span", { class: "picker" }, opener, list);

  const stand = floating(list, opener, { gone: () => opener.setAttribute("aria-expanded", "false") });
  const show = (open) => {
    stand(open);
    opener.setAttribute("aria-expanded", String(open));
    if (open) items[0]?.focus();
  };
  const take = (option) => {
    show(false);
    opener.focus();
    if (option.url && safeLink(option.url)) window.open(option.url, "_blank", "noopener");
    chosen(option);
  };
  opener.addEventListener("click", () => show(list.hidden));
  opener.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    show(true);
  });
  list.addEventListener("keydown", (event) => {
    if (rove(event, items) || event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    show(false);
    opener.focus();
  });
  node.addEventListener("focusout", (event) => {
    if (!node.contains(event.relatedTarget)) show(false);
  });
  return node;
}
