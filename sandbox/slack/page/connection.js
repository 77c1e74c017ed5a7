/** The live connections, one for each person, and the actions of the current person. */

import { cast, sessionOf, store, take, tell } from "./store.js";

/** @type {Map<string, {socket: WebSocket, pause: number}>} */
const open = new Map();

const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 5000;

/** Connects as a person and reconnects automatically. Does nothing if already connected. */
export function connect(user) {
  if (open.has(user)) return;
  const link = { socket: dial(user), pause: FIRST_PAUSE };
  open.set(user, link);
}

/** Connects everyone else, to show what waits for them too. */
export function connectOthers() {
  for (const one of cast()) connect(one.id);
}

function dial(user) {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/page/live?user=${encodeURIComponent(user)}`);
  socket.addEventListener("message", (event) => {
    open.get(user).pause = FIRST_PAUSE;
    setOnline(user, true);
    take(user, JSON.parse(event.data));
  });
  socket.addEventListener("close", () => {
    const link = open.get(user);
    setOnline(user, false);
    setTimeout(() => { link.socket = dial(user); }, link.pause);
    link.pause = Math.min(link.pause * 2, LONGEST_PAUSE);
  });
  return socket;
}

function setOnline(user, online) {
  const session = sessionOf(user);
  if (session.online === online) return;
  session.online = online;
  tell("online", { user });
}

/**
 * Sends an action of the current person.
 * @param {string} kind
 * @param {Record<string, any>} [body]
 * @returns {Promise<{ok: boolean, error?: string, errors?: Record<string, string>, options?: any[], option_groups?: any[]}>}
 */
export async function act(kind, body = {}) {
  try {
    const answer = await fetch("/page/act", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user: store.me, kind, ...body }),
    });
    return await answer.json();
  } catch {
    return { ok: false, error: "unreachable" };
  }
}

const TOLD_BY_SLACKBOT = /^(operation_timeout|dispatch_failed|unknown_command|not_in_threads|invalid_blocks)/;
const WORDS = {
  unreachable: "The sandbox does not answer. Is it still running?",
  not_in_channel: "You are not in this channel.",
  no_such_element: "This is gone.",
  no_such_view: "This form is closed.",
  operation_timeout: "The app did not answer in time. Try again?",
  dispatch_failed: "The app is not connected. Try again when it is back.",
};

/** An error in words for the person; empty if Slackbot reports it in the channel. */
export function wording(error, { slackbot = false } = {}) {
  if (slackbot && TOLD_BY_SLACKBOT.test(error)) return "";
  return WORDS[error] ?? `It did not work: ${error}`;
}
