"""The door: everything that a person does comes in here, once, and gets one answer.

In this order each delivery is taken once, capped, given the window that its answer needs (a trigger lives three
seconds, and Slack may be slow to say who a person is), paid from a budget, and checked for membership. Refusals are
answered privately and noted in the audit; a bug gets a reference.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from bot.errors import Denied, InputsRefused, OverBudget, Refusal, RetuneError
from bot.flows.budgets import Cost
from bot.messages.home import closed
from bot.messages.kit import Options, loading, said_in
from bot.messages.pickers import NOTHING, SLOW, told
from bot.messages.refusals import NO_FORM_ID, NOT_SHOWN, at_input, private, too_long
from bot.messages.refusals import error as error_message
from bot.messages.rooms import NOT_AT_ONCE, alone
from bot.ports import Message
from commands.desk import Answer, Ask, Desk, Handler, Public, Unclear, Window, open_window
from commands.forms import Form, Submission
from commands.typed import words

log = logging.getLogger(__name__)

CHARACTERS, WORDS = 300, 20
"""The most that a person can type: no name and no filter needs more, and all of it is searched with."""

VALUE, VALUE_WORDS = 2000, 30
"""The longest value of a button: typed filters, and a few words of ours."""

QUICK = 2.5
"""Seconds for a form; Slack gives us three. More than the store's deadline, whose error says more."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind of click is answered.

    *opens* is the title of the window for the answer; *here*: that is the window the click came from.
    """

    handler: Handler
    opens: str = ""
    here: bool = False


Look = Callable[[Ask, Desk], Awaitable[Options]]
"""Fills a menu while a person types into it. It reads what is in memory, and changes nothing."""


class Door:
    """Lets in what people do, and answers. One per process; what must hold for all processes is in the store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sending: dict[str, asyncio.Task[dict[str, Any] | None]] = {}
        """The forms being answered, by the key of their delivery."""

    async def typed(self, handler: Handler, ask: Ask) -> Answer:
        """Answers a command, a mention or a direct message."""
        return await self._answer(Way(handler), ask, (CHARACTERS, WORDS), Cost.CLICKS if ask.ts else None)

    async def clicked(self, way: Way, ask: Ask) -> Answer:
        """Answers a click, in a window that opens at once where the answer needs one."""
        if way.here:
            ask.window.id = ask.view
        return await self._answer(way, ask, (VALUE, VALUE_WORDS), Cost.CLICKS)

    async def say(self, answering: Awaitable[Answer], ask: Ask) -> None:
        """Shows an answer to the person alone: in the window opened for it, else as a message."""
        answer = await answering
        if answer is None:
            return
        message = alone(answer.message, NOT_AT_ONCE) if isinstance(answer, Public) else answer
        message = message.message if isinstance(message, Unclear) else message
        if ask.window.id is not None:
            view = message.view if isinstance(message, Window) else said_in(message, ask.window.title)
            if await quietly(self._desk.windows.update(ask.window.id, view)):
                return
        # A window left as it is would say forever that its content is coming.
        await quietly(
            self._desk.chat.whisper(ask.place, private(NOT_SHOWN) if isinstance(message, Window) else message)
        )

    async def sent(self, submission: Submission, form: Form) -> dict[str, Any] | None:
        """What to tell Slack about a form: close it, show another view, or errors at inputs.

        A second delivery while the first is under way is told the same.
        """
        sending = self._sending.get(form.key)
        if sending is None:
            sending = asyncio.create_task(self._sent(submission, form))
            if form.key:
                self._sending[form.key] = sending
                sending.add_done_callback(lambda _: self._sending.pop(form.key, None))
        return await asyncio.shield(sending)

    async def _sent(self, submission: Submission, form: Form) -> dict[str, Any] | None:
        what = f"{form.callback} form"
        try:
            instead = await asyncio.wait_for(self._submit(submission, form), QUICK)
        except TimeoutError:
            return _wrong({submission.at: f"Slack does not answer just now. {submission.again}"})
        except InputsRefused as error:
            self._refused(form.user, what, error)
            return _wrong(error.faults)
        except RetuneError as error:
            self._refused(form.user, what, error)
            if not (isinstance(error, Refusal) and error.markup):
                return _wrong({submission.at: error})
            instead = said_in(error_message(error), "Not possible")
        except Exception as error:  # noqa: BLE001 - a bug: the person gets an answer, the log the rest
            instead = said_in(_bug(form.callback, error), "Something broke")
        if instead is None:
            return None
        return {"response_action": "update", "view": self._desk.windows.answering(instead)}

    async def looked_up(self, look: Look, ask: Ask) -> Options:
        """The choices of a menu for what was typed, in time, whatever is slow. None for people who may not read."""
        left = max(0.0, ask.at + QUICK - monotonic())
        try:
            return await asyncio.wait_for(self._look_up(look, ask), left)
        except TimeoutError:
            return told(SLOW)
        except RetuneError as error:
            self._refused(ask.user, f"{ask.name} menu", error)
            return NOTHING if isinstance(error, Denied) else told(at_input(error))
        except Exception as error:  # noqa: BLE001 - a bug: the person gets an answer, the log the rest
            return told(_bug(f"{ask.name} menu", error).text)

    async def _look_up(self, look: Look, ask: Ask) -> Options:
        _cap(ask.text, CHARACTERS, WORDS)
        self._desk.budgets.spend(ask.user, Cost.LOOK_UPS)
        await self._desk.electorate.may_read(ask.user)
        return await look(ask, self._desk)

    async def home(self, opened: Callable[[str, Desk], Awaitable[None]], user: str, key: str) -> None:
        """Shows App Home to the person who opened it."""
        try:
            if await self._first(key):
                self._desk.budgets.spend(user, Cost.CLICKS)
                await self._desk.electorate.may_read(user)
                await opened(user, self._desk)
        except Denied as error:
            self._refused(user, "App Home", error)
            await quietly(self._desk.windows.publish_home(user, closed(error.text)))
        except OverBudget:
            pass  # it shows what it showed a moment ago
        except RetuneError as error:
            log.warning("App Home of %s is not shown: %s", user, error.text)
        except Exception as error:  # noqa: BLE001 - a bug: the person gets an answer, the log the rest
            await quietly(self._desk.windows.publish_home(user, closed(_bug("App Home", error).text)))

    async def _answer(self, way: Way, ask: Ask, caps: tuple[int, int], cost: Cost | None = None) -> Answer:
        try:
            if not await self._first(ask.key):
                return None
            _cap(ask.name, *caps)
            _cap(ask.text, *caps)
            if way.opens:
                await open_window(ask, self._desk, loading(way.opens))
            if cost is not None:
                self._desk.budgets.spend(ask.user, cost)
            await self._desk.electorate.may_read(ask.user)
            if ask.ts:
                self._desk.background.spawn(self._desk.chat.receive(ask.place.channel, ask.ts), "eyes")
            if ask.home:
                await self._desk.viewers.opened(ask.user)  # also when it was another process that showed it
            answer = await way.handler(ask, self._desk)
        except RetuneError as error:
            self._refused(ask.user, ask.name, error)
            return error_message(error)
        except Exception as error:  # noqa: BLE001 - a bug: the person gets an answer, the log the rest
            return _bug(ask.name, error)
        if isinstance(answer, Unclear):
            self._note(ask.user, "refused", f"{ask.name}: {answer.note}")
            return answer.message
        if isinstance(answer, Window) and answer.refused:
            self._note(ask.user, "refused", f"{ask.name}: {answer.refused}")
        return answer

    async def _submit(self, submission: Submission, form: Form) -> Mapping[str, Any] | None:
        if not form.id:
            raise Refusal(NO_FORM_ID)
        if not await self._first(form.key):
            return None
        if found := form.too_long(submission.limits):
            raise InputsRefused(found)
        self._desk.budgets.spend(form.user, Cost.CLICKS)
        await self._desk.electorate.may_read(form.user)
        return await submission.handler(form, self._desk)

    async def _first(self, key: str) -> bool:
        now = self._desk.clock.now()
        return not key or await self._desk.db.write(lambda store: store.deliveries.take(key, now))

    def _refused(self, user: str, what: str, error: RetuneError) -> None:
        """One row in the audit for a refusal. Trouble is no refusal, and a budget is counted by itself."""
        if isinstance(error, Denied):
            self._note(user, "denied", f"{what}: {error.note}")
        elif isinstance(error, Refusal) and not isinstance(error, OverBudget):
            self._note(user, "refused", f"{what[:CHARACTERS]}: {type(error).__name__}")

    def _note(self, user: str, action: str, detail: str) -> None:
        """Budgeted: one person can't fill the audit."""
        desk, now = self._desk, self._desk.clock.now()
        if desk.budgets.take(user, Cost.REFUSALS):
            note = desk.db.write(lambda store: store.audit.note(now, user, action, detail=detail))
            desk.background.spawn(quietly(note), f"a refusal of {user}")


