/** What this person may see, and who wants to hear of changes. */

const listeners = new Set();

export const store = {
  ready: false,
  me: "U0ADA",
  workspace: { name: "" },
  people: new Map(),
  channels: new Map(),
  groups: new Map(),
  commands: [],
  app: null,
  /** channel id -> ts -> message */
  messages: new Map(),
  stack: [],
  home: null,
  connected: false,
  online: true,
  /** what is open: a channel id, or "home" */
  place: "C0SPEECH",
  thread: null,
  /** person -> channel -> number of unread messages */
  unread: new Map(),
  drafts: new Map(),
};

export function listen(listener) {
  listeners.add(listener);
}

/** @param {string} what @param {any} [detail] */
export function tell(what, detail) {
  for (const listener of listeners) listener(what, detail);
}

export function person(id) {
  return store.people.get(id) ?? { id, name: id, real_name: id, role: "", is_bot: false };
}

/** Messages of a channel without replies, oldest first. */
export function roots(channel) {
  return sorted(channel).filter((m) => !m.thread_ts || m.thread_ts === m.ts || (m.ephemeral && !m.thread_ts));
}

/** A thread with its parent first. */
export function replies(channel, ts) {
  return sorted(channel).filter((m) => m.ts === ts || m.thread_ts === ts);
}

function sorted(channel) {
  return [...(store.messages.get(channel)?.values() ?? [])].sort((a, b) => Number(a.ts) - Number(b.ts));
}

export function unreadOf(channel) {
  return store.unread.get(store.me)?.get(channel) ?? 0;
}

export function markRead(channel) {
  store.unread.get(store.me)?.delete(channel);
}

function markUnread(channel) {
  if (!store.unread.has(store.me)) store.unread.set(store.me, new Map());
  const mine = store.unread.get(store.me);
  mine.set(channel, (mine.get(channel) ?? 0) + 1);
}

/** Takes one frame of the live connection. */
export function take(frame) {
  switch (frame.type) {
    case "hello":
      store.ready = true;
      store.workspace = frame.workspace;
      store.people = new Map(frame.people.map((p) => [p.id, p]));
      store.channels = new Map(frame.channels.map((c) => [c.id, c]));
      store.groups = new Map(frame.usergroups.map((g) => [g.id, g]));
      store.commands = frame.commands;
      store.app = frame.app;
      store.messages = new Map();
      for (const message of frame.messages) put(message);
      store.stack = frame.stack;
      store.home = frame.home;
      store.connected = frame.bot_connected;
      if (store.place !== "home" && !store.channels.has(store.place)) store.place = [...store.channels.keys()][0];
      return tell("hello");
    case "message": {
      const fresh = put(frame.message);
      const seen = frame.message.channel === store.place && document.visibilityState === "visible";
      if (fresh && !seen && frame.message.user !== store.me) markUnread(frame.message.channel);
      return tell("message", { message: frame.message, fresh });
    }
    case "removed":
      store.messages.get(frame.channel)?.delete(frame.ts);
      return tell("removed", frame);
    case "channel":
      store.channels.set(frame.channel.id, frame.channel);
      return tell("channel");
    case "stack":
      store.stack = frame.stack;
      return tell("stack");
    case "home":
      store.home = frame.view;
      return tell("home");
    case "bot":
      store.connected = frame.connected;
      return tell("bot");
    default:
      return tell(frame.type, frame);
  }
}

function put(message) {
  if (!store.messages.has(message.channel)) store.messages.set(message.channel, new Map());
  const channel = store.messages.get(message.channel);
  const fresh = !channel.has(message.ts);
  channel.set(message.ts, message);
  return fresh;
}
