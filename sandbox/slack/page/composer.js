/** The composer: text, slash commands with completion, mentions. */

import { act } from "./connection.js";
import { el } from "./dom.js";
import { store } from "./store.js";

/**
 * @param {{testid: string, label: () => string, target: () => {channel: string, thread_ts?: string}, draft: () => string}} options
 *   `draft` names where the unfinished text is kept
 */
export function composer(options) {
  const list = el("ul", { class: "completion", role: "listbox", hidden: true });
  const error = el("p", { class: "error", role: "alert", hidden: true });
  const input = el("textarea", { rows: 1, dataset: { testid: options.testid }, "aria-label": options.label(), role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list" });
  const button = el("button", { class: "send", type: "button", "aria-label": "Send", title: "Send" }, "➤");
  let entries = [];
  let chosen = 0;

  const refresh = () => {
    entries = suggestions(input.value, Boolean(options.target().thread_ts));
    chosen = 0;
    draw();
  };
  const draw = () => {
    list.hidden = entries.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    list.replaceChildren(...entries.map((entry, index) => el("li", {
      role: "option",
      "aria-selected": String(index === chosen),
      class: index === chosen ? "chosen" : "",
      onmousedown: (event) => { event.preventDefault(); complete(index); },
    }, el("strong", {}, entry.title), entry.hint && el("code", {}, entry.hint), el("span", {}, entry.about))));
  };
  const complete = (index) => {
    input.value = entries[index].complete(input.value);
    entries = [];
    draw();
    input.focus();
    remember();
  };
  const remember = () => {
    store.drafts.set(options.draft(), input.value);
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, 160)}px`;
  };
  const fail = (text) => {
    error.textContent = text;
    error.hidden = !text;
  };
  const send = async () => {
    const text = input.value.trim();
    if (!text) return;
    const target = options.target();
    if (target.thread_ts && text.startsWith("/")) return fail("Slack has no slash commands in threads. Mention the app instead: @retune models");
    fail("");
    input.value = "";
    remember();
    const answer = await act("send", { ...target, text: withIds(text) });
    if (!answer.ok && !["operation_timeout", "dispatch_failed", "unknown_command"].includes(answer.error)) fail(`Not sent: ${answer.error}`);
  };

  input.addEventListener("input", () => { fail(""); remember(); refresh(); });
  input.addEventListener("blur", () => { entries = []; draw(); });
  input.addEventListener("keydown", (event) => {
    if (entries.length && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : entries.length - 1)) % entries.length;
      draw();
    } else if (entries.length && (event.key === "Tab" || (event.key === "Enter" && !entries[chosen].exact))) {
      event.preventDefault();
      complete(chosen);
    } else if (event.key === "Escape" && entries.length) {
      event.stopPropagation();
      entries = [];
      draw();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });
  button.addEventListener("click", send);
  const node = el("div", { class: "composer" }, list, el("div", { class: "line" }, input, button), error);
  return {
    node,
    input,
    /** Shows the unfinished text of the present place. */
    restore() {
      input.value = store.drafts.get(options.draft()) ?? "";
      input.placeholder = options.label();
      input.setAttribute("aria-label", options.label());
      entries = [];
      draw();
      fail("");
      remember();
    },
  };
}

function suggestions(text, inThread) {
  if (text.startsWith("/") && !text.includes(" ") && !inThread) {
    return store.commands
      .filter((command) => command.command.startsWith(text.toLowerCase()))
      .map((command) => ({
        title: command.command,
        hint: command.usage_hint ?? "",
        about: command.description,
        exact: command.command === text,
        complete: () => `${command.command}${command.usage_hint ? " " : ""}`,
      }));
  }
  const mention = /(^|\s)@(\w*)$/.exec(text);
  if (!mention) return [];
  return [...store.people.values()]
    .filter((p) => !p.deleted && p.id !== "USLACKBOT" && p.name.startsWith(mention[2].toLowerCase()))
    .map((p) => ({ title: p.real_name, hint: `@${p.name}`, about: p.role, exact: false, complete: (all) => `${all.slice(0, all.length - mention[2].length)}${p.name} ` }));
}

/** Slack's client sends mentions as ids; commands get them escaped by Slack itself. */
function withIds(text) {
  if (text.startsWith("/")) return text;
  const names = new Map([...store.people.values()].map((p) => [p.name, p.id]));
  return text.replace(/(^|\s)@(\w+)/g, (whole, before, name) => (names.has(name) ? `${before}<@${names.get(name)}>` : whole));
}
