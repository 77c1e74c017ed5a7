/** Interactive elements, from Slack's JSON to controls and back to Slack's value objects. */

import { store } from "./store.js";
import { act } from "./connection.js";
import { confirmed } from "./dialog.js";
import { el } from "./dom.js";
import { textObject, textOf } from "./mrkdwn.js";

/**
 * @param {any} element Slack's JSON
 * @param {{block: any, container: any, value?: any, changed?: (value: any) => void}} where
 *   `changed` in forms: the value is kept until submit; elsewhere using an element sends a click
 */
export function element(element, where) {
  const make = MAKERS[element.type];
  const node = make ? make(element, where) : el("span", { class: "unsupported" }, `unsupported element: ${element.type}`);
  if (element.action_id) {
    const control = node.matches("button, input, select, textarea") ? node : node.querySelector("button, input, select, textarea") ?? node;
    control.dataset.actionId = element.action_id;
    control.dataset.blockId = where.block.block_id;
    if (element.focus_on_load) control.dataset.autofocus = "";
  }
  return node;
}

async function use(source, where, node, value) {
  if (where.changed) {
    where.changed(value);
    if (!where.block.dispatch_action && where.block.type === "input") return;
  }
  if (source.confirm && !(await confirmed(source.confirm))) return;
  node.classList.remove("failed");
  node.classList.add("busy");
  node.setAttribute("aria-busy", "true");
  await act("click", { container: where.container, block_id: where.block.block_id, action_id: source.action_id, element: value });
  node.classList.remove("busy");
  node.removeAttribute("aria-busy");
}

function button(source, where) {
  const classes = ["btn", source.style ?? ""].join(" ").trim();
  const node = el("button", { class: classes, type: "button", "aria-label": source.accessibility_label, title: source.accessibility_label }, textObject(source.text));
  node.addEventListener("click", () => {
    if (source.url && /^https?:/.test(source.url)) window.open(source.url, "_blank", "noopener");
    use(source, where, node, { type: "button" });
  });
  return node;
}

function overflow(source, where) {
  const node = el("select", { class: "overflow", "aria-label": "More actions" }, el("option", { value: "" }, "⋯"),
    source.options.map((option, index) => el("option", { value: index }, textOf(option.text))));
  node.addEventListener("change", () => {
    const option = source.options[Number(node.value)];
    node.value = "";
    use(source, where, node, { type: "overflow", selected_option: plain(option) });
  });
  return node;
}

function plain(option) {
  return { text: option.text, value: option.value };
}

function allOptions(source) {
  return source.options ?? source.option_groups.flatMap((group) => group.options);
}

function optionNodes(source, chosen) {
  const make = (option) => el("option", { value: option.value, selected: chosen.includes(option.value) }, option.description ? `${textOf(option.text)} — ${textOf(option.description)}` : textOf(option.text));
  if (source.options) return source.options.map(make);
  return source.option_groups.map((group) => el("optgroup", { label: textOf(group.label) }, group.options.map(make)));
}

function staticSelect(source, where) {
  const chosen = where.value?.selected_option?.value ?? source.initial_option?.value ?? "";
  const node = el("select", { class: "field" }, el("option", { value: "" }, textOf(source.placeholder) || "Choose an option"), optionNodes(source, [chosen]));
  node.addEventListener("change", () => {
    const option = allOptions(source).find((o) => o.value === node.value);
    use(source, where, node, { type: "static_select", selected_option: option ? plain(option) : null });
  });
  return node;
}

function multiSelect(source, where) {
  const chosen = (where.value?.selected_options ?? source.initial_options ?? []).map((o) => o.value);
  const node = el("select", { class: "field", multiple: true, size: Math.min(6, allOptions(source).length) }, optionNodes(source, chosen));
  node.addEventListener("change", () => {
    const values = [...node.selectedOptions].map((o) => o.value);
    use(source, where, node, { type: source.type, selected_options: allOptions(source).filter((o) => values.includes(o.value)).map(plain) });
  });
  return node;
}

/** Selects whose choices the workspace knows: people, channels. */
function fromWorkspace(key, choices, several) {
  return (source, where) => {
    const held = where.value?.[key] ?? source[`initial_${key.replace("selected_", "")}`];
    const chosen = several ? held ?? [] : [held];
    const node = el("select", { class: "field", multiple: several, size: several ? 5 : null },
      several ? [] : el("option", { value: "" }, textOf(source.placeholder) || "Choose"),
      choices().map(([value, label]) => el("option", { value, selected: chosen.includes(value) }, label)));
    node.addEventListener("change", () => {
      const values = [...node.selectedOptions].map((o) => o.value).filter(Boolean);
      use(source, where, node, { type: source.type, [key]: several ? values : values[0] ?? null });
    });
    return node;
  };
}

