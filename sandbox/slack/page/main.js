/** Puts the page together. */

import { blocks, spoken } from "./blocks.js";
import { composer } from "./composer.js";
import { act, connect } from "./connection.js";
import { showKeys } from "./dialog.js";
import { el } from "./dom.js";
import { MessageList } from "./messages.js";
import { drawModal, failed } from "./modal.js";
import { sidebar } from "./sidebar.js";
import { listen, markRead, person, replies, roots, store } from "./store.js";

const main = document.getElementById("main");
const thread = document.getElementById("thread");
const side = sidebar({ go, become, keys: showKeys });

const dismiss = (message) => {
  store.messages.get(message.channel)?.delete(message.ts);
  draw();
};
const list = new MessageList({ openThread, dismiss });
const threadList = new MessageList({ dismiss });
const write = composer({
  testid: "composer",
  label: () => `Message ${placeName()}`,
  target: () => ({ channel: store.place }),
  draft: () => `${store.me} ${store.place}`,
});
const writeThread = composer({
  testid: "thread-composer",
  label: () => "Reply in the thread",
  target: () => ({ channel: store.thread.channel, thread_ts: store.thread.ts }),
  draft: () => `${store.me} ${store.thread?.ts}`,
});

function placeName() {
  const channel = store.channels.get(store.place);
  if (!channel) return "";
  return channel.kind === "im" ? store.app.name : `#${channel.name}`;
}

function go(place) {
  store.place = place;
  if (store.thread && store.thread.channel !== place) store.thread = null;
  markRead(place);
  document.body.classList.remove("menu");
  if (place === "home") act("home");
  build();
}

function become(user) {
  if (user === store.me) return;
  store.me = user;
  store.ready = false;
  store.thread = null;
  location.hash = user;
  connect();
}

function openThread(ts) {
  store.thread = { channel: store.place, ts };
  build();
  writeThread.input.focus();
}

function closeThread() {
  store.thread = null;
  build();
}

/** Builds the frame of the present place; `draw` fills it. */
function build() {
  if (!store.ready) return;
  const menu = el("button", { class: "menu-button", type: "button", "aria-label": "Channels and people", onclick: () => document.body.classList.toggle("menu") }, "☰");
  if (store.place === "home") {
    main.replaceChildren(el("header", { class: "top" }, menu, el("h1", {}, `${store.app.name} · Home`)), el("div", { class: "home", dataset: { testid: "home" } }));
  } else {
    const channel = store.channels.get(store.place);
    main.replaceChildren(
      el("header", { class: "top" }, menu, el("h1", {}, placeName()), el("span", { class: "topic" }, channel?.topic ?? "")),
      list.node, write.node);
    list.known.clear();
    write.restore();
  }
  thread.hidden = !store.thread;
  if (store.thread) {
    threadList.known.clear();
    thread.replaceChildren(
      el("header", { class: "top" }, el("h1", {}, "Thread"), el("span", { class: "topic" }, placeName()),
        el("button", { class: "close", type: "button", "aria-label": "Close thread", onclick: closeThread }, "×")),
      threadList.node, writeThread.node);
    writeThread.restore();
  }
  draw(true);
}

function draw(toEnd = false) {
  if (!store.ready) return;
  side.draw();
  if (store.place === "home") {
    const view = store.home;
    const container = { type: "view", view_id: view?.id };
    const inner = view?.blocks.length ? blocks(view.blocks, container) : [el("p", { class: "empty" }, "Nothing here yet.")];
    main.querySelector(".home")?.replaceChildren(el("div", { class: "page" }, inner));
  } else {
    list.show(roots(store.place), toEnd);
    if (!list.node.childNodes.length) list.node.replaceChildren(el("p", { class: "empty" }, `This is the beginning of ${placeName()}. Type / to see the commands.`));
  }
  if (store.thread) threadList.show(replies(store.thread.channel, store.thread.ts), toEnd);
}

listen((what, detail) => {
  switch (what) {
    case "hello":
      if (store.place === "home") act("home");
      markRead(store.place);
      build();
      drawModal();
      break;
    case "message":
      draw();
      if (detail.fresh && detail.message.user !== store.me) {
        document.getElementById("announcer").textContent = `${person(detail.message.user).real_name}: ${spoken(detail.message)}`;
      }
      break;
    case "stack":
      drawModal();
      break;
    case "view_failed":
      failed(detail.text);
      break;
    case "action_failed":
      for (const node of document.querySelectorAll(`[data-action-id="${CSS.escape(detail.action_id)}"][data-block-id="${CSS.escape(detail.block_id)}"]`)) {
        node.classList.add("failed");
        node.title = detail.text;
      }
      break;
    case "online":
      document.getElementById("banner").hidden = store.online;
      break;
    default:
      draw();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.altKey && /^Digit[1-5]$/.test(event.code)) {
    event.preventDefault();
    document.querySelectorAll("[data-person]")[Number(event.code[5]) - 1]?.click();
  } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    document.querySelector("[data-channel]")?.focus();
  } else if (event.key === "Escape" && store.thread && !document.querySelector(".cover")) {
    closeThread();
  } else if (["ArrowDown", "ArrowUp"].includes(event.key) && event.target.closest("#sidebar")) {
    event.preventDefault();
    const all = [...document.querySelectorAll("#sidebar ul button")];
    const next = all.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    all[(next + all.length) % all.length]?.focus();
  }
});

if (/^#U\w+$/.test(location.hash)) store.me = location.hash.slice(1);
connect();
