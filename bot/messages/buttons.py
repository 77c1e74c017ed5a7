"""The buttons of requests and models: what each asks before it counts, and which of them a request has now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import get_args

from bot.domain.approvals import Possible, Vote, Wish
from bot.domain.fleet import Model
from bot.domain.requests import UNSTARTED, Request, RequestState
from bot.domain.runs import Run, RunState
from bot.messages.holds import Around, question
from bot.messages.kit import button, confirm
from bot.messages.stakes import losses, moves, totals
from bot.messages.steps import changed, noun, others
from bot.messages.text import counted, listed, plain
from bot.ports import Block

CONFIRM = 300
"""Slack's limit for the text of a confirm dialog, in characters."""

EACH = 5
"""Buttons of one kind; neither a window nor a card is a list."""

UNCLEAR = ("send-again", "mark-as-failed")

_OF_RUN: Mapping[Wish, str] = {
    **{"send again": "send-again", "mark as failed": "mark-as-failed", "retry": "retry", "stop": "stop"},
}
"""The wishes about one run, in the order of their buttons."""


@dataclass(frozen=True, slots=True)
class _Wished:
    """The text of a button, and the question it asks before it counts."""

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
        *("Stop this request", "Stop request {id}", "Stop this request?"),
        "What has not started will not start. A step that the service works on cannot be stopped and goes to its end.",
        *("Stop it", "Not now", "", "danger"),
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
        *("Mark as failed and stop watching", "Mark {name} as failed and stop watching", "Mark it as failed?"),
        "It ends as failed here. The service may still finish its work; nothing can stop it there.",
        *("Mark as failed", "Not now", "", "danger"),
    ),
    "send-again": _Wished(
        *("Send again…", "Send step {first} of {name} again", "Send it again?"),
        "With your approval, step {first} of {steps} is sent once more. If the first request arrived after all, the "
        "service may do it twice. {for_good}",
        "Approve and send",
    ),
    "mark-as-failed": _Wished(
        *("Mark as failed", "Mark {name} as failed", "Mark it as failed?"),
        "It ends as failed here. The service may have taken the request and still do it; nothing can stop it there.",
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
    """The buttons that decide, as on the card and in App Home. Their questions name the holds."""
    if request.state is RequestState.OPEN:
        return [vote_button(vote, request, around) for vote in get_args(Vote)]
    return [*(pause_buttons(request) if request.state is RequestState.PAUSED else []), *unclear_buttons(request)]


def vote_button(vote: Vote, request: Request, around: Around) -> Block:
    """Approve, which asks once more, and Reject, which asks why. Their value is bound to the plans shown."""
    what, value = _what(request), f"{request.id}:{request.digest}"
    if vote == "reject":
        return button("Reject", "reject", value, style="danger", label=f"Reject the {what}")
    ask = _approve(request, around)
    return button("Approve", "approve", value, style="primary", label=f"Approve the {what}", confirm=ask)


def unclear_buttons(request: Request) -> list[Block]:
    """An approver's choices for each run whose step may or may not have begun."""
    unclear = [run for run in request.runs if run.unclear]
    named = len(unclear) > 1
    return [_of_run(word, request, run, at, named) for at, run in enumerate(unclear[:EACH]) for word in UNCLEAR]


def _of_run(word: str, request: Request, run: Run, at: int, named: bool) -> Block:
    """Several buttons of one kind in a message need an id each; *named*: the button says which model it is about."""
    block = wish_button(word, request, run)
    if named:
        said = f"{_WISHED[word].text.removesuffix('…')}: {plain(run.plan.model.name, 40)}"
        block = {**block, "text": {**block["text"], "text": said}}
    return {**block, "action_id": f"{block['action_id']}:{at}"} if at else block


def offered(request: Request, offers: Collection[Possible], around: Around) -> list[Block]:
    """A button for each of *offers*: what one person may vote or do about a request now, and for which run."""
    wishes = {wish for wish, _ in offers}
    drop = "drop" if request.several and request.state not in UNSTARTED else "cancel"
    names = {"resume": "resume", "withdraw": "withdraw", "take back": "take-back", "cancel": drop}
    found = [vote_button(vote, request, around) for vote in get_args(Vote) if vote in wishes]
    found += [wish_button(name, request) for wish, name in names.items() if wish in wishes]
    named = len({run for wish, run in offers if wish in _OF_RUN}) > 1
    for wish, word in _OF_RUN.items():
        runs = [run for run in request.runs if (wish, run.id) in offers]
        found += [_of_run(word, request, run, at, named) for at, run in enumerate(runs[:EACH])]
    return found


def _what(request: Request) -> str:
    if request.several:
        return f"upgrade of {counted(len(request.meant), 'model')}"
    return f"{noun(request.first.plan)} of {request.first.plan.model.name}"


def _approve(request: Request, around: Around) -> Block:
    """Says what the card says. Our own words come first, so a long name cuts none of them."""
    held = question(around.held_of(request), around)
    plan, names = request.first.plan, changed(request)
    if request.is_training:
        name = plan.model.name
        return confirm(
            f"Train {name}?", f"{held}{plain(name)} will be trained on the data that waits in it.", "Approve"
        )
    if request.several:
        plans = [run.plan for run in request.meant]
        counts = "".join(f"{count}. " for count in totals(plans))
        to = {moves(each) for each in plans}
        same = f"{to.pop()}. " if len(to) == 1 else ""
        leader = plain(request.meant[0].plan.model.name, 40)
        text, rest = f"{FIRST}{held}{counts}", f"{leader} goes first. Changed for good: "
        if len(text + same + rest + fitting(names, 10 * CONFIRM)) <= CONFIRM:
            text += same
        text += rest
        text += fitting(names, CONFIRM - len(text))
        return confirm(f"Upgrade {counted(len(request.meant), 'model')}?", text, "Approve")
    who = around.actors.get(request.requester, "the requester")
    text, also, move = f"{FIRST}{held}{losses(plan, who)}", others(plan), f": {moves(plan)}."
    text += f"{plain(plan.model.name, 40 if also else max(40, CONFIRM - len(text + move)))}{move}"
    if also:
        text += f" Also changes {fitting(also, CONFIRM - len(text) - 14)}"
    return confirm(f"Upgrade {plan.model.name}?", text, "Approve")


FIRST = "This cannot be undone. "
"""Comes first, so that no name can cut it."""


def fitting(names: list[str], room: int) -> str:
    """As many names as there is room for, and the number of the rest."""
    shown: list[str] = []
    for number, name in enumerate(names):
        rest = f" and {len(names) - number} more" if shown else counted(len(names), "model")
        if len(", ".join([*shown, plain(name, 60)])) + len(rest) > room - 1:
            return ", ".join(shown) + rest + "."
        shown.append(plain(name, 60))
    return listed(shown) + "."


def details_button(request: Request, *, named: bool = False) -> Block:
    """Opens the details of a request; *named*: the label for screen readers has its model too."""
    about = f", {request.first.plan.model.name}" if named and not request.several else ""
    return button("Details", "details", str(request.id), label=f"Details of request {request.id}{about}")


def model_button(ref: str, name: str) -> Block:
    """Shows a model."""
    return button("Details", "model", ref, label=f"Details of {name}")


def ask_button(ref: str, name: str, style: str = "") -> Block:
    """Opens the form that asks for the upgrade of a model."""
    return button("Upgrade…", "ask", ref, style=style, label=f"Ask for an upgrade of {name}")


def check_button(model: Model) -> Block:
    """Asks recognition for its warning. The question says what that costs."""
    what = f"Sends one second of built-in audio for recognition with {model.name}. IBM bills it as any audio; nothing "
    ask = confirm("Check for a warning?", f"{what}of it is kept.", "Check")
    return button("Check for warning", "probe", model.ref, label=f"Check {model.name} for a warning", confirm=ask)
