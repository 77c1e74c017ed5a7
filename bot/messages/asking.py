"""Around asking: what somebody hears when there is no form to show, or when the card is not where they asked."""

from __future__ import annotations

from datetime import datetime

from bot.domain.fleet import Model
from bot.domain.requests import Request
from bot.messages.kit import actions, button, section
from bot.messages.text import code, escape
from bot.ports import Message

CHOOSE_ONE = "Choose at least one model."
PAST = "That moment is over already. Choose one to come, or leave it empty."
TOO_FAR = "That is more than a year away. Choose an earlier moment, or leave it empty."
CLOSED = "That form is closed. Ask again with /stt-upgrade."
NO_FORM = "A mention cannot open the form. Type /stt-upgrade outdated in a channel."


def by_button(model: Model, at: str) -> Message:
    """A mention cannot open a form: a button can. *at* is the time that was typed, as it follows a name."""
    text = f"Ask for the upgrade of {code(model.name)} with the button; a mention cannot open the form."
    ask = button(f"Upgrade{at}…", "ask", f"{model.ref}{at}", style="primary")
    return Message(text, (section(text), actions([ask])))


def no_time(typed: str, example: datetime, zone: str) -> str:
    """What was typed after `at` is not a time. Plain text."""
    return (
        f"“{typed}” isn't a valid future time. Type for example /stt-upgrade call-center-us at 22:00, or at "
        f"{example:%Y-%m-%d} 22:00; times are in {zone}."
    )


def nothing_outdated(filters: str) -> str:
    """No outdated model fits the filters."""
    said = f" that fits “{escape(filters)}”" if filters else ""
    return f"No custom model{said} is outdated. `/stt-models outdated` lists those that are."


def card_is_late(request: Request) -> str:
    """The request is written, and Slack does not take its card."""
    return (
        f"Your request {request.id} is kept, but its card cannot be posted in <#{request.channel}> just now. Retune "
        "keeps trying. If the bot is not in that channel, invite it there: `/invite @retune`."
    )


def card_is_elsewhere(request: Request) -> str:
    """It was asked in another channel than the one where cards are."""
    what = f"request {request.id}" if request.several else code(request.first.plan.model.name)
    return f"Asked: the card of {what} is in <#{request.channel}>."
