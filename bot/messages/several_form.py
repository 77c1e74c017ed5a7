"""The form for several models: each with its risk, losses and needs, and a checkbox where it can go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from bot.domain.forecasts import Forecast
from bot.domain.hours import OwnZone
from bot.domain.offers import Offer, ready
from bot.domain.outcomes import LeftOut
from bot.domain.requests import LISTED, Request
from bot.domain.snoozes import Held
from bot.domain.verdicts import Risk
from bot.messages.forecasts import forecast_text
from bot.messages.holds import SHORT, SHOWN, hold_quotes, tick_text
from bot.messages.kit import Level, alert, context, input_block, modal, option, section, sections
from bot.messages.links import link_input
from bot.messages.outcomes import first_left_out, left_out_blocks
from bot.messages.quotes import quoted
from bot.messages.refusals import called
from bot.messages.request_form import MODELS, REQUEST, Wanted, later_input, when_text, why_input
from bot.messages.steps import others
from bot.messages.text import bold, code, counted, day, escape, listed, plain, short_version, some
from bot.ports import Block

GROUP = 10
"""Slack's limit for the checkboxes in one group."""

TEXT = 75
"""Slack's limit for a checkbox's text, and for the line below it, in characters."""

NAMED = 3
"""Models that an alert names; the lines above the checkboxes name all."""


def ask_several(
    offers: Sequence[Offer],
    left_out: Sequence[LeftOut],
    wanted: Wanted,
    more: int,
    notes: Sequence[Block],
    *,
    forecast: Forecast | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
    zone: OwnZone | None = None,
) -> Mapping[str, Any]:
    """At most `LISTED` models with a checkbox each, ticked where nothing stands in the way of a model.

    *left_out* can't be in it; *more* match the filters beyond what one request takes; *notes* say what delays starts
    now. *forecast* is for the ticked models, *names* are people's names, by id.
    """
    held = {one.hold.id: one for offer in offers for one in offer.held}
    several = len({offer.judgement.model.instance for offer in offers}) > 1
    blocks: list[Block] = [
        section(_head(offers)),
        *([section(forecast_text(forecast, when_text(wanted)))] if forecast else []),
        *_alerts(offers),
        *quoted(*hold_quotes([*held.values()][:SHOWN], names, SHORT)),
        *(block for start in range(0, len(offers), GROUP) for block in _group(offers, start, names, several=several)),
        *first_left_out(left_out, LISTED),
        *_unasked(left_out, sum(1 for offer in offers if offer.link is not None)),
        *([context(f"{counted(more, 'model')} more fit; request them afterwards.")] if more > 0 else []),
        *notes,
        *(why_input(), later_input(wanted, zone=zone)),
    ]
    shown = replace(wanted, holds=tuple(held))
    return modal("Upgrade several models", blocks, callback=REQUEST, submit="Request upgrades", metadata=f"{shown} ")


def _unasked(left_out: Sequence[LeftOut], asked: int) -> list[Block]:
    """What to do about acoustic models for whose menus there is no room."""
    others = sum(1 for one in left_out if one.cause.link_is_missing)
    text = (
        f"This form asks what {asked} acoustic models were trained with. For the other {others}: press *Trained with…* "
        "on `/stt-model`, or send this and type the command again."
    )
    return [context(text)] if others else []


def _head(offers: Sequence[Offer]) -> str:
    go = ready(offers)
    count = counted(len(offers), "model")
    ticked = "" if len(go) == len(offers) else f" {f'{len(go)} are' if len(go) != 1 else '1 is'} ticked."
    first = f"{bold(go[0].model.name, 60)} goes first, as ticked now" if go else "The quickest that you tick goes first"
    return (
        f"*{count}* can be upgraded.{ticked} {first}; when its new version is proven, the others follow, a few at a "
        "time. The first failure stops everything that has not begun.\n:warning: *An upgrade cannot be undone.*"
    )


def _alerts(offers: Sequence[Offer]) -> list[Block]:
    """What must be noticed, by kind, each with the first models."""
    waiting, lossy, also = _by_hand(offers), _lossy(offers), _also(offers)
    held = [offer for offer in offers if offer.held]
    unlinked = [offer for offer in offers if offer.plan is None]
    need = "Needs" if len(waiting) == 1 else "Need"
    said: tuple[tuple[Sequence[Offer], str, Level], ...] = (
        (held, "*On hold, not ticked:* {names}. Ticking one ends its hold when you send this.", "warning"),
        (waiting, f"*{need} a change by hand, not ticked:* {{names}}. {_CHANGE}", "info"),
        (unlinked, "*Trained with what? Not ticked:* {names}. Choose it below, and tick.", "info"),
        (lossy, "*A saved weight is lost:* {names}. The default becomes 0.1.", "warning"),
    )
    alerts = [alert(text.replace("{names}", _first(_names(found))), level) for found, text, level in said if found]
    return [*alerts, *([alert(f"*Also changed for good:* {some(also, NAMED)}.")] if also else [])]


_CHANGE = "*You* or a colleague add or change a word, corpus or grammar first."


def _by_hand(offers: Iterable[Offer]) -> list[Offer]:
    return [offer for offer in offers if offer.by_hand]


def _lossy(offers: Iterable[Offer]) -> list[Offer]:
    return [offer for offer in offers if offer.plan is not None and offer.plan.drops_weight]


def _also(offers: Iterable[Offer]) -> list[str]:
    plans = [offer.plan for offer in offers if offer.plan is not None]
    return [f"{listed(_bold(found))} with {bold(plan.model.name, 60)}" for plan in plans if (found := others(plan))]


