/** The composer: text, slash commands, mentions, and drafts. */

import { suggestions, usage, withIds } from "./completion.js";
import { act, wording } from "./connection.js";
import { el, freshId } from "./dom.js";
import { avatar, icon } from "./icons.js";
import { mine, store } from "./store.js";

const TALLEST = 180;

/**
 * @param {{testid: string, label: () => string, target: () => {channel: string, thread_ts?: string}, sent?: () => void}} options
 *   *sent* is called after sending
 */
export function composer({ testid, label, target, sent }) {
  const id = freshId("completion");
  const list = el("ul", { class: "completion", role: "listbox", id, hidden: true, "aria-label": "Suggestions" });
  const hint = el("p", { class: "usage", hidden: true });
  const error = el("p", { class: "error", role: "alert", hidden: true });
  const input = el(
    "textarea",
    {
      rows: 1,
      dataset: { testid, focus: testid },
      "aria-autocomplete": "list",
      "aria-controls": id,
      autocomplete: "off",
      spellcheck: "true",
    },
  );
  const button = el("button", { class: "send", type: "button", "aria-label": "Send", title: "Send (Enter)" }, icon("send"));
  const node = el("div", { class: "composer" }, list, hint, el("div", { class: "line" }, input, button), error);
  let entries = [];
  let chosen = 0;

  const draft = () => `${store.me} ${target().thread_ts ?? target().channel}`;
  const inThread = () => Boolean(target().thread_ts);
  const fail = (text) => {
    error.textContent = text;
    error.hidden = !text;
  };
  const remember = () => {
    store.drafts.set(draft(), input.value);
    button.disabled = !input.value.trim();
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, TALLEST)}px`;
  };
  const offer = (next) => {
    entries = next;
    chosen = 0;
    draw();
  };
  const draw = () => {
    list.hidden = entries.length === 0;
    if (list.hidden) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `${id}-${chosen}`);
    list.replaceChildren(...entries.map((entry, index) => el("li", {
      role: "option", id: `${id}-${index}`, "aria-selected": String(index === chosen), class: index === chosen ? "here" : null,
      onmousedown: (event) => { event.preventDefault(); complete(index); },
    }, avatar(entry.person ?? { id: mine().app.bot_user, is_bot: true, real_name: mine().app.name }, 26),
    el(
      "span",
      { class: "what" },
      el("strong", {}, entry.title),
      entry.hint && el("span", { class: "how" }, entry.hint),
      el("small", {}, entry.about),
    ))));
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
    const wanted = entries.length || inThread() ? undefined : usage(input.value);
    hint.hidden = !wanted;
    hint.replaceChildren(
      ...(wanted ? [el("code", {}, `${wanted.command} ${wanted.usage_hint ?? ""}`.trim()), ` ${wanted.description}`] : [])
    );
  };
  const complete = (index) => {
    const { insert, from } = entries[index];
    const rest = input.value.slice(input.selectionStart);
    input.value = input.value.slice(0, from) + insert + rest.trimStart();
    input.setSelectionRange(from + insert.length, from + insert.length);
    offer([]);
    input.focus();
    remember();
  };
  const send = async () => {
    const text = input.value.trim();
    if (!text) return;
    if (inThread() && text.startsWith("/")) {
      const app = mine().people.get(mine().app.bot_user)?.name ?? mine().app.name;
      return fail(
        `Slack has no slash commands in threads. Mention the app instead: @${app} …, or type the command in the channel.`
      );
    }
    const from = draft();
    fail("");
    input.value = "";
    offer([]);
    remember();
    sent?.();
    const answer = await act("send", { ...target(), text: withIds(text) });
    const words = answer.ok ? "" : wording(answer.error, { slackbot: true });
    if (!words) return;
    // Unsent text stays in its composer, even after switching to another channel.
    if (draft() === from && !input.value) {
      input.value = text;
      remember();
      fail(`Not sent. ${words}`);
    } else if (!store.drafts.get(from)) {
      store.drafts.set(from, text);
    }
  };

  input.addEventListener("input", () => {
    fail("");
    remember();
    offer(suggestions(input.value, input.selectionStart, inThread()));
  });
  input.addEventListener("blur", () => offer([]));
  button.addEventListener("click", () => { send(); input.focus(); });
  input.addEventListener("keydown", (event) => {
    const open = entries.length > 0;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : entries.length - 1)) % entries.length;
      draw();
    } else if (open && !event.shiftKey && (event.key === "Tab" || (event.key === "Enter" && !entries[chosen].exact))) {
      event.preventDefault();
      complete(chosen);
    } else if (open && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      offer([]);
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });

  return {
    node,
    input,
    /** Shows the draft of the current person and place. */
    restore() {
      input.value = store.drafts.get(draft()) ?? "";
      input.placeholder = label();
      input.setAttribute("aria-label", label());
      offer([]);
      fail("");
      remember();
    },
  };
}
