/** A field with a list under it: for several choices, and for choices that the app looks up. */

import { el, freshId } from "./dom.js";
import { floating } from "./float.js";
import { icon } from "./icons.js";
import { textOf } from "./mrkdwn.js";
import { idOf } from "./selects.js";
import { cast, mine } from "./store.js";

const QUIET = 200;

/**
 * @typedef {import("./selects.js").Choice} Choice
 * @typedef {(typed: string) => Promise<Choice[]>} Look gives the choices for what was typed; may throw an Error in words
 */

/** Several choices; *changed* gets all that are chosen. @param {any} source @param {Look} look */
export function multiPicker(source, look, held, changed) {
  let chosen = (held ?? []).map((value) => ({ id: idOf(value), label: labelOf(value), value }));
  const most = source.max_selected_items ?? Infinity;
  const chips = el("span", { class: "chips" });
  const field = searchField(source, look, {
    isChosen: (choice) => chosen.some((one) => one.id === choice.id),
    choose(choice) {
      const there = chosen.some((one) => one.id === choice.id);
      if (!there && chosen.length >= most) return field.say(`At most ${most}. Take one away first.`);
      put(there ? chosen.filter((one) => one.id !== choice.id) : [...chosen, choice]);
      field.clear(true);
    },
    back: () => chosen.length && put(chosen.slice(0, -1)),
  });
  const put = (next) => {
    chosen = next;
    draw();
    changed(chosen.map((one) => one.value));
  };
  const draw = () => chips.replaceChildren(...chosen.map((one) => el("span", { class: "chip" }, one.label,
    el(
      "button",
      {
        type: "button",
        "aria-label": `Remove ${one.label}`,
        onclick: () => { put(chosen.filter((other) => other !== one)); field.input.focus(); },
      },
      icon("close"),
    ))));
  draw();
  field.box.prepend(chips);
  return field.node;
}

/** One choice that the app looks up. @param {any} source @param {Look} look */
export function searchPicker(source, look, held, changed) {
  let chosen = held ? { id: idOf(held), label: labelOf(held), value: held } : null;
  const field = searchField(source, look, {
    isChosen: (choice) => choice.id === chosen?.id,
    choose(choice) {
      chosen = choice;
      field.input.value = choice.label;
      field.close();
      changed(choice.value);
    },
    back: () => {},
    left() {
      if (field.input.value || !chosen) field.input.value = chosen?.label ?? "";
      else changed((chosen = null));
    },
  });
  field.input.value = chosen?.label ?? "";
  return field.node;
}

function labelOf(value) {
  if (typeof value === "object") return textOf(value.text);
  const one = cast().find((person) => person.id === value);
  return one?.real_name ?? `#${mine().channels.get(value)?.name ?? value}`;
}

/** The field and its list; Arrow keys, Enter and Escape as in every combobox. */
function searchField(source, look, acts) {
  const id = freshId("list");
  const needed = source.type.includes("external") ? source.min_query_length ?? 3 : 0;
  const input = el(
    "input",
    {
      type: "text",
      role: "combobox",
      autocomplete: "off",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": id,
      placeholder: textOf(source.placeholder) || "Choose",
      dataset: { control: "" },
    },
  );
  const list = el("div", { class: "options", role: "listbox", id, hidden: true, "aria-label": "Choices" });
  const box = el("span", { class: "field box" }, input);
  const node = el("span", { class: "picker" }, box, list);
  /** @type {Choice[]} */
  let shown = [];
  let at = -1;
  let asked = 0;

  const stand = floating(list, box, { asWide: true, gone: () => open(false) });
  const open = (yes) => {
    stand(yes);
    input.setAttribute("aria-expanded", String(yes));
    if (!yes) input.removeAttribute("aria-activedescendant");
  };
  const say = (text) => {
    shown = [];
    list.replaceChildren(el("p", { role: "status" }, text));
    open(true);
  };
  const mark = (next) => {
    at = next;
    [...list.querySelectorAll("[role=option]")].forEach((option, index) => {
      option.classList.toggle("here", index === at);
      if (index !== at) return;
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    });
  };
  const draw = () => {
    if (!shown.length) return say("No matches.");
    let group;
    list.replaceChildren(...shown.flatMap((choice, index) => {
      const title = choice.group !== group && choice.group ? [el(
        "p",
        { class: "group", role: "presentation" },
        choice.group,
      )] : [];
      group = choice.group;
      const option = el(
        "div",
        { role: "option", id: `${id}-${index}`, "aria-selected": String(acts.isChosen(choice)), dataset: { value: choice.id } },
        choice.label,
        choice.about && el("small", {}, choice.about),
      );
      option.addEventListener("mousedown", (event) => { event.preventDefault(); acts.choose(choice); });
      return [...title, option];
    }));
    open(true);
    mark(0);
  };
  const search = async () => {
    const typed = input.value.trim();
    const mineAsked = (asked += 1);
    if (typed.length < needed) return say(`Type at least ${needed} ${needed === 1 ? "letter" : "letters"} to search.`);
    if (needed || source.type.includes("external")) {
      say("Searching …");
      await new Promise((resolve) => { setTimeout(resolve, QUIET); });
      if (mineAsked !== asked) return;
    }
    try {
      const found = await look(typed);
      if (mineAsked !== asked || document.activeElement !== input) return;
      const low = typed.toLowerCase();
      shown = source.type.includes("external") ? found : found.filter((choice) => choice.label.toLowerCase().includes(low));
      draw();
    } catch (error) {
      if (mineAsked === asked) say(error.message);
    }
  };

  input.addEventListener("input", search);
  // Not on mousedown: the field has no focus yet, and results are shown only for the focused field.
  box.addEventListener("click", (event) => {
    if (event.target.closest("button")) return;
    input.focus();
    if (list.hidden) search();
  });
  input.addEventListener("blur", () => { asked += 1; open(false); acts.left?.(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) search();
      else if (shown.length) mark((at + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!list.hidden && shown[at]) acts.choose(shown[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      open(false);
    } else if (event.key === "Backspace" && !input.value) {
      acts.back();
    }
  });
  return {
    node, box, input, say,
    close: () => open(false),
    clear: (again) => { input.value = ""; if (again && !list.hidden) search(); },
  };
}
