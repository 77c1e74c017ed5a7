/** Puts the page together: what is open, the current person, and which part is told of a change. */

import { channelName, channelPane } from "./channel.js";
import { connect, connectOthers } from "./connection.js";
import { clock } from "./dates.js";
import { dialogOpen } from "./dialog.js";
import { el } from "./dom.js";
import { homePane } from "./home.js";
import { icon } from "./icons.js";
import { jump, showKeys } from "./jump.js";
import { drawModal, failed } from "./modal.js";
import { mrkdwn } from "./mrkdwn.js";
import { sidebar } from "./sidebar.js";
import { cast, listen, markRead, mine, person, sessionOf, store, unread } from "./store.js";
import { threadPane } from "./thread.js";
import { showTrouble } from "./trouble.js";
import { warn } from "./use.js";

const byId = (id) => document.getElementById(id);
const main = byId("main");
const acts = { go, become, openThread, dismiss, menu, close: closeThread, jump: () => jump(acts), keys: showKeys, trouble: showTrouble };
const side = sidebar(byId("sidebar"), acts);
const channel = channelPane(main, acts);
const thread = threadPane(byId("thread"), acts);
const home = homePane(main, acts);

function menu() {
  const toggle = () => {
    document.body.classList.add("navigating");
    byId("sidebar").querySelector("[aria-current], button")?.focus();
  };
  return el(
    "button",
    { class: "menu-button", type: "button", "aria-label": "Channels and people", dataset: { focus: "menu" }, onclick: toggle },
    icon("menu"),
  );
}

/** Opens a channel or the App Home. */
function go(place) {
  if (store.place !== place) store.newFrom = null;
  store.place = place;
  if (store.thread && store.thread.channel !== place) store.thread = null;
  document.body.classList.remove("navigating");
  open();
  if (place !== "home") channel.write.input.focus();
}

/** Switches to another person, in the same place if they can see it. */
function become(user) {
  document.body.classList.remove("navigating");
  if (user === store.me) return;
  const kind = mine().channels.get(store.place)?.kind;
  store.me = user;
  store.newFrom = null;
  connect(user);
  const { channels } = mine();
  if (kind === "im") store.place = [...channels.values()].find((one) => one.kind === "im")?.id ?? store.place;
  if (mine().ready) settle();
}

/** Opens a place that the current person can see. */
function settle() {
  const { channels } = mine();
  if (store.place !== "home" && !channels.has(store.place)) store.place = channels.keys().next().value ?? "home";
  if (store.thread && !channels.has(store.thread.channel)) store.thread = null;
  open();
  drawModal();
  banner();
}

function openThread(ts) {
  store.thread = { channel: store.place, ts };
  thread.open();
  thread.write.input.focus();
}

function closeThread() {
  const ts = store.thread?.ts;
  store.thread = null;
  thread.open();
  (main.querySelector(`[data-focus="thread ${ts}"]`) ?? channel.write.input).focus();
}

/** Takes a private note away, as "Dismiss" does in Slack: for this person, until the end. */
function dismiss(message) {
  mine().messages.get(message.channel)?.delete(message.ts);
  draw();
  channel.write.input.focus();
}

/** Redraws the current place. */
function open() {
  if (!mine().ready) return;
  markRead();
  if (store.place === "home") home.open();
  else channel.open();
  thread.open();
  frame();
}

/** Draws changes in the current place. */
function draw() {
  if (!mine().ready) return;
  if (document.visibilityState === "visible") markRead();
  if (store.place === "home") home.update();
  else channel.update();
  thread.update();
  frame();
}

/** Draws everything around the current place. */
function frame() {
  side.draw();
  const waiting = cast().reduce((sum, one) => sum + unread(one.id).count, 0);
  const name = store.place === "home" ? `${mine().app.name} Home` : channelName(store.place);
  document.title = `${waiting ? `(${waiting}) ` : ""}${name} · ${mine().workspace.name} · local sandbox`;
  history.replaceState(null, "", `#${store.me}/${store.place}`);
}

function banner() {
  byId("banner").hidden = mine().online;
}

let planned = false;

/** Draws once for all changes at the same moment. */
function drawSoon() {
  if (planned) return;
  planned = true;
  setTimeout(() => {
    planned = false;
    draw();
  });
}

/** Says a new message to a screen reader, in its turn. */
function announce(message) {
  if (message.user === store.me) return;
  const words = el("p", {}, mrkdwn(message.text ?? "")).textContent.slice(0, 300);
  const place = message.channel === store.place ? "" : ` in ${channelName(message.channel)}`;
  const line = el("p", {}, `${person(message.user).real_name}${place}, ${clock(Number(message.ts))}: ${words}`);
  byId("announcer").append(line);
  while (byId("announcer").childNodes.length > 5) byId("announcer").firstChild.remove();
}

function actionFailed({ container, block_id: block, action_id: action, text }) {
  const message = `[data-ts="${CSS.escape(container.ts ?? "")}"]`;
  const inside = container.type === "view" ? "[data-testid=modal], [data-testid=home]" : message;
  for (const root of document.querySelectorAll(inside)) {
    for (const node of root.querySelectorAll(
      `[data-action-id="${CSS.escape(action)}"][data-block-id="${CSS.escape(block)}"]`
    )) warn(node, text);
  }
}

listen((what, detail) => {
  if (detail.user !== store.me) {
    if (what === "message" && detail.fresh) side.draw();
    return;
  }
  switch (what) {
    case "hello":
      connectOthers();
      settle();
      break;
    case "message":
      if (detail.fresh) announce(detail.message);
      drawSoon();
      break;
    case "channel":
      if (detail.channel.id === store.place) channel.updateHead();
      drawSoon();
      break;
    case "stack":
      drawModal();
      break;
    case "view_failed":
      failed(detail.view_id, detail.text);
      break;
    case "action_failed":
      actionFailed(detail);
      break;
    case "online":
      banner();
      break;
    default:
      drawSoon();
  }
});

document.addEventListener("visibilitychange", draw);
byId("veil").addEventListener("click", () => document.body.classList.remove("navigating"));
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest?.("input, textarea, select");
  if (event.altKey && /^Digit[1-9]$/.test(event.code) && !document.querySelector(".dialog")) {
    event.preventDefault();
    const one = cast()[Number(event.code[5]) - 1];
    if (one) become(one.id);
  } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (!dialogOpen() && mine().ready) jump(acts);
  } else if (event.key === "?" && !writing && !dialogOpen()) {
    showKeys();
  } else if (event.key === "Escape" && !event.defaultPrevented && !dialogOpen()) {
    if (document.body.classList.contains("navigating")) document.body.classList.remove("navigating");
    else if (store.thread) closeThread();
  }
});

const [, user, place] = /^#(U\w+)(?:\/(\w+))?$/.exec(location.hash) ?? [];
if (user) store.me = user;
if (place) store.place = place;
sessionOf(store.me);
connect(store.me);
