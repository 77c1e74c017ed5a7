"""Refusals: why something can't be done, and what to do or type instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.domain.answers import told
from bot.domain.fleet import InstanceReading, Model
from bot.domain.hours import OwnZone
from bot.domain.plans import NoPlan, WhyNot
from bot.domain.policies import Policy
from bot.domain.requests import Request
from bot.domain.typed_values import exact
from bot.domain.untrusted_text import matching
from bot.domain.verdicts import Judgement
from bot.errors import AmbiguousModel, Refusal, RetuneError, ServiceError
from bot.messages.faults import guidance
from bot.messages.kit import button, paragraph
from bot.messages.quotes import Quote
from bot.messages.steps import state_word
from bot.messages.text import bold, code, day, escape, listed, moment, on_one_line, plain, sentence
from bot.ports import Message

INPUT = 150
"""Characters that Slack shows below an input."""

STARTING = "Retune is just starting. Try again in a second."
GONE = "That model is no longer known. /stt-models lists all of them."
NOT_STARTED = "Nothing was done: Retune was stopped, or failed, while it started. Try again in a minute."

NOT_SHOWN = "Slack did not show the answer. Close the window and press the button again."
NO_FORM_ID = "Slack sent that form without its id. Close it and open it again."
TOO_LATE = "That took too long to open a window. Try again."
FORM_TOO_OLD = "That form is too old. Open it again with /stt-upgrade."
CHOOSE_ONE = "Choose at least one model."
PAST = "That time has passed. Choose a later one, or leave it empty."
TOO_FAR = "That is more than a year away. Choose an earlier time, or leave it empty."
CLOSED = "That form is closed. Open it again with /stt-upgrade."
NO_FORM = "A mention can't open the form. Type /stt-upgrade outdated in a channel."

_NO_PLAN = {
    WhyNot.CURRENT: "{name} is already on the newest known version, {newest}. Nothing to do.",
    WhyNot.UNKNOWN: (
        "Nothing tells whether {name} is outdated, and an upgrade can't be undone, so Retune does not guess. "
        "{typed} shows what is known."
    ),
    WhyNot.EMPTY: "{name} holds no data. It needs no upgrade, and the service would refuse one. Add data first.",
    WhyNot.BUSY: "The service is {status} {name} right now and accepts no other change. Ask again when it ends.",
    WhyNot.FAILED: "The last training of {name} failed. Repair its data and train it, then ask again.",
    WhyNot.RETIRED: "{retired}",
    WhyNot.RECREATE: (
        "{name} is on {newest}, which IBM says can't be upgraded. Create it again on {base} from your original "
        "corpora and words."
    ),
    WhyNot.PROCESSING: "{name} is still analysing {about}. Ask again in some minutes.",
    WhyNot.INVALID: (
        "Training {name} would fail because of {about}. Repair or delete that and ask again, or leave it out."
    ),
    WhyNot.STATUS: (
        "{name} has the status {about}; only `ready` and `available` models can be upgraded, and only `ready` ones "
        "have data that waits for training."
    ),
    WhyNot.LINK_UNKNOWN: (
        "Retune must know which language model {name} was trained with: press *Trained with…*, choose it or *None*."
    ),
    WhyNot.LINKED_BLOCKED: "{name} was trained with {first}, which must come first and can't now: {rest}.",
    WhyNot.UPGRADE_FIRST: "{name} is outdated: upgrade it first, then train it on its latest data.",
}


def no_plan(no: NoPlan) -> str:
    """Why a model gets no plan, with the way out."""
    model, about = no.judgement.model, [code(item) for item in no.about]
    return _NO_PLAN[no.reason].format(
        name=code(model.name),
        typed=code(f"/stt-model {model.name}"),
        newest=code(model.newest or ""),
        base=code(model.base),
        status=escape(model.status, 40),
        about=listed(about),
        first="".join(about[:1]),
        rest=listed(about[1:]),
        retired=_retired(no.judgement),
    )


def no_plan_quotes(no: NoPlan) -> list[Quote]:
    """The service's answer about a model that gets no plan."""
    model = no.judgement.model
    return [answer_of(model.instance, model.error or "")] if no.reason is WhyNot.FAILED else []


