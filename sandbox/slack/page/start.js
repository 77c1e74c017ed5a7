/** What a newcomer can try first: commands that go into the composer, the app's home, and whom to play next. */

import { el } from "./dom.js";
import { cast, mine, person, store } from "./store.js";

/** What is worth typing first, as far as the app has such a command. */
const FIRST = [
  ["/stt-models outdated", "what is outdated, worst first"],
  ["/stt-upgrade", "pick a model, read its plan, request the upgrade"],
];

/**
 * @param {{go: (place: string) => void, become: (user: string) => void}} acts
 * @param {(text: string) => void} write puts a text into the composer
 */
export function start(acts, write) {
  const { commands, app } = mine();
  const known = new Set(commands.map((one) => one.command));
  const typed = FIRST.filter(([text]) => known.has(text.split(" ")[0])).map(
    ([text, about]) => step(text, `Put ${text} into the message field`, () => write(text), about, true)
  );
  if (!typed.length) return null;
  const approver = cast().find((one) => /approve/i.test(one.role));
  const me = person(store.me);
  return el("section", { class: "start", "aria-label": "Try this first", dataset: { testid: "start" } },
    el("h3", {}, "Try this first"),
    el("ol", {},
      ...typed,
      approver && (approver.id === store.me
        ? el("li", {}, el("span", {}, `You are ${approver.real_name}: press Approve on the card of the request.`))
        : step(
          `Be ${approver.real_name}`,
          `Play ${approver.real_name}`,
          () => acts.become(approver.id),
          "and press Approve on the card; the thread shows the rest",
        )),
      app.home_enabled && step(`${app.name} Home`, `Open ${app.name} Home`, () => acts.go("home"), "everything at a glance")),
    el(
      "p",
      {},
      `You are ${me.real_name}${me.role ? ` (${me.role})` : ""}. One browser plays all people: `,
      "choose another one under “You are” in the sidebar.",
    ));
}

function step(label, title, onclick, about, isTyped = false) {
  return el(
    "li",
    {},
    el("button", { type: "button", class: isTyped ? "try typed" : "try", title, onclick }, label),
    el("span", {}, about),
  );
}
