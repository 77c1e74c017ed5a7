"""`/stt-model NAME`: one custom model; and choosing among several that fit."""

from __future__ import annotations

from bot.domain.snoozes import standing
from bot.domain.verdicts import Judgement
from bot.errors import AmbiguousModel, Refusal, ServiceError
from bot.messages import fleet
from bot.messages.kit import modal
from bot.messages.refusals import choose
from bot.messages.text import code, plain
from bot.ports import Message
from commands.desk import Answer, Ask, Desk, Work


def model(ask: Ask, desk: Desk) -> Answer:
    """Reads the model anew and shows it; where the name is not clear, offers what fits."""
    found = named(ask, desk, "model")
    if isinstance(found, Message):
        return found
    return _show(ask, desk, found)


def named(ask: Ask, desk: Desk, action: str, also: str = "") -> Judgement | Message:
    """The model that the text names, or an answer that lets the person choose. Raises `Refusal`.

    *also* is what else was typed: it follows the reference in the values of the buttons.
    """
    if not ask.text.strip():
        raise Refusal(f"Which model? Type its name or id, for example: /stt-{_verb(action)} call-center-us")
    try:
        return desk.inventory.find(ask.text)
    except AmbiguousModel as fault:
        judged = desk.inventory.judged_now()
        names = []
        for ref in fault.refs:
            found = judged.of(ref)
            if found is not None:
                names.append((f"{ref}{also}", f"{found.model.name} ({found.model.instance})"))
        return choose(fault, names, action)


def _verb(action: str) -> str:
    return "upgrade" if action == "ask" else action


def _show(ask: Ask, desk: Desk, judgement: Judgement) -> Work:
    async def work() -> Message | None:
        ref = judgement.model.ref
        at_home = not ask.place.channel
        view_id = None
        if at_home and ask.trigger:
            waiting = modal(plain(judgement.model.name, 24), [_reading(judgement)], callback="reading")
            view_id = await desk.windows.open(ask.trigger, waiting)
        try:
            prepared = await desk.requests.prepare(ref)
        except ServiceError as error:
            # The instance does not answer: show what was read last, and say so.
            desk.inventory.lost(judgement.model.instance, error)
            message = fleet.model(
                *(judgement, None, None, desk.store.runs.of_model(ref), _linked(ref, desk), desk.clock.now()),
                changes=desk.store.changes.of_model(judgement.model),
                snooze=standing(judgement, desk.snoozer.index(), desk.clock.now()),
                owner=desk.owning.owner_of(ref, judgement.model.name),
            )
        else:
            message = fleet.model(
                prepared.judgement,
                prepared.holdings,
                prepared.outlook,
                desk.store.runs.of_model(ref),
                f"trained with {prepared.linked}" if prepared.linked else None,
                desk.clock.now(),
                changes=desk.store.changes.of_model(prepared.judgement.model),
                snooze=standing(prepared.judgement, desk.snoozer.index(), desk.clock.now()),
                owner=desk.owning.owner_of(ref, prepared.judgement.model.name),
            )
        if view_id is None:
            return message
        await desk.windows.update(view_id, modal(plain(judgement.model.name, 24), message.blocks, callback="model"))
        return None

    return work


def _linked(ref: str, desk: Desk) -> str | None:
    said, language = desk.store.fleet.linked(ref)
    if not said:
        return None
    found = desk.inventory.judged_now().of(language) if language else None
    return f"trained with {code(found.model.name)}" if found else "trained with no language model"


def _reading(judgement: Judgement) -> dict[str, object]:
    text = f":hourglass_flowing_sand: Reading {code(judgement.model.name)} …"
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
