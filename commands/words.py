"""*Add a word…*: the form, and what happens to the word typed into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.requests import Request
from bot.domain.runs import Run
from bot.domain.typed_values import number
from bot.domain.words import Field, Word, sounds_of
from bot.errors import Denied, Refusal, RetuneError
from bot.flows.budgets import Cost
from bot.flows.words import check
from bot.messages import refusals
from bot.messages import words as messages
from bot.messages.kit import said_in
from commands.desk import Answer, Ask, Desk, Window
from commands.door import quietly
from commands.forms import Form


async def word(ask: Ask, desk: Desk) -> Answer:
    """Opens the form; the button's value is the request and the run that waits."""
    request, run = await desk.words.waiting(*_about(ask.text), ask.user)
    return Window(messages.form(request, run))


async def worded(form: Form, desk: Desk) -> Mapping[str, Any]:
    """The form was sent: errors in the word are shown in it, the answer of the service follows."""
    desk.budgets.spend(form.user, Cost.READINGS)
    request, run = await desk.words.waiting(*_about(form.metadata), form.user)
    typed = Word(form.text(Field.WORD), sounds_of(form.text(Field.SOUNDS)), form.text(Field.DISPLAY))
    check(typed, run)
    desk.background.spawn(_add(form, request, run, typed, desk), f"a word of {form.user}")
    return messages.adding(run, typed)


async def _add(form: Form, request: Request, run: Run, typed: Word, desk: Desk) -> None:
    try:
        addition = await desk.words.add(form.id, request, run, typed, form.user)
    except RetuneError as error:
        if isinstance(error, Refusal) and not isinstance(error, Denied):
            await _note(error, request, run, form.user, desk)
        view = said_in(refusals.error(error), "Not added")
    else:
        view = messages.became(run, addition)
    desk.background.spawn(desk.teller.tell(request.id), f"card {request.id}")
    await quietly(desk.windows.update(form.id, view))


async def _note(error: Refusal, request: Request, run: Run, user: str, desk: Desk) -> None:
    """A row in the audit for a word that was not added."""
    now, ref = desk.clock.now(), run.plan.model.ref
    detail = f"word form: {type(error).__name__}"
    await quietly(
        desk.db.write(
            lambda store: store.audit.note(now, user, "refused", request=request.id, model=ref, detail=detail)
        )
    )


def _about(value: str) -> tuple[int, int]:
    """The request and the run in a button's value."""
    request, _, run = value.partition(".")
    return number(request), number(run)
