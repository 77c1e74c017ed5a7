"""*Finish…* below a request that was stopped midway: asks for the rest in a new request."""

from __future__ import annotations

from bot.domain.failures import left_of
from bot.domain.model_filter import exactly
from bot.domain.typed_values import number
from bot.errors import Refusal
from bot.messages.denials import NO_SUCH_REQUEST
from bot.messages.refusals import nothing_left
from commands.desk import Answer, Ask, Desk
from commands.upgrade import these


async def finish(ask: Ask, desk: Desk) -> Answer:
    """A click on it; the button's value is the request. The form has the models that are left, read again."""
    request = await desk.requests.get(number(ask.text))
    if request is None:
        raise Refusal(NO_SUCH_REQUEST, markup=True)
    refs = [run.plan.model.ref for run in left_of(request)]
    listed = exactly(await desk.inventory.read_once(), refs)
    if not listed.count:
        raise Refusal(nothing_left(request.id))
    return await these(listed, ask, desk, training=request.is_training)
