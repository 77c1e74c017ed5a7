/** Suggestions of the composer while typing: commands after "/", people after "@". */

import { cast, mine } from "./store.js";

/**
 * @typedef {{title: string, hint: string, about: string, person?: any, exact: boolean, insert: string, from: number}} Entry
 *   *insert* replaces the text from *from* up to the caret; *exact*: it is already there
 */

/** @param {string} text @param {number} caret @param {boolean} inThread @returns {Entry[]} */
export function suggestions(text, caret, inThread) {
  const before = text.slice(0, caret);
  if (/^\/\S*$/.test(before) && before === text.trimEnd() && !inThread) return commands(before.toLowerCase());
  const mention = /(?:^|[\s(])@([\p{L}\p{N}_.-]*)$/u.exec(before);
  return mention ? people(mention[1].toLowerCase(), caret - mention[1].length - 1) : [];
}

function commands(typed) {
  return mine().commands
    .filter((one) => one.command.startsWith(typed))
    .map(
      (one) => (
        {
          title: one.command,
          hint: one.usage_hint ?? "",
          about: one.description,
          exact: one.command === typed,
          insert: one.usage_hint ? `${one.command} ` : one.command,
          from: 0,
        }
      )
    )
    .sort((one, other) => Number(other.exact) - Number(one.exact));
}

function people(typed, from) {
  const app = [...mine().people.values()].filter((one) => one.id === mine().app.bot_user);
  return [...app, ...cast()]
    .filter((one) => [one.name, ...one.real_name.split(/\s+/)].some((word) => word.toLowerCase().startsWith(typed)))
    .map(
      (one) => (
        { title: one.real_name, hint: `@${one.name}`, about: one.role, person: one, exact: false, insert: `@${one.name} `, from }
      )
    );
}

/** The usage of a typed command, for the line above the composer. */
export function usage(text) {
  const name = /^(\/\S+)\s/.exec(text)?.[1];
  return name ? mine().commands.find((one) => one.command === name) : undefined;
}

/** Slack's client sends mentions as ids; in commands Slack itself turns names into ids. */
export function withIds(text) {
  if (text.startsWith("/")) return text;
  const names = new Map([...mine().people.values()].map((one) => [one.name, one.id]));
  return text.replace(
    /(^|[\s(])@([\p{L}\p{N}_-]+)/gu,
    (whole, before, name) => (names.has(name) ? `${before}<@${names.get(name)}>` : whole),
  );
}
