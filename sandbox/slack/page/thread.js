/** The thread on the right. */

import { channelName } from "./channel.js";
import { composer } from "./composer.js";
import { el, keepingFocus } from "./dom.js";
import { icon } from "./icons.js";
import { MessageList } from "./messages.js";
import { replies, store } from "./store.js";

/** @param {HTMLElement} root @param {{close: () => void, dismiss: (message: any) => void}} acts */
export function threadPane(root, acts) {
  const list = new MessageList({
    label: () => "Thread",
    afterFirst: (count) => (count === 1 ? "1 reply" : `${count} replies`),
    dismiss: acts.dismiss,
    leave: () => write.input.focus(),
  });
  const write = composer({
    testid: "thread-composer",
    label: () => "Reply in the thread",
    target: () => ({ channel: store.thread?.channel, thread_ts: store.thread?.ts }),
    sent: () => list.toEnd(),
  });
  const head = el("header", { class: "top" });

  return {
    write,
    /** Redraws the open thread, or nothing. */
    open() {
      root.hidden = !store.thread;
      if (!store.thread) {
        root.replaceChildren();
        return;
      }
      head.replaceChildren(el("h2", {}, "Thread"), el("p", { class: "topic" }, channelName(store.thread.channel)),
        el(
          "button",
          { class: "close", type: "button", "aria-label": "Close thread", title: "Close (Esc)", onclick: acts.close },
          icon("close"),
        ));
      keepingFocus(root, () => root.replaceChildren(head, list.node, write.node));
      list.clear();
      write.restore();
      list.show(replies(store.thread.channel, store.thread.ts));
      list.toEnd();
    },
    update() {
      if (store.thread) list.show(replies(store.thread.channel, store.thread.ts));
    },
  };
}