def _names(offers: Iterable[Offer]) -> list[str]:
    return [offer.judgement.model.name for offer in offers]


def _first(names: Iterable[str]) -> str:
    return some([bold(name, 30) for name in names], NAMED)


def _group(every: Sequence[Offer], start: int, names: Mapping[str, str], *, several: bool) -> list[Block]:
    offers = every[start : start + GROUP]
    options = [_option(offer, names, several=several) for offer in offers]
    ticked = [each for each, offer in zip(options, offers, strict=True) if offer.goes_at_once]
    label = "Models" if start == 0 else f"Models {start + 1}–{start + len(offers)}"
    boxes = {"type": "checkboxes", "options": options, **({"initial_options": ticked} if ticked else {})}
    lines = [f"• {line}" for line in _about(offers, names, every)]
    return [
        *sections(lines),
        input_block(f"{MODELS}{start}", label, boxes, optional=True),
        *(link_input(offer.link) for offer in offers if offer.link is not None),
    ]


def _option(offer: Offer, names: Mapping[str, str], *, several: bool) -> Block:
    """The name, with its instance where there are several; below it versions, risk, and what else counts."""
    model = offer.judgement.model
    where = f" · {plain(model.instance, 20)}" if several else ""
    name = plain(model.name, TEXT - len(where))
    return option(f"{name}{where}", offer.key, _below(offer, names)[0], rich=True)


def _below(offer: Offer, names: Mapping[str, str]) -> tuple[str, bool]:
    """The text below a checkbox, the most important first, and whether versions and risk are all there."""
    plan = offer.plan
    marks = {
        "needs a person": offer.by_hand,
        "trained with?": plan is None,
        "weight lost": plan is not None and plan.drops_weight,
        f"also {escape(', '.join(others(plan)), 40) if plan else ''}": plan is not None and bool(others(plan)),
    }
    held = [escape(tick_text(offer.held, names), 60)] if offer.held else []
    moves = _moves(offer)
    shown = ""
    for place, part in enumerate([*held, *moves, *(mark for mark, holds in marks.items() if holds)]):
        longer = f"{shown} · {part}" if shown else part
        if len(longer) > TEXT:
            return shown, place >= len(held) + len(moves)
        shown = longer
    return shown, True


def _moves(offer: Offer) -> list[str]:
    """The versions as one piece of code, and the risk of waiting."""
    model, plan, risk = offer.judgement.model, offer.plan, offer.judgement.risk
    have = short_version((plan.have if plan else model.newest) or "?", model.base)
    target = short_version((plan.target if plan else offer.judgement.target) or "newer", model.base)
    return [code(f"{have} → {target}"), *([] if risk is Risk.NONE else [risk.value])]


def _about(offers: Sequence[Offer], names: Mapping[str, str], every: Sequence[Offer]) -> list[str]:
    """What else must be known of these models beyond their checkboxes, a line for each kind.

    What the alerts say in full about *every* model of the form is not repeated.
    """
    planned = [(offer, offer.plan) for offer in offers if offer.plan is not None]
    trains = [offer for offer, plan in planned if plan.trains_after]
    unsure = [offer for offer, plan in planned if plan.uncertain]
    trial = [offer for offer, plan in planned if plan.experimental]
    said = {
        "On hold": [f"{bold(one.name, 60)} until {_end(one, names)}" for offer in offers for one in offer.held],
        "Need a change by hand": _bold(_names(_by_hand(offers))) if len(_by_hand(every)) > NAMED else [],
        "Lose a saved weight": _bold(_names(_lossy(offers))) if len(_lossy(every)) > NAMED else [],
        "Also changed for good": _also(offers) if len(_also(every)) > NAMED else [],
        "Waiting data stays untrained, so train them afterwards": _bold(_names(trains)),
        "IBM's pages disagree whether the base is upgraded by training": _bold(_names(unsure)),
        "Experimental, because IBM documents no upgrade for the base": _bold(_names(trial)),
        "Versions and risk": [
            f"{bold(offer.judgement.model.name, 60)} {' · '.join(_moves(offer))}"
            for offer in offers
            if not _below(offer, names)[1]
        ],
    }
    return [f"{what}: {'; '.join(found)}" for what, found in said.items() if found]


def _bold(names: Iterable[str]) -> list[str]:
    return [bold(name, 60) for name in names]


def _end(one: Held, names: Mapping[str, str]) -> str:
    return f"{day(one.hold.until)} by {called(one.hold.author, names)}"


def requested(request: Request) -> Mapping[str, Any]:
    """The form after an answer in it changed a plan: what the card asks for."""
    count = counted(len(request.runs), "model")
    text = f"*Requested:* {count}. The card of request {request.id} is in <#{request.channel}>."
    also = [
        f"• Also changed for good: {listed(_bold(found))} with {bold(run.plan.model.name, 60)}"
        for run in request.runs
        if (found := others(run.plan))
    ]
    blocks = [section(text), *sections(also), *left_out_blocks(request.left_out)]
    return modal("Requested", blocks, callback="requested")


def not_requested(faults: Sequence[str]) -> Mapping[str, Any]:
    """Why nothing was requested: holds that the form could not show. Plain sentences."""
    lines = [
        "*Nothing was requested.* What you said is remembered.",
        *(f"• In the way: {escape(fault)}" for fault in faults),
    ]
    lines.append("Type `/stt-upgrade outdated` again: the form then shows all of it.")
    return modal("Not requested", sections(lines), callback="refused")
