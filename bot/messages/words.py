"""*Add a word…*: who is asked for a change, the form, the result, and the same by hand with curl."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from bot.domain.fleet import Model
from bot.domain.freezes import Freeze
from bot.domain.owners import asked
from bot.domain.requests import Request
from bot.domain.runs import Run, RunState, StepRecord, StepState
from bot.domain.snoozes import Held
from bot.domain.words import (
    LONGEST,
    LONGEST_JAPANESE,
    LONGEST_SOUND,
    MOST_SOUNDS,
    Addition,
    End,
    Fault,
    Field,
    Word,
    waiting,
)
from bot.messages.holds import Around
from bot.messages.kit import actions, button, context, input_block, modal, placeholder, section
from bot.messages.refusals import called, mention
from bot.messages.signs import Sign
from bot.messages.text import bold, code, day, listed, moment, plain
from bot.ports import Block, Message

CALLBACK = "word"
SHOWN = 5
"""Buttons in one message, and people who are asked in one card."""

PLACE = "$TOKEN"
"""Stands for a credential: Retune shows none."""

LIMITS: Mapping[str, int] = {
    Field.WORD: LONGEST,
    Field.SOUNDS: MOST_SOUNDS * (LONGEST_SOUND + 20),
    Field.DISPLAY: LONGEST,
}
"""Characters of the inputs."""

_FAULTS = {
    Fault.EMPTY: "Type the word.",
    Fault.SPACE: "A word has no spaces. Join its parts with - or _ (like New-York).",
    Fault.CHARACTER: 'A word cannot have / \\ : & " + = ? % # or brackets. Leave them out, or spell them.',
    Fault.HIDDEN: "There is a character in it that does not show. Type it again by hand.",
    Fault.TOO_MANY: f"At most {MOST_SOUNDS} lines: one pronunciation a line.",
    Fault.DIGIT: "No digits: spell numbers out, for example seventy five.",
}


def fault_texts(faults: Mapping[Field, Fault], language: str) -> dict[str, str]:
    """The errors, by input. Plain text."""
    japanese = language == "ja-JP"
    most = {
        Field.WORD: LONGEST_JAPANESE if japanese else LONGEST,
        Field.SOUNDS: LONGEST_JAPANESE if japanese else LONGEST_SOUND,
        Field.DISPLAY: LONGEST,
    }
    return {
        field.value: _FAULTS.get(fault, f"Too long: at most {most[field]} characters.")
        for field, fault in faults.items()
    }


def add_button(request: Request, run: Run, *, named: bool = False, primary: bool = False) -> Block:
    """Opens the form for one model; *named* where there are several."""
    name = run.plan.model.name
    text = f"Add a word to {plain(name, 40)}…" if named else "Add a word…"
    style = "primary" if primary else ""
    return button(text, f"word:{run.id}", f"{request.id}.{run.id}", style=style, label=f"Add a word to {name}")


def add_buttons(request: Request) -> list[Block]:
    """One for each of the first models that wait for a change."""
    runs = waiting(request.runs)
    return [add_button(request, run, named=request.several) for run in runs[:SHOWN]]


def whom(request: Request, run: Run, around: Around) -> str:
    """The people asked for the change that a run waits for."""
    return asked(around.owners.get(run.plan.model.ref), request.requester)


def waiting_lines(request: Request, around: Around) -> list[str]:
    """Waiting for @ada: who must change which models, for a card."""
    by_person: dict[str, list[str]] = {}
    for run in waiting(request.runs):
        by_person.setdefault(whom(request, run, around), []).append(bold(run.plan.model.name, 60))
    lines = []
    for person, names in list(by_person.items())[:SHOWN]:
        of = f" of {listed([*names[:SHOWN], *([f'{len(names) - SHOWN} more'] if len(names) > SHOWN else [])])}"
        lines.append(
            f"{Sign.PERSON} *Waiting for {mention(person)}:* add or change a word, corpus or grammar"
            f"{of if request.several else ''}"
        )
    return lines


def ask_for_change(
    request: Request, run: Run, record: StepRecord, around: Around, additions: Sequence[Addition], address: str = ""
) -> Message:
    """Asks a person for the change that training needs, then says what came.

    Only an improved base model on Cloud Pak for Data needs one.
    """
    model, name = run.plan.model, bold(run.plan.model.name)
    if record.state is StepState.DONE:
        added = next((one for one in reversed(additions) if one.outcome is End.ADDED), None)
        by = f", {code(added.word.word)} added by {called(added.by, around.names)}" if added else ""
        return _one(f"Changed: {name}{by}. Training is next.", Sign.DONE)
    if run.state is not RunState.RUNNING or run.cancelled_by is not None:
        return _one(f"No change of {name} is needed any more: the request goes no further.", Sign.NOT_NEEDED)
    text = (
        f"{mention(whom(request, run, around))}: change {name} first. Then it is trained; this upgrades it. "
        "Add or change a word, a corpus or a grammar. Retune sees it and goes on by itself."
    )
    blocks: list[Block] = [section(f"{Sign.PERSON} {text}"), actions([add_button(request, run, primary=True)])]
    if address:
        blocks += [context("Or by hand, with a token of your cluster and a word of yours:"), command(model, address)]
    return Message(f"{text} Press *Add a word…* for a form.", tuple(blocks))


def _one(text: str, sign: str) -> Message:
    return Message(text, (section(f"{sign} {text}"),))


def command(model: Model, address: str) -> Block:
    """Adds a word by hand, ready to copy: the right URL and id, and a placeholder for the credential."""
    url = f"{plain(address, 500).rstrip('/')}/v1/customizations/{quote(model.id, safe='')}/words/WORD"
    lines = (
        f"curl -X PUT {shlex.quote(url)} \\\n"
        f'  -H "Authorization: Bearer {PLACE}" -H "Content-Type: application/json" \\\n'
        f"  -d {shlex.quote(json.dumps({'sounds_like': ['how it sounds'], 'display_as': 'WORD'}))}"
    )
    preformatted = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": lines}]}
    return {"type": "rich_text", "elements": [preformatted]}


def missing(addition: Addition, name: str) -> Message:
    """Asks a person to add a word again: no answer came, and the word is not there."""
    text = (
        f"<@{addition.by}>: *not added*: {code(addition.word.word)} to {bold(name)}. The service gave no answer and "
        "does not show it. Add it again."
    )
    return _one(text, Sign.UNCLEAR)


def form(request: Request, run: Run) -> Mapping[str, Any]:
    """The form; its metadata holds what it is about."""
    model = run.plan.model
    sounds: Block = {
        "type": "plain_text_input",
        "multiline": True,
        "max_length": LIMITS[Field.SOUNDS],
        "placeholder": placeholder("a f c"),
    }
    one_line: Block = {"type": "plain_text_input", "max_length": LONGEST}
    top = (
        f"The word goes into {bold(model.name)} on {code(model.instance)}. Then request {request.id} trains "
        "the model; this upgrades it."
    )
    blocks = [
        section(top),
        input_block(
            Field.WORD, "Word", {**one_line, "placeholder": placeholder("AFC")}, hint="No spaces; - or _ joins parts."
        ),
        input_block(
            Field.SOUNDS,
            "Sounds like",
            sounds,
            optional=True,
            hint=f"One pronunciation a line, up to {MOST_SOUNDS}, without digits.",
        ),
        input_block(
            Field.DISPLAY, "Shown as", one_line, optional=True, hint="How transcripts spell it; empty: as the word."
        ),
    ]
    return modal("Add a word", blocks, callback=CALLBACK, submit="Add", metadata=f"{request.id}.{run.id}")


def adding(run: Run, word: Word) -> Mapping[str, Any]:
    """The form while the word is sent."""
    text = f"{Sign.RUNNING} Adding {code(word.word)} to {bold(run.plan.model.name)} …"
    return _window(f"{text}\nThe thread of request {run.request} tells when the model goes on.")


def became(run: Run, addition: Addition) -> Mapping[str, Any]:
    """The result, as far as it is known."""
    word, name = code(addition.word.word), bold(run.plan.model.name)
    match addition.outcome:
        case End.ADDED:
            text = f"{Sign.DONE} Added: {word} is in {name}. Training follows when the service shows it as `ready`."
        case End.REFUSED:
            text = f"{Sign.FAILED} Not added: {word} is not in {name}. Open the form again to try once more."
        case End.MISSING:
            text = f"{Sign.UNCLEAR} Not added: the service does not show {word} in {name}. Add it again."
        case None:
            text = f"{Sign.UNCLEAR} No answer came for {word}. Retune looks whether it is in {name}; the thread tells."
    return _window(text)


def _window(text: str) -> Mapping[str, Any]:
    return modal("Add a word", [section(text)], callback="worded")


def over(run: Run) -> str:
    """Nothing there waits for a change now."""
    name = bold(run.plan.model.name)
    if run.state is RunState.RUNNING and run.cancelled_by is None:
        return f"Nothing was added: {name} does not wait for a change any more. The thread tells how it goes on."
    return (
        f"Request {run.request} does not wait for a change of {name}: it is {run.state.value}. Nothing was added; "
        f"{code(f'/stt-runs {run.request}')} shows it."
    )


def frozen(run: Run, freeze: Freeze) -> str:
    """A change now would leave a model changed and untrained for as long as the freeze lasts."""
    return (
        f"Nothing was added: {code(run.plan.model.instance)} is frozen until {moment(freeze.until)} by "
        f"<@{freeze.author}>, and a changed model would wait untrained. Add the word then, or end the freeze: "
        "`/stt-upgrade freeze`."
    )


def on_hold(held: Sequence[Held]) -> str:
    """A hold: the model is to stay as it is."""
    one = held[0]
    return (
        f"Nothing was added: {bold(one.name)} is on hold until {day(one.hold.until)} by <@{one.hold.author}>. End the "
        f"hold first: *End hold* on {code(f'/stt-model {one.name}')}."
    )


def not_now(run: Run, status: str | None) -> str:
    """The model does not take a word now, or needs none."""
    name = bold(run.plan.model.name)
    if status is None:
        return f"Nothing was added: {name} is not in {code(run.plan.model.instance)} any more."
    if status == "ready":
        return f"Nothing was added: {name} was changed already. Retune goes on by itself in a moment."
    return (
        f"Nothing was added: {name} has the status {code(status, 40)}, and takes a word only while it is `available`. "
        "Try again in a minute; if somebody changed it already, Retune goes on by itself."
    )


def known_already(run: Run, word: Word) -> str:
    """A change that changes nothing may not count for the service."""
    return (
        f"Nothing was added: {bold(run.plan.model.name)} has {code(word.word)} just like this, so that changes "
        "nothing. Choose another word, or change how it sounds or is shown."
    )


def another(addition: Addition) -> str:
    """One at a time: the first may be enough."""
    return (
        f"<@{addition.by}> is adding {code(addition.word.word)} right now. Yours was not added; wait a minute for the "
        "answer to that."
    )


def additions_of(additions: Iterable[Addition], run: Run) -> tuple[Addition, ...]:
    """Those of one run."""
    return tuple(one for one in additions if one.run == run.id)
