/** What each person may see, what they have not read yet, and the listeners for changes. */

const listeners = new Set();

/** Everything received on one person's live connection. */
class Session {
  constructor(user) {
    this.user = user;
    /** whether `hello` has come */
    this.ready = false;
    this.online = true;
    this.workspace = { id: "", name: "" };
    this.people = new Map();
    this.channels = new Map();
    this.groups = new Map();
    this.commands = [];
    this.app = { name: "", bot_user: "", home_enabled: false };
    /** channel id -> ts -> message */
    this.messages = new Map();
    this.stack = [];
    this.home = null;
    this.connected = false;
    /** channel id -> what came since it was last looked at: how many, how many of them call this person, the first */
    this.unread = new Map();
  }
}

export const store = {
  /** who one plays now */
  me: "U0ADA",
  /** what is open: a channel id, or "home" */
  place: "C0SPEECH",
  /** @type {{channel: string, ts: string}|null} the thread that is open */
  thread: null,
  /** @type {Map<string, Session>} */
  sessions: new Map([["U0ADA", new Session("U0ADA")]]),
  /** unfinished texts, by person and place */
  drafts: new Map(),
  /** where the line "New" stands in the open channel: the ts of the first message below it */
  newFrom: null,
};

/** The session of the person one plays now. */
export function mine() {
  return sessionOf(store.me);
}

export function sessionOf(user) {
  if (!store.sessions.has(user)) store.sessions.set(user, new Session(user));
  return store.sessions.get(user);
}

/** @param {(what: string, detail: any) => void} listener gets every frame of every session, with its `user` */
export function listen(listener) {
  listeners.add(listener);
}

export function tell(what, detail = {}) {
  for (const listener of listeners) listener(what, detail);
}

/** A person by id, with their place in the list; unknown ones show their id. */
export function person(id) {
  return mine().people.get(id) ?? { id, name: id, real_name: id, role: "", tz: "UTC", is_bot: false, place: 7 };
}

/** The people whom one can play. */
export function cast() {
  return [...mine().people.values()].filter((one) => !one.is_bot && !one.deleted);
}

/** Messages of a channel without replies, oldest first. */
export function roots(channel) {
  return sorted(channel).filter((message) => !message.thread_ts || message.thread_ts === message.ts);
}

/** A thread with its parent first. */
export function replies(channel, ts) {
  return sorted(channel).filter((message) => message.ts === ts || message.thread_ts === ts);
}

function sorted(channel) {
  return [...(mine().messages.get(channel)?.values() ?? [])].sort((one, other) => Number(one.ts) - Number(other.ts));
}

/** How much a person has not read: in a channel, or everywhere. @returns {{count: number, calls: number}} */
export function unread(user, channel) {
  const all = sessionOf(user).unread;
  if (channel) return all.get(channel) ?? { count: 0, calls: 0 };
  return [...all.values()].reduce(
    (sum, one) => ({ count: sum.count + one.count, calls: sum.calls + one.calls }),
    { count: 0, calls: 0 },
  );
}

/** The person who looks has seen the open channel; the line "New" stays where their reading begins. */
export function markRead() {
  const held = mine().unread.get(store.place);
  if (held) store.newFrom = held.first;
  mine().unread.delete(store.place);
}

/** Whether a message calls a person: by name, by group, all who are there, or in a direct message. */
function calls(session, message) {
  if (session.channels.get(message.channel)?.kind === "im" || message.ephemeral) return true;
  const said = message.text + JSON.stringify(message.blocks ?? "");
  if (said.includes(`<@${session.user}>`) || /<!(here|channel|everyone)\b/.test(said)) return true;
  return [...session.groups.values()].some(
    (group) => group.users?.includes(session.user) && said.includes(`<!subteam^${group.id}`)
  );
}

function notice(session, message) {
  const looking = session.user === store.me && document.visibilityState === "visible" && message.channel === store.place;
  const reply = message.thread_ts && message.thread_ts !== message.ts;
  const called = calls(session, message);
  if (message.user === session.user || looking || (reply && !called)) return;
  const held = session.unread.get(message.channel) ?? { count: 0, calls: 0, first: message.ts };
  session.unread.set(message.channel, { count: held.count + 1, calls: held.calls + (called ? 1 : 0), first: held.first });
}

function put(session, message) {
  if (!session.messages.has(message.channel)) session.messages.set(message.channel, new Map());
  const channel = session.messages.get(message.channel);
  const fresh = !channel.has(message.ts);
  channel.set(message.ts, message);
  return fresh;
}

/** Takes one frame of a person's live connection. @param {string} user @param {any} frame */
export function take(user, frame) {
  const session = sessionOf(user);
  let fresh = false;
  switch (frame.type) {
    case "hello":
      greet(session, frame);
      break;
    case "message":
      fresh = put(session, frame.message);
      if (fresh) notice(session, frame.message);
      break;
    case "removed":
      session.messages.get(frame.channel)?.delete(frame.ts);
      break;
    case "channel":
      session.channels.set(frame.channel.id, frame.channel);
      break;
    case "stack":
      session.stack = frame.stack;
      break;
    case "home":
      session.home = frame.view;
      break;
    case "bot":
      session.connected = frame.connected;
  }
  tell(frame.type, { ...frame, user, fresh });
}

function greet(session, frame) {
  session.ready = true;
  session.workspace = frame.workspace;
  session.people = new Map(frame.people.map((one, place) => [one.id, { ...one, place }]));
  session.channels = new Map(frame.channels.map((channel) => [channel.id, channel]));
  session.groups = new Map(frame.usergroups.map((group) => [group.id, group]));
  session.commands = frame.commands;
  session.app = frame.app;
  session.messages = new Map();
  for (const message of frame.messages) put(session, message);
  session.stack = frame.stack;
  session.home = frame.home;
  session.connected = frame.bot_connected;
}