def answer_of(instance: str, words: str) -> Quote:
    """The sentence in the answer of an instance, or of a gateway before it; never the body."""
    return Quote(f"Answer from the instance {plain(instance, 60)}", told(words))


def _retired(judgement: Judgement) -> str:
    model = judgement.model
    since = f" on {day(judgement.discontinued)}" if judgement.discontinued else ""
    first = (
        f"An upgrade can't help {code(model.name)}: IBM discontinued its base model {code(model.base)}{since}, and the "
        "instance no longer offers it."
    )
    if model.kind == "acoustic":
        return (
            f"{first} Acoustic models have no successor: newer base models take no acoustic customization and, IBM "
            "says, need none. Migrate the callers to a newer base model and delete this one."
        )
    to = f" on {code(judgement.successor)}" if judgement.successor else ""
    return (
        f"{first} Create a new language model{to} from your own corpus and grammar files, train it, compare, then "
        "switch `model` and `language_customization_id` in the callers. Only the words can be read back from the "
        "service; corpora, grammars and audio can't be downloaded. Large models take no grammars."
    )


def in_the_way(request: Request, name: str) -> str:
    """The answer to a request for a model that a live request already has."""
    return (
        f"Request {request.id} by <@{request.requester}> already has {bold(name)} and is {state_word(request)}. "
        f"See its card in <#{request.channel}>."
    )


def all_taken(holder: int | None) -> str:
    """Every model of a form is in another request by now. Plain text."""
    if holder is None:
        return "Nothing in that form is left to upgrade. Open it again with /stt-upgrade."
    return f"Somebody was faster: request {holder} has it already. /stt-runs {holder} shows it."


def too_long(most: int, words: int) -> str:
    """More was typed than anything needs. Plain text."""
    return f"That is too long: Retune reads up to {most} characters and {words} words. Part of a name is enough."


def too_many(most: int) -> str:
    """More models than one request takes. Plain text."""
    return f"That is too many: one request takes {most:,} models."


def too_much(most: int) -> str:
    """More was typed into an input than it takes. Plain text."""
    return f"That is too long: at most {most} characters."


def over_budget(most: int, what: str, again: datetime) -> str:
    """A person used up a budget, and when they can go on."""
    return (
        f"That is a lot at once. So that others get their turn, Retune takes up to {most} {what} for one person; go on "
        f"{moment(again)}."
    )


def not_configured(instance: str) -> str:
    """Its instance is not in the settings. Plain text."""
    return f"The instance {plain(instance)} is no longer configured. Add it to RETUNE_INSTANCES again."


def deleted(instance: str) -> str:
    """The instance no longer knows the model. Plain text."""
    return f"That model is no longer in {plain(instance)}; somebody deleted it."


UNREAD = 3
"""Unread instances that a refusal names."""


def not_read_yet(typed: str, unread: Iterable[InstanceReading]) -> str:
    """No model matches, and some instances were not read yet. Plain text."""
    said = [
        f"{plain(reading.name)} was never read and can't be read now; /stt-models says why."
        if reading.failing_since is not None
        else f"{plain(reading.name)} is still being read for the first time; try again in a moment."
        for reading in unread
    ]
    more = f" So it is with {len(said) - UNREAD} more." if len(said) > UNREAD else ""
    return f"“{plain(typed)}” is not known yet. {' '.join(said[:UNREAD])}{more}"


def nothing_left(request: int) -> str:
    """A request leaves nothing to ask for. Plain text."""
    return f"Nothing of request {request} is left to upgrade. /stt-models lists what is outdated."


def not_available(model: Model) -> str:
    """Recognition would refuse it. Plain text."""
    now = f"{plain(model.name)} has the status {plain(model.status)}"
    return f"{now}. Recognition takes only available models; train it first."