const people = () => [...store.people.values()].filter((p) => !p.is_bot && !p.deleted).map((p) => [p.id, p.real_name]);
const channels = () => [...store.channels.values()].filter((c) => c.kind !== "im").map((c) => [c.id, `#${c.name}`]);

function externalSelect(source, where) {
  const list = el("datalist", { id: `list-${where.block.block_id}-${source.action_id}` });
  const input = el("input", { class: "field", list: list.id, placeholder: textOf(source.placeholder), value: where.value?.selected_option ? textOf(where.value.selected_option.text) : "" });
  let options = [];
  input.addEventListener("input", async () => {
    const found = options.find((o) => textOf(o.text) === input.value);
    if (found) return use(source, where, input, { type: "external_select", selected_option: plain(found) });
    if (input.value.length < (source.min_query_length ?? 3)) return;
    const answer = await act("suggest", { container: where.container, block_id: where.block.block_id, action_id: source.action_id, value: input.value });
    options = answer.options ?? (answer.option_groups ?? []).flatMap((group) => group.options);
    list.replaceChildren(...options.map((o) => el("option", { value: textOf(o.text) })));
  });
  return el("span", { class: "stack" }, input, list);
}

function choices(kind) {
  return (source, where) => {
    const several = kind === "checkbox";
    const held = several ? where.value?.selected_options ?? source.initial_options ?? [] : [where.value?.selected_option ?? source.initial_option];
    const chosen = held.filter(Boolean).map((o) => o.value);
    const name = `${where.block.block_id}-${source.action_id}-${Math.random()}`;
    const node = el("div", { class: "choices", role: several ? "group" : "radiogroup" }, source.options.map((option) =>
      el("label", {}, el("input", { type: kind, name, value: option.value, checked: chosen.includes(option.value) }),
        el("span", {}, textObject(option.text), option.description && el("small", {}, textObject(option.description))))));
    node.addEventListener("change", () => {
      const picked = [...node.querySelectorAll("input:checked")].map((i) => plain(source.options.find((o) => o.value === i.value)));
      use(source, where, node, several ? { type: source.type, selected_options: picked } : { type: source.type, selected_option: picked[0] ?? null });
    });
    return node;
  };
}

/** Inputs whose value is one string. */
function field(type, key, initial) {
  return (source, where) => {
    const value = where.value?.[key] ?? source[initial] ?? "";
    const common = { class: "field", placeholder: textOf(source.placeholder), minlength: source.min_length, maxlength: source.max_length, min: source.min_value, max: source.max_value };
    const node = source.multiline ? el("textarea", { ...common, rows: 4 }) : el("input", { ...common, type, step: source.is_decimal_allowed ? "any" : null });
    node.value = type === "datetime-local" && value ? new Date(value * 1000).toISOString().slice(0, 16) : value;
    const event = where.changed ? "input" : "change";
    node.addEventListener(event, () => {
      const read = type === "datetime-local" && node.value ? Math.floor(Date.parse(`${node.value}Z`) / 1000) : node.value || null;
      use(source, where, node, { type: source.type, [key]: read });
    });
    return node;
  };
}

const MAKERS = {
  button,
  overflow,
  static_select: staticSelect,
  multi_static_select: multiSelect,
  external_select: externalSelect,
  users_select: fromWorkspace("selected_user", people, false),
  multi_users_select: fromWorkspace("selected_users", people, true),
  conversations_select: fromWorkspace("selected_conversation", channels, false),
  multi_conversations_select: fromWorkspace("selected_conversations", channels, true),
  channels_select: fromWorkspace("selected_channel", channels, false),
  checkboxes: choices("checkbox"),
  radio_buttons: choices("radio"),
  datepicker: field("date", "selected_date", "initial_date"),
  timepicker: field("time", "selected_time", "initial_time"),
  datetimepicker: field("datetime-local", "selected_date_time", "initial_date_time"),
  plain_text_input: field("text", "value", "initial_value"),
  number_input: field("number", "value", "initial_value"),
  image: (source) => el("img", { src: source.image_url, alt: source.alt_text, class: "thumb" }),
};
