/** What people put into stateful elements: Slack's shapes of `state.values`, and what Slack's client checks before submit. */

import { mine, store } from "./store.js";

/** Element type -> the key of its value, the key of its initial value. */
const HELD = {
  static_select: ["selected_option", "initial_option"],
  external_select: ["selected_option", "initial_option"],
  radio_buttons: ["selected_option", "initial_option"],
  users_select: ["selected_user", "initial_user"],
  conversations_select: ["selected_conversation", "initial_conversation"],
  channels_select: ["selected_channel", "initial_channel"],
  datepicker: ["selected_date", "initial_date"],
  timepicker: ["selected_time", "initial_time"],
  datetimepicker: ["selected_date_time", "initial_date_time"],
  plain_text_input: ["value", "initial_value"],
  number_input: ["value", "initial_value"],
  email_text_input: ["value", "initial_value"],
  url_text_input: ["value", "initial_value"],
  checkboxes: ["selected_options", "initial_options"],
  multi_static_select: ["selected_options", "initial_options"],
  multi_external_select: ["selected_options", "initial_options"],
  multi_users_select: ["selected_users", "initial_users"],
  multi_conversations_select: ["selected_conversations", "initial_conversations"],
  multi_channels_select: ["selected_channels", "initial_channels"],
};

/** The key under which an element's value lies: `selected_option`, `value`, … */
export function keyOf(type) {
  return HELD[type]?.[0];
}

/** The initial value object of an element. @returns {any} */
function initial(element) {
  const [key, first] = HELD[element.type];
  const several = key.endsWith("s");
  let value = element[first] ?? (several ? [] : null);
  const here = mine().channels.get(store.place);
  if (element.default_to_current_conversation && here && !element[first]) value = several ? [here.id] : here.id;
  return { type: element.type, [key]: value };
}

/** The elements of a block that hold a value. */
function stateful(block) {
  const held = block.type === "input" ? [block.element] : block.type === "actions" ? block.elements : [block.accessory];
  return held.filter((element) => element && element.type in HELD);
}

const forms = new Map();

/** The form of a view or a message, as the current person filled it in. @param {any} container */
export function formOf(container) {
  const key = `${store.me} ${container.view_id ?? `${container.channel} ${container.ts}`}`;
  if (!forms.has(key)) forms.set(key, new Form());
  return forms.get(key);
}

/** Input in one view or message, kept while block, action and type stay the same. */
class Form {
  constructor() {
    /** block id + action id -> value object */
    this.held = new Map();
    /** block id -> what is wrong */
    this.errors = {};
  }

  get(blockId, element) {
    const value = this.held.get(`${blockId} ${element.action_id}`);
    return value?.type === element.type ? value : initial(element);
  }

  set(blockId, element, value) {
    this.held.set(`${blockId} ${element.action_id}`, value);
  }

  /** `state.values` of these blocks. *unfinished*: texts that Slack's client would not take yet are left out. */
  values(blocks, { unfinished = true } = {}) {
    const all = {};
    for (const block of blocks) {
      for (const element of stateful(block)) {
        const value = this.get(block.block_id, element);
        if (unfinished || isEmpty(value[keyOf(element.type)]) || !fault(
          { ...block, element },
          value[keyOf(element.type)],
        )) (all[block.block_id] ??= {})[element.action_id] = value;
      }
    }
    return all;
  }

  /** Records what Slack would not accept; returns whether everything is valid. @returns {boolean} */
  check(blocks) {
    this.errors = {};
    for (const block of blocks) {
      if (block.type !== "input" || !(block.element.type in HELD)) continue;
      const wrong = fault(block, this.get(block.block_id, block.element)[keyOf(block.element.type)]);
      if (wrong) this.errors[block.block_id] = wrong;
    }
    return Object.keys(this.errors).length === 0;
  }
}

function isEmpty(value) {
  return value === null || value === "" || (Array.isArray(value) && !value.length);
}

function fault(block, value) {
  const {
    type,
    min_length: least,
    max_length: most,
    min_value: low,
    max_value: high,
    is_decimal_allowed: decimal,
  } = block.element;
  if (isEmpty(value)) return block.optional ? null : "Please complete this required field.";
  if (least && value.length < least) return `Please write at least ${least} characters.`;
  if (most && value.length > most) return `Please write at most ${most} characters; there are ${value.length}.`;
  if (type === "number_input") {
    if (!/^-?\d*\.?\d+$/.test(value)) return "Please write a number.";
    if (!decimal && value.includes(".")) return "Please write a whole number.";
    if (low !== undefined && Number(value) < Number(low)) return `Please write ${low} or more.`;
    if (high !== undefined && Number(value) > Number(high)) return `Please write ${high} or less.`;
  }
  if (type === "email_text_input" && !/^\S+@\S+\.\S+$/.test(value)) return "Please write an email address.";
  if (type === "url_text_input" && !/^https?:\/\/\S+$/.test(value)) return "Please write an address that begins with https://.";
  return null;
}
