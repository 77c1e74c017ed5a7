"""The buttons of requests and models: what each asks before it counts, and which of them a request has now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.domain.approvals import Wish
from bot.domain.fleet import Model
from bot.domain.requests import UNSTARTED, Request, RequestState
from bot.domain.runs import Run, RunState
from bot.messages.holds import Around, question
from bot.messages.kit import button, confirm
from bot.messages.steps import changed, noun
from bot.messages.text import counted, listed, plain
from bot.ports import Block

CONFIRM = 300
"""Characters that Slack takes in the text of a confirm dialog."""

EACH = 5
"""Buttons of one sort: neither a window nor a card is a list."""

UNCLEAR = ("send-again", "mark-as-failed")

_OF_RUN: Mapping[Wish, str] = {
    **{"send again": "send-again", "mark as failed": "mark-as-failed", "retry": "retry", "stop": "stop"},
}
"""The wishes about one run, in the order of their buttons."""


@dataclass(frozen=True, slots=True)
class _Wished:
    """What a button says, and what it asks before it counts."""

    text: str
    label: str
    title: str
    question: str
    yes: str
    no: str = "Not now"
    style: str = ""
    asked: str = "primary"
    """The style of the question."""


_WISHED: Mapping[str, _Wished] = {
    "withdraw": _Wished(
        "Withdraw", "Withdraw request {id}", "Withdraw?", "The request ends. You can ask again.", "Withdraw"
    ),
    "take-back": _Wished(
        *("Take my approval back", "Take my approval of request {id} back", "Take it back?"),
        *("Until it starts, your approval can be taken back and given again.", "Take back"),
    ),
    "resume": _Wished(
        *("Resume", "Resume request {id}", "Resume?"),
        *("{left} will still be upgraded. This cannot be undone.", "Resume"),
        style="primary",
    ),
    "cancel": _Wished(
        *("Cancel", "Cancel request {id}", "Cancel the request?"),
        "What has not started will not start. A step that the service works on cannot be stopped and goes to its end.",
        *("Cancel it", "Leave it", "danger", "danger"),
    ),
    "drop": _Wished(
        *("Drop the rest", "Drop the rest of request {id}", "Drop the rest?"),
        *("{left} will not be upgraded. Ask again at any time.", "Drop", "Not now", "danger", "danger"),
    ),
    "retry": _Wished(
        *("Try again…", "Try the {noun} of {name} again", "Try again?"),
        "With your approval, from step {first} of {steps}.{kept} {for_good}",
        "Approve and try",
    ),
    "stop": _Wished(
        *("Stop watching", "Stop watching {name}", "Stop watching?"),
        "It ends as failed here. The service may still finish its work; nothing can cancel it there.",
        *("Stop watching", "Not now", "", "danger"),
    ),
    "send-again": _Wished(
        *("Send again…", "Send step {first} of {name} again", "Send it again?"),
        "With your approval, step {first} of {steps} is sent once more. If the first request arrived after all, the "
        "service may do it twice. {for_good}",
        "Approve and send",
    ),
    "mark-as-failed": _Wished(
        *("Mark as failed", "Mark {name} as failed", "Mark it as failed?"),
        "It ends as failed here. The service may have taken the request and still do it; nothing can cancel it there.",
        *("Mark as failed", "Not now", "", "danger"),
    ),
}


def wish_button(wish: str, request: Request, run: Run | None = None) -> Block:
    """The button for a wish about a request, or about one run of it (`OF_RUN`). `drop` cancels the rest."""
    of, facts = _WISHED[wish], {"id": str(request.id), "left": counted(request.count(RunState.QUEUED), "model")}
    if run is not None:
        first = min(run.done + 1, len(run.steps))
        facts |= {
            "name": run.plan.model.name,
            "noun": noun(run.plan),
            "first": str(first),
            "steps": str(len(run.steps)),
            "for_good": "Model: " if run.plan.is_training else "An upgrade cannot be undone. Changed for good: ",
            "kept": f" Steps before {first} are kept." if first > 1 else "",
        }
    word, about = "cancel" if wish == "drop" else wish, f"{request.id}.{run.id}" if run else request.id
    question = of.question.format_map(facts)
    if wish in ("retry", "send-again") and run is not None:
        question += fitting(list(run.plan.changes.values()), CONFIRM - len(question))
    ask = confirm(of.title, question, of.yes, of.no, style=of.asked)
    label = of.label.format_map(facts)
    return button(of.text, f"wish:{word}", f"{word} {about}", style=of.style, label=label, confirm=ask)


def pause_buttons(request: Request) -> list[Block]:
    """Go on after a failure, or leave the rest."""
    return [wish_button("resume", request), wish_button("drop", request)]


def card_buttons(request: Request, around: Around) -> list[Block]:
    """What can be decided now, as on the card and in App Home; what is on hold is said before."""
    if request.state is RequestState.OPEN:
        what, value, ask = _what(request), f"{request.id}:{request.digest}", _approve(request, around)
        return [
            button("Approve", "approve", value, style="primary", label=f"Approve the {what}", confirm=ask),
            button("Reject", "reject", value, style="danger", label=f"Reject the {what}"),
        ]
    return [*(pause_buttons(request) if request.state is RequestState.PAUSED else []), *unclear_buttons(request)]


def unclear_buttons(request: Request) -> list[Block]:
    """What an approver chooses of each run of which nobody can say whether its step began."""
    unclear = [run for run in request.runs if run.unclear]
    return [_of_run(word, request, run, at) for at, run in enumerate(unclear[:EACH]) for word in UNCLEAR]


def _of_run(word: str, request: Request, run: Run, at: int) -> Block:
    """Several buttons of one sort need an id each within one message."""
    block = wish_button(word, request, run)
    return {**block, "action_id": f"{block['action_id']}:{at}"} if at else block


def offered(request: Request, offers: Collection[tuple[Wish, int | None]]) -> list[Block]:
    """A button for each of *offers*: what one person may wish of a request now, and of which run."""
    wishes = {wish for wish, _ in offers}
    drop = "drop" if request.several and request.state not in UNSTARTED else "cancel"
    names = {"resume": "resume", "withdraw": "withdraw", "take back": "take-back", "cancel": drop}
    found = [wish_button(name, request) for wish, name in names.items() if wish in wishes]
    for wish, word in _OF_RUN.items():
        runs = [run for run in request.runs if (wish, run.id) in offers]
        found += [_of_run(word, request, run, at) for at, run in enumerate(runs[:EACH])]
    return found


def _what(request: Request) -> str:
    if request.several:
        return f"upgrade of {counted(len(request.meant), 'model')}"
    return f"{noun(request.first.plan)} of {request.first.plan.model.name}"


def _approve(request: Request, around: Around) -> Block:
    """Names every model that is changed for good; our own words come first, so that a long name cuts none of them."""
    held = question(around.held_of(request), around)
    if request.is_training:
        name = request.first.plan.model.name
        return confirm(
            f"Train {name}?", f"{held}{plain(name)} will be trained on the data that waits in it.", "Approve"
        )
    names = changed(request)
    head = f"Upgrade {names[0]}?" if len(names) == 1 else f"Upgrade {counted(len(names), 'model')}?"
    target = plain(request.first.plan.target or "a newer version of the base model", 45 if held else 80)
    said = "One goes first. Changed for good: " if request.several else f"To {target}: "
    text = f"This cannot be undone. {held}{said}"
    return confirm(head, f"{text}{fitting(names, CONFIRM - len(text))}", "Approve")


def fitting(names: list[str], room: int) -> str:
    """As many names as there is room for, and how many more there are."""
    shown: list[str] = []
    for number, name in enumerate(names):
        rest = f" and {len(names) - number} more"
        if len(", ".join([*shown, plain(name, 60)])) + len(rest) > room - 1:
            return ", ".join(shown) + rest + "."
        shown.append(plain(name, 60))
    return listed(shown) + "."


def details_button(request: Request, *, named: bool = False) -> Block:
    """Opens the details of a request; *named*: screen readers hear its model too."""
    about = f", {request.first.plan.model.name}" if named and not request.several else ""
    return button("Details", "details", str(request.id), label=f"Details of request {request.id}{about}")


def model_button(ref: str, name: str) -> Block:
    """Shows a model."""
    return button("Details", "model", ref, label=f"Details of {name}")


def ask_button(ref: str, name: str, style: str = "") -> Block:
    """Opens the form that asks for the upgrade of a model."""
    return button("Upgrade…", "ask", ref, style=style, label=f"Ask for an upgrade of {name}")


def check_button(model: Model) -> Block:
    """Asks recognition for its warning; what that costs is said before."""
    what = f"Sends one second of built-in audio for recognition with {model.name}. IBM bills it as any audio; nothing "
    ask = confirm("Check for a warning?", f"{what}of it is kept.", "Check")
    return button("Check for warning", "probe", model.ref, label=f"Check {model.name} for a warning", confirm=ask)
