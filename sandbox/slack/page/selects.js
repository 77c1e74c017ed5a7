/** What there is to choose from, and the select for one choice. */

import { el } from "./dom.js";
import { textOf } from "./mrkdwn.js";
import { cast, mine } from "./store.js";

/**
 * One thing to choose.
 * @typedef {{id: string, label: string, about?: string, group?: string, value: any}} Choice
 *   `value` is what the app gets: an option object, or an id
 */

/** An option as Slack sends it back. */
export function plainOption(option) {
  return { text: option.text, value: option.value, ...(option.description ? { description: option.description } : {}) };
}

/** The choices of `options` or `option_groups`. @returns {Choice[]} */
export function optionsOf(source) {
  const choice = (group) => (option) => (
    { id: option.value, label: textOf(option.text), about: textOf(option.description), group, value: plainOption(option) }
  );
  if (source.option_groups) return source.option_groups.flatMap((group) => group.options.map(choice(textOf(group.label))));
  return (source.options ?? []).map(choice(undefined));
}

/** @returns {Choice[]} */
export function peopleOptions() {
  return cast().map((one) => ({ id: one.id, label: one.real_name, about: one.role, value: one.id }));
}

const KINDS = { channel: "public", private: "private", im: "im" };

/** The conversations that this person sees and the element allows. @returns {Choice[]} */
export function channelOptions(source) {
  const { type, filter } = source;
  const only = type.includes("channels") ? ["public"] : filter?.include ?? ["public", "private", "im"];
  const bots = !filter?.exclude_bot_users;
  return [...mine().channels.values()]
    .filter((channel) => only.includes(KINDS[channel.kind]) && (channel.kind !== "im" || bots))
    .map(
      (channel) => ({ id: channel.id, label: channel.kind === "im" ? mine().app.name : `#${channel.name}`, value: channel.id })
    );
}

/** The id of a held value: an option object or an id. */
export function idOf(value) {
  return typeof value === "object" && value ? value.value : value;
}

/**
 * A select for one choice. The browser's own: everybody's keyboard and telephone knows it.
 * @param {any} source
 * @param {Choice[]} choices
 * @param {any} held the chosen value
 * @param {(value: any, restore: () => void) => void} changed
 */
export function singleSelect(source, choices, held, changed) {
  const make = (choice) => el(
    "option",
    { value: choice.id, selected: choice.id === idOf(held) },
    choice.about && typeof choice.value === "object" ? `${choice.label} — ${choice.about}` : choice.label,
  );
  const groups = [...new Set(choices.map((choice) => choice.group))];
  const options = groups.flatMap((group) => {
    const nodes = choices.filter((choice) => choice.group === group).map(make);
    return group ? [el("optgroup", { label: group }, nodes)] : nodes;
  });
  const node = el(
    "select",
    { class: "field" },
    el("option", { value: "" }, textOf(source.placeholder) || "Choose an option"),
    options,
  );
  let before = node.value;
  node.addEventListener("change", () => {
    const last = before;
    before = node.value;
    changed(choices.find((choice) => choice.id === node.value)?.value ?? null, () => { node.value = before = last; });
  });
  return node;
}
