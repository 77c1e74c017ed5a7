"""`/stt-runs`: requests that wait, run and ended; the history of one; all of it as a file."""

from __future__ import annotations

from bot.domain.request_filter import request_filter
from bot.domain.typed_values import is_impossible, looks_like_number, number
from bot.errors import NothingMatches, Refusal
from bot.flows.budgets import Cost
from bot.messages import advice, request_list
from bot.messages.denials import NO_SUCH_REQUEST
from bot.messages.sheet import Format, about_file, sent_file
from bot.ports import Message
from commands.desk import Answer, Ask, Desk, Unclear
from commands.exports import File, hand_over
from commands.typed import words


async def requests(ask: Ask, desk: Desk) -> Answer:
    """`export …`, a number, or words that filter."""
    typed = words(ask.text)
    filters = " ".join(typed)
    if typed and typed[0].casefold() == "export":
        return await _export(ask, " ".join(typed[1:]), desk)
    if is_impossible(asked := filters.removeprefix("#")):
        raise Refusal(request_list.no_request(asked), markup=True)
    if (id := number(asked)) and await desk.requests.get(id) is not None:
        return await _history(id, 0, desk)
    return await _page(ask, filters, 0, desk, asked if looks_like_number(asked) else "")


async def turn(ask: Ask, desk: Desk) -> Answer:
    """Another page of the list: the button's value is its number and the filters."""
    page, _, filters = ask.text.partition(" ")
    return await _page(ask, filters, number(page), desk)


async def history(ask: Ask, desk: Desk) -> Answer:
    """The History button, whose value is the request, or a page and the request."""
    *page, request = ask.text.split() or [""]
    return await _history(number(request), number(page[0]) if page else 0, desk)


async def export(ask: Ask, desk: Desk) -> Answer:
    """The Export button: its value has the filters of its list."""
    return await _export(ask, ask.text, desk)


async def _page(ask: Ask, filters: str, page: int, desk: Desk, asked: str = "") -> Message:
    """*asked* is the number of no request; it may still be part of a name."""
    found = await desk.listing.page(request_filter(filters, ask.user), page, request_list.PAGE)
    if not found.shown and asked:
        raise Refusal(request_list.no_request(asked), markup=True)
    if not found.ever:
        return request_list.none_yet()
    if not found.shown:
        return advice.no_request(filters, await desk.adviser.on_requests(filters.split(), ask.user))
    return request_list.requests(
        found.shown, found.live, found.ended, desk.clock.now(), page=found.page, filters=filters, more=found.more
    )


async def _history(id: int, page: int, desk: Desk) -> Message:
    found = await desk.listing.history(id)
    if found is None:
        raise Refusal(NO_SUCH_REQUEST)
    return request_list.history(*found, page)


async def _export(ask: Ask, text: str, desk: Desk) -> Answer:
    first, _, rest = text.strip().partition(" ")
    form: Format = "json" if first.casefold() == "json" else "csv"
    filters = rest.strip() if first.casefold() in ("csv", "json") else text.strip()
    desk.budgets.spend(ask.user, Cost.EXPORTS)
    try:
        made = await desk.exporter.export(ask.user, request_filter(filters, ask.user), filters, form)
    except NothingMatches as fault:
        if not filters:
            raise
        advised = await desk.adviser.on_requests(filters.split(), ask.user)
        before: advice.Before = "runs export json" if form == "json" else "runs export csv"
        said = advice.no_request(filters, advised, before=before, export=True)
        return Unclear(said, type(fault).__name__)
    title, alt_text = about_file(made.requests)
    return await hand_over(
        ask, desk, File(made.name, made.content, title, alt_text), sent_file(made.name, made.requests)
    )
