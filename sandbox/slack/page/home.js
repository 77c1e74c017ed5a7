/** The App Home tab. */

import { blocks } from "./blocks.js";
import { appHead } from "./channel.js";
import { act } from "./connection.js";
import { el, keepingFocus } from "./dom.js";
import { mine } from "./store.js";

/** @param {HTMLElement} root @param {{go: (place: string) => void, menu: () => HTMLElement}} acts */
export function homePane(root, acts) {
  const page = el("div", { class: "page" });
  const node = el("div", { class: "home", tabindex: "-1", dataset: { testid: "home" } }, page);
  let shown;

  function draw() {
    const view = mine().home;
    shown = view;
    keepingFocus(node, () => page.replaceChildren(...(view?.blocks?.length
      ? blocks(view.blocks, { type: "view", view_id: view.id })
      : [el("div", { class: "empty" }, el("h2", {}, view ? "Nothing here" : "Nothing here yet"),
        el(
          "p",
          {},
          `${mine().app.name} ${mine().connected ? "has not published a home for you." : "is not connected; its home appears when it is."}`,
        ))])));
  }

  return {
    /** Shows it, and tells the app that this person opened it. */
    open() {
      keepingFocus(root, () => root.replaceChildren(appHead(acts.menu(), "home", acts.go), node));
      draw();
      node.scrollTop = 0;
      act("home");
    },
    /** Shows a newly published view. */
    update() {
      if (shown !== mine().home || !mine().home) draw();
    },
  };
}
