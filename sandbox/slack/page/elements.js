/** Interactive elements, from Slack's JSON to controls and back to Slack's value objects. */

import { act, wording } from "./connection.js";
import { fromField, toField, zoneName } from "./dates.js";
import { el, freshId, safeLink } from "./dom.js";
import { keyOf } from "./form.js";
import { overflow } from "./menu.js";
import { textObject, textOf } from "./mrkdwn.js";
import { multiPicker, searchPicker } from "./picker.js";
import { channelOptions, optionsOf, peopleOptions, plainOption, singleSelect } from "./selects.js";
import { change, controlOf, use } from "./use.js";

/** @param {any} source Slack's JSON @param {import("./use.js").Place} place @returns {HTMLElement} */
export function element(source, place) {
  const make = Object.hasOwn(MAKERS, source.type) ? MAKERS[source.type] : null;
  if (!make) return el("span", { class: "unsupported" }, `unsupported element: ${source.type}`);
  const node = make(source, place);
  if (!source.action_id) return node;
  const marked = node.matches(".choices") ? node : controlOf(node);
  marked.dataset.actionId = source.action_id;
  marked.dataset.blockId = place.block.block_id ?? "";
  if (source.focus_on_load) controlOf(node).dataset.autofocus = "";
  const labelled = place.block.type === "input" || marked.tagName === "BUTTON";
  if (!labelled) marked.setAttribute("aria-label", textOf(source.placeholder) || textOf(place.block.text) || "Choice");
  return node;
}

function button(source, place) {
  const node = el(
    "button",
    {
      class: `btn ${source.style ?? ""}`.trim(),
      type: "button",
      "aria-label": source.accessibility_label,
      title: source.accessibility_label,
    },
    textObject(source.text),
  );
  node.addEventListener("click", () => {
    if (source.url && safeLink(source.url)) window.open(source.url, "_blank", "noopener");
    use(source, place, node, source.value === undefined ? { type: "button" } : { type: "button", value: source.value });
  });
  return node;
}

/** An image of a block or element. Those of other sites are not loaded: the page calls only its own server. */
export function picture(source, name) {
  const node = el(
    "img",
    {
      src: source.image_url ?? source.slack_file?.url ?? `/page/files/${source.slack_file?.id}`,
      alt: source.alt_text,
      class: name,
    },
  );
  node.addEventListener("error", () => node.replaceWith(el("span", { class: "missing" }, `picture: ${source.alt_text}`)));
  return node;
}

/** One choice from a list that the page knows. */
function single(options) {
  return (source, place) => {
    const key = keyOf(source.type);
    const held = place.form.get(place.block.block_id, source)[key];
    const node = singleSelect(
      source,
      options(source),
      held,
      (value, restore) => change(source, place, node, { type: source.type, [key]: value }, restore),
    );
    return node;
  };
}

/** Several choices from a list that the page knows. */
function several(options) {
  return (source, place) => {
    const key = keyOf(source.type);
    const held = place.form.get(place.block.block_id, source)[key];
    const node = multiPicker(
      source,
      async () => options(source),
      held,
      (values) => change(source, place, node, { type: source.type, [key]: values }),
    );
    return node;
  };
}

/** Choices that the app looks up. */
function external(pick) {
  return (source, place) => {
    const key = keyOf(source.type);
    const held = place.form.get(place.block.block_id, source)[key];
    const look = async (typed) => {
      const answer = await act(
        "suggest",
        { container: place.container, block_id: place.block.block_id, action_id: source.action_id, value: typed },
      );
      if (!answer.options && !answer.option_groups) throw new Error(wording(answer.error ?? "operation_timeout"));
      return optionsOf(answer);
    };
    const node = pick(source, look, held, (value) => change(source, place, node, { type: source.type, [key]: value }));
    return node;
  };
}

function choices(kind) {
  return (source, place) => {
    const many = kind === "checkbox";
    const key = keyOf(source.type);
    const held = [place.form.get(place.block.block_id, source)[key]].flat().filter(Boolean).map((option) => option.value);
    const name = freshId("choice");
    const inputs = source.options.map(
      (option) => el(
        "input",
        {
          type: kind,
          name,
          value: option.value,
          checked: held.includes(option.value),
          dataset: { focus: `${place.block.block_id} ${source.action_id} ${option.value}` },
        },
      )
    );
    const node = el("div", { class: "choices", role: many ? "group" : "radiogroup" }, source.options.map((option, index) =>
      el(
        "label",
        {},
        inputs[index],
        el("span", {}, textObject(option.text), option.description && el("small", {}, textObject(option.description))),
      )));
    node.addEventListener("change", () => {
      const picked = source.options.filter((option, index) => inputs[index].checked).map(plainOption);
      change(source, place, node, { type: source.type, [key]: many ? picked : picked[0] ?? null });
    });
    return node;
  };
}

/** Date and time fields: sent as soon as they are complete. */
function dated(type) {
  return (source, place) => {
    const key = keyOf(source.type);
    const held = place.form.get(place.block.block_id, source)[key];
    const moment = type === "datetime-local";
    const node = el("input", { class: "field", type });
    node.value = moment && held ? toField(held) : held ?? "";
    node.addEventListener(
      "change",
      () => change(source, place, node, { type: source.type, [key]: moment ? fromField(node.value) : node.value || null }),
    );
    return moment ? el("span", { class: "withzone" }, node, el("small", {}, `${zoneName()} time`)) : node;
  };
}

/** Text and numbers. Sent on Enter, or earlier with `on_character_entered`. */
function written(type) {
  return (source, place) => {
    const key = keyOf(source.type);
    const attributes = { class: "field", placeholder: textOf(source.placeholder) || null };
    const node = source.multiline ? el("textarea", { ...attributes, rows: 4 }) : el(
      "input",
      { ...attributes, type, inputmode: source.type === "number_input" ? "decimal" : null, autocomplete: "off" },
    );
    node.value = place.form.get(place.block.block_id, source)[key] ?? "";
    const value = () => ({ type: source.type, [key]: node.value || null });
    const on = place.block.dispatch_action ? source.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"] : [];
    node.addEventListener("input", () => {
      place.form.set(place.block.block_id, source, value());
      if (on.includes("on_character_entered")) use(source, place, node, value());
    });
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || !on.includes("on_enter_pressed")) return;
      event.preventDefault();
      use(source, place, node, value());
    });
    return node;
  };
}

const MAKERS = {
  button,
  overflow: (source, place) => {
    const node = overflow(
      source,
      (option) => use(source, place, node, { type: "overflow", selected_option: plainOption(option) }),
    );
    return node;
  },
  static_select: single(optionsOf),
  multi_static_select: several(optionsOf),
  external_select: external(searchPicker),
  multi_external_select: external(multiPicker),
  users_select: single(peopleOptions),
  multi_users_select: several(peopleOptions),
  conversations_select: single(channelOptions),
  multi_conversations_select: several(channelOptions),
  channels_select: single(channelOptions),
  multi_channels_select: several(channelOptions),
  checkboxes: choices("checkbox"),
  radio_buttons: choices("radio"),
  datepicker: dated("date"),
  timepicker: dated("time"),
  datetimepicker: dated("datetime-local"),
  plain_text_input: written("text"),
  number_input: written("text"),
  email_text_input: written("email"),
  url_text_input: written("url"),
  image: (source) => picture(source, "thumb"),
};
