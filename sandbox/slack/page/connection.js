/** The live connection, and what this person does. */

import { store, take, tell } from "./store.js";

let socket = null;
let waiting = 300;

/** Connects as the present person; reconnects by itself. */
export function connect() {
  const mine = new WebSocket(`${location.origin.replace("http", "ws")}/page/live?user=${store.me}`);
  const before = socket;
  socket = mine;
  before?.close();
  mine.addEventListener("message", (event) => {
    if (mine !== socket) return;
    waiting = 300;
    setOnline(true);
    take(JSON.parse(event.data));
  });
  mine.addEventListener("close", () => {
    if (mine !== socket) return;
    setOnline(false);
    setTimeout(() => mine === socket && connect(), waiting);
    waiting = Math.min(waiting * 2, 5000);
  });
}

function setOnline(online) {
  if (store.online === online) return;
  store.online = online;
  tell("online");
}

/**
 * Sends something that this person did.
 * @returns {Promise<{ok: boolean, error?: string, errors?: Record<string, string>}>}
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
    return { ok: false, error: "the sandbox does not answer" };
  }
}