def _cap(text: str, characters: int, most: int) -> None:
    if len(text) > characters or len(words(text)) > most:
        raise Refusal(too_long(CHARACTERS, WORDS))


def _wrong(faults: Mapping[str, str | RetuneError]) -> dict[str, Any]:
    return {"response_action": "errors", "errors": {block: at_input(fault) for block, fault in faults.items()}}


async def fill(view_id: str, viewing: Awaitable[Window], desk: Desk) -> None:
    """Shows a view in an open window, or why there is none."""
    try:
        view = (await viewing).view
    except RetuneError as error:
        view = said_in(error_message(error), "Not now")
    await quietly(desk.windows.update(view_id, view))


async def quietly(work: Coroutine[Any, Any, None]) -> bool:
    """Whether it was done. What can't be sent or noted is logged; nobody is left to tell."""
    try:
        await work
    except RetuneError as error:
        log.warning("an answer was not taken: %s", error.text)
        return False
    except Exception:  # a bug of ours in saying something
        log.exception("an answer was not taken")
        return False
    return True


def _bug(what: str, error: Exception) -> Message:
    reference = secrets.token_hex(4)
    log.error("%s broke (reference %s)", what, reference, exc_info=error)
    return private(
        "Something broke on our side. See what was done before you try again, and tell your operator the reference "
        f"`{reference}`."
    )
