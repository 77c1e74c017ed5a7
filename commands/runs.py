"""`/stt-runs`: what waits, runs and ended; the history of one request; all of it as a file."""

from __future__ import annotations

from bot.domain.noted import story
from bot.domain.run_filter import run_filter
from bot.errors import Refusal
from bot.messages import run_history, run_list
from bot.messages.refusals import private
from bot.messages.run_sheet import Format
from bot.messages.text import code, counted
from bot.ports import Message
from commands.desk import Answer, Ask, Desk


def runs(ask: Ask, desk: Desk) -> Answer:
    """`export …`, a number, or words that filter."""
    word, _, rest = ask.text.strip().partition(" ")
    if word.casefold() == "export":
        return _export(ask, rest, desk)
    number = ask.text.strip().removeprefix("#")
    if number.isdecimal() and desk.store.runs.get(_number(number)) is not None:
        return _history(_number(number), 0, desk)
    return _page(ask, " ".join(ask.text.split()), 0, desk)


def turn(ask: Ask, desk: Desk) -> Answer:
    """Another page of the list: the button's value is its number and the filters."""
    number, _, filters = ask.text.partition(" ")
    return _page(ask, filters, _number(number), desk)


def history(ask: Ask, desk: Desk) -> Answer:
    """The History button, whose value is the run, or a page and the run."""
    *page, run = ask.text.split() or [""]
    return _history(_number(run), _number(page[0]) if page else 0, desk)


def export(ask: Ask, desk: Desk) -> Answer:
    """The Export button: its value has the filters of the list that it is below."""
    return _export(ask, ask.text, desk)


def _page(ask: Ask, filters: str, page: int, desk: Desk) -> Message:
    found = desk.store.search.runs(run_filter(filters, ask.user))
    if not found.all:
        return run_list.nothing(filters, ever=desk.store.search.any())
    page = min(page, run_list.pages_of(len(found.all)) - 1)
    wanted = found.all[page * run_list.PAGE : (page + 1) * run_list.PAGE]
    shown = [run for run in map(desk.store.runs.get, wanted) if run is not None]
    return run_list.runs(shown, len(found.open), len(found.ended), desk.clock.now(), page=page, filters=filters)


def _history(run_id: int, page: int, desk: Desk) -> Message:
    run = desk.store.runs.get(run_id)
    if run is None:
        raise Refusal("That request is not known any more. /stt-runs lists all of them.")
    return run_history.history(run, story(run, desk.store.audit.noted(run_id)), page)


def _export(ask: Ask, text: str, desk: Desk) -> Answer:
    first, _, rest = text.strip().partition(" ")
    form: Format = "json" if first.casefold() == "json" else "csv"
    filters = rest.strip() if first.casefold() in ("csv", "json") else text.strip()

    async def work() -> Message | None:
        made = await desk.exporter.export(ask.user, run_filter(filters, ask.user), filters, form)
        what = counted(made.requests, "request")
        place = ask.place
        # A thread and a direct message are places of the person's own choice; a channel did not ask for a file.
        here = ask.name.startswith("/") and not place.response_url and (place.thread or place.channel.startswith("D"))
        await desk.files.upload(
            place.channel if here else ask.user,
            made.name,
            made.content,
            title=f"Retune: {what}",
            alt_text=f"A table with a row for each of {what}",
            thread=place.thread if here else None,
        )
        return None if here else private(f"Sent you {code(made.name)} with {what} by direct message.", warn=False)

    return work


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 18 else 0
