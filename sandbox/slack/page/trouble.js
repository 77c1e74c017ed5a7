/** The fault switches: some last until they are switched off, the others happen once. */

import { overlay, panel } from "./dialog.js";
import { el } from "./dom.js";

const ADDRESS = "/page/switches";

/** Shows every switch as it stands. */
export async function showTrouble() {
  const list = el("div", { class: "troubles", dataset: { testid: "troubles" } });
  const box = panel("Make trouble", list, el(
    "button",
    { class: "btn primary", type: "button", dataset: { autofocus: "" }, onclick: () => close() },
    "Close",
  ));
  const close = overlay(box, () => close());
  const draw = async () => {
    const answer = await ask(ADDRESS);
    if (!answer.ok) return list.replaceChildren(el("p", {}, "The sandbox does not answer."));
    const groups = Map.groupBy?.(answer.switches, (one) => one.group) ?? grouped(answer.switches);
    list.replaceChildren(...[...groups].map(([group, switches]) =>
      el("section", {}, el("h3", {}, group), el("ul", {}, switches.map((one) => el("li", {}, control(one)))))));
  };
  await draw();
}

function control(one) {
  const words = el("span", {}, el("strong", {}, one.label), el("small", {}, one.about));
  if (one.lasting) {
    const box = el("input", { type: "checkbox", checked: one.on, dataset: { switch: one.id } });
    box.addEventListener("change", async () => {
      if (!(await set(one.id, box.checked)).ok) box.checked = !box.checked;
    });
    return el("label", {}, box, words);
  }
  const state = el("span", { class: "state", role: "status" });
  const press = async () => {
    state.textContent = (await set(one.id, true)).ok ? "done" : "not possible now";
  };
  return el("div", {}, el(
    "button",
    { class: "btn", type: "button", dataset: { switch: one.id }, "aria-label": one.label, onclick: press },
    "Do it",
  ), words, state);
}

function set(id, on) {
  return ask(ADDRESS, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ id, on }) });
}

async function ask(address, options) {
  try {
    return await (await fetch(address, options)).json();
  } catch {
    return { ok: false };
  }
}

function grouped(switches) {
  const found = new Map();
  for (const one of switches) found.set(one.group, [...(found.get(one.group) ?? []), one]);
  return found;
}
