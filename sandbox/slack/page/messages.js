/** A list of messages that changes without flicker: only what changed is replaced, and reading is not disturbed. */

import { dayTitle } from "./dates.js";
import { el, keepingFocus, rove } from "./dom.js";
import { icon } from "./icons.js";
import { messageNode } from "./message.js";
import { store } from "./store.js";

const TOGETHER = 300;
const AT_END = 40;

/**
 * @typedef {{key: string, stamp: any[], make: () => HTMLElement}} Row
 *   *stamp* identifies the content of a row: the same values keep the same node
 */
export class MessageList {
  /**
   * @param {{label: () => string, intro?: () => HTMLElement, afterFirst?: (count: number) => string,
   *   openThread?: (ts: string) => void, dismiss: (message: any) => void, leave: () => void}} options
   */
  constructor(options) {
    this.options = options;
    this.rows = el("div", { class: "rows", role: "list" });
    this.scroller = el(
      "div",
      { class: "messages", tabindex: "0", dataset: { focus: options.openThread ? "messages" : "replies" } },
      this.rows,
    );
    this.pill = el(
      "button",
      { class: "pill", type: "button", hidden: true, onclick: () => this.toEnd() },
      icon("down"),
      "New messages",
    );
    this.node = el("div", { class: "stream" }, this.scroller, this.pill);
    /** @type {Map<string, {stamp: any[], node: HTMLElement}>} */
    this.known = new Map();
    this.stuck = true;
    this.scroller.addEventListener("scroll", () => this.scrolled());
    this.scroller.addEventListener("keydown", (event) => this.key(event));
    const grown = new ResizeObserver(() => this.stuck && this.toEnd());
    grown.observe(this.rows);
    grown.observe(this.scroller);
  }

  scrolled() {
    this.stuck = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < AT_END;
    if (this.stuck) this.pill.hidden = true;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.stuck = true;
    this.pill.hidden = true;
  }

  /** Forgets what it showed: another person, another place. */
  clear() {
    this.known.clear();
    this.rows.replaceChildren();
    this.rows.setAttribute("aria-label", this.options.label());
    this.stuck = true;
  }

  /** Shows exactly *messages*, oldest first; stays at the end if it was there. @param {any[]} messages */
  show(messages) {
    const newest = messages[messages.length - 1]?.ts;
    const more = this.newest !== undefined && newest > this.newest && !this.stuck;
    const own = messages[messages.length - 1]?.user === store.me;
    this.newest = newest;
    keepingFocus(this.scroller, () => this.arrange(this.plan(messages)));
    if (this.stuck || (more && own)) this.toEnd();
    else if (more) this.pill.hidden = false;
  }

  /** @returns {Row[]} */
  plan(messages) {
    const { intro, afterFirst } = this.options;
    const rows = intro ? [{ key: "intro", stamp: [], make: intro }] : [];
    let last = null;
    for (const [index, message] of messages.entries()) {
      const day = dayTitle(Number(message.ts));
      const sameDay = last && dayTitle(Number(last.ts)) === day;
      if (intro && !sameDay) rows.push(line(`day ${day}`, day, "day"));
      if (intro && message.ts === store.newFrom) rows.push(line("new", "New", "day new"));
      const grouped = Boolean(sameDay && together(last, message) && message.ts !== store.newFrom);
      rows.push({ key: message.ts, stamp: [message, grouped], make: () => messageNode(message, { ...this.options, grouped }) });
      last = index === 0 && afterFirst ? null : message;
      const words = index === 0 && afterFirst && messages.length > 1 ? afterFirst(messages.length - 1) : null;
      if (words) rows.push(line("after", words, "day"));
    }
    return rows;
  }

  /** @param {Row[]} rows */
  arrange(rows) {
    const wanted = new Set(rows.map((row) => row.key));
    for (const [key, held] of this.known) {
      if (wanted.has(key)) continue;
      held.node.remove();
      this.known.delete(key);
    }
    let before = this.rows.firstElementChild;
    for (const { key, stamp, make } of rows) {
      let held = this.known.get(key);
      if (!held || held.stamp.some((value, index) => value !== stamp[index])) {
        const node = make();
        if (held && held.node === before) before = node;
        held?.node.replaceWith(node);
        held = { stamp, node };
        this.known.set(key, held);
      }
      if (held.node === before) before = before.nextElementSibling;
      else this.rows.insertBefore(held.node, before);
    }
  }

  /** Arrow keys go from message to message, Enter opens the thread, Escape leaves for the composer. */
  key(event) {
    const onMessage = event.target.matches?.(".message");
    if (!onMessage && event.target !== this.scroller) return;
    const all = [...this.rows.querySelectorAll(".message")];
    if (!onMessage && event.key === "ArrowUp") {
      event.preventDefault();
      all[all.length - 1]?.focus();
    } else if (onMessage && rove(event, all)) {
      return;
    } else if (onMessage && event.key === "Enter" && this.options.openThread && !event.target.matches(".ephemeral")) {
      event.preventDefault();
      this.options.openThread(event.target.dataset.ts);
    } else if (event.key === "Escape" && !store.thread) {
      this.options.leave();
    }
  }
}

function line(key, text, name) {
  return { key, stamp: [text], make: () => el("div", { class: name, role: "listitem" }, el("span", {}, text)) };
}

/** Whether two messages stand under one head. Cards and private notes stand by themselves. */
function together(last, message) {
  const plain = (one) => !one.ephemeral && !one.pinned && !one.blocks?.length;
  return last.user === message.user && plain(last) && plain(message) && Number(message.ts) - Number(last.ts) < TOGETHER;
}