def by_button(model: Model, later: datetime | None, zone: OwnZone) -> Message:
    """A mention can't open a form; a button can, for the time that was typed."""
    at = "" if later is None else f" at {later.astimezone(zone.info):%Y-%m-%d %H:%M}"
    then = "" if later is None else f" at {exact(later)}"
    text = f"Request the upgrade of {bold(model.name)} with the button; a mention can't open the form."
    ask = button(f"Upgrade{at}…", "ask", f"{model.ref}{then}", style="primary")
    return paragraph(text, "", ask)


def zone_words(zone: OwnZone) -> str:
    """The time zone of a person's times, and why it is that one. Plain text."""
    if zone.told:
        return f"{plain(zone.info.key)}, your time zone in Slack"
    return f"{plain(zone.info.key)} (RETUNE_TIMEZONE), as Slack does not tell your time zone"


def no_time(typed: str, example: datetime, zone: OwnZone) -> str:
    """What was typed after `at` is not a time. Plain text."""
    return (
        f"“{plain(typed)}” isn't a valid future time. Type for example /stt-upgrade call-center-us at 22:00, or at "
        f"{example.astimezone(zone.info):%Y-%m-%d} 22:00; times are in {zone_words(zone)}."
    )


def card_is_late(request: Request) -> str:
    """The request is stored, but Slack did not take its card."""
    return (
        f"Your request {request.id} is kept, but its card can't be posted in <#{request.channel}> just now. Retune "
        "keeps trying. If the bot is not in that channel, invite it there: `/invite @retune`."
    )


def card_is_elsewhere(request: Request) -> str:
    """It was requested in another channel than the one for cards."""
    what = f"request {request.id}" if request.several else code(request.first.plan.model.name)
    return f"Asked: the card of {what} is in <#{request.channel}>."


def approvers(policy: Policy) -> str:
    """The people who may decide, as mentions; in a private message these notify nobody."""
    return listed([mention(name) for name in policy.approvers], "or")


def mention(id: str) -> str:
    """A user, a user group, or the members of a channel."""
    if id[:1] in ("C", "G"):
        return f"the members of <#{id}>"
    return f"<!subteam^{id}>" if id.startswith("S") else f"<@{id}>"


def called(id: str, names: Mapping[str, str]) -> str:
    """A name without a mention: nobody is pinged."""
    return escape(names.get(id, id), 60)


def error(fault: RetuneError) -> Message:
    """Any expected error, for the person who met it: the cause, whether anything changed, and the next step."""
    after = f" {guidance(fault)}".rstrip()
    if isinstance(fault, ServiceError):
        support = f" Transaction {code(fault.transaction)}." if fault.transaction else ""
        return private(sentence(fault.ours) + support + after, quotes=[answer_of(fault.instance, fault.detail or "")])
    said = fault.text if isinstance(fault, Refusal) and fault.markup else sentence(fault.text)
    return private(said + after)


def at_input(fault: RetuneError | str) -> str:
    """An error below an input of a form, where nothing can be quoted: our own words, in one line. Plain text."""
    said = fault if isinstance(fault, str) else fault.ours if isinstance(fault, ServiceError) else fault.text
    return on_one_line(said[: 4 * INPUT])[:INPUT]


CHOICES = 20
"""Buttons of one choice; Slack takes 25 in a row."""


def choose(fault: AmbiguousModel, names: Iterable[tuple[str, str]], action: str) -> Message:
    """Several models match: one button each; *names* are references and their labels."""
    buttons = [button(name, f"{action}:{number}", ref) for number, (ref, name) in enumerate(list(names)[:CHOICES])]
    return paragraph(escape(fault.text, 1000), "", *buttons)


def labels(models: Sequence[Model]) -> list[str]:
    """A label for each of several models: name and instance, and kind and id where those are equal."""
    names = [plain(f"{plain(model.name)} ({model.instance})") for model in models]
    count = Counter(matching(name) for name in names)
    return [
        name if count[matching(name)] == 1 else f"{plain(model.name, 20)} ({model.kind} {model.id})"
        for name, model in zip(names, models, strict=True)
    ]


def private(text: str, *, warn: bool = True, quotes: Sequence[Quote] = ()) -> Message:
    """One sentence for one person, and its quotes; *text* is escaped already."""
    return paragraph(text, ":warning:" if warn else "", quotes=quotes)
