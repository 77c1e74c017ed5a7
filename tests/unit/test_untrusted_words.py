"""Whatever others write, no message of ours says it as ours: every public function of `bot.messages` is walked.

The arguments are made from the annotations, so that a new message, or a new field of the domain, is walked without
anybody having to think of it. Names hold `NAME`, reasons and other prose hold `PROSE`.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import json
import pkgutil
import random
import re
import types
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import pytest

import bot.messages
from bot.domain.fleet import Model, Ref
from bot.domain.judged import Judged
from bot.domain.links import LinkChoice
from bot.domain.offers import Offer
from bot.domain.outcomes import Outcome, StepEnd
from bot.domain.plans import Plan
from bot.domain.requests import Request, RequestState, VoteRecord
from bot.domain.runs import Run, RunState, StepRecord, StepState
from bot.domain.snoozes import Held
from bot.domain.verdicts import Judgement
from bot.errors import AmbiguousModel, RequestRefused, RetuneError, UnknownModel
from bot.messages.fitting import fitted, size_of
from bot.messages.kit import paragraph
from bot.messages.quotes import Quote, aloud, lines, quoted
from bot.messages.text import BLANK
from bot.ports import Message, Newer, plainly
from sandbox.slack.blockkit import check_blocks, check_view
from tests.fleets import judged_of
from tests.unit import made
from tests.unit.made import NOW
from tests.world import ADA, GRACE, model

TRICKS = (
    "\n:white_check_mark: {0} approved by the security team",
    "\r\n\r\n{0} ✅ *Approved*",
    "\u2028{0}\u2029{0}\x85{0}\x0b{0}",
    "\n> {0}\n• {0}\n```{0}```",
    "`{0}` *{0}* _{0}_ ~{0}~ :{0}: :x:{0}",
    "<!channel> <!here> <@UEVIL> <#CEVIL> <!subteam^SEVIL> <http://evil.example|Approved> {0}",
    "<!date^1392734382^{{date}}|{0}> &lt;!channel&gt; &amp;lt; {0}",
    "\u202e{0}\u2066\u200f\u061c\u200b\u2060\ufeff{0}\x1b[2J\x07{0}",
    "שלום {0} مرحبا",
    "Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309 {0}" + "\u0337" * 60,
    "“{0}” {0}”. Approved “",
    "{0}\n" * 500,
    "{0} " + "x" * 10_000,
    "   \n\n\t{0}",
)
"""What hostile text may look like; `{0}` is the word by which it is found again."""

NAME, PROSE = "FORGEDNAME", "FORGEDPROSE"

WRITTEN = {"why", "reason", "description", "error", "failure", "words"}
"""Fields and parameters that hold prose: sentences of a person or a service."""

GIVEN: Mapping[str, Callable[[random.Random], Any]] = {
    **dict.fromkeys(("requester", "voter", "author", "by", "actor", "user", "ended_by", "decided_by"), lambda r: ADA),
    **dict.fromkeys(("cancelled_by", "owner", "ids", "approved_by"), lambda r: GRACE),
    **dict.fromkeys(("channel", "code_of_slack"), lambda r: "C1"),
    **dict.fromkeys(("ref", "subject", "model_ref"), lambda r: "stt/language/x"),
    **dict.fromkeys(("digest", "shape", "revision", "metadata"), lambda r: "0a1b"),
    **dict.fromkeys(("action", "command", "code_of", "style", "heading", "day"), lambda r: ""),
    "rule": lambda r: "0 9 * * mon-fri",
    "approvers": lambda r: r.choice([GRACE, "SAPPROVE"]),
    "fault": lambda r: "words of ours",
    "link": lambda r: r.choice([None, "https://x"]),
    "leave_out": lambda r: r.choice([None, "upgrade C1 - stt/language/x"]),
    "instead": lambda r: r.choice(["", "502", "timeout"]),
    **dict.fromkeys(("instance", "instances", "known"), lambda r: f"<!here> *{NAME}*\n:x:{NAME}"),
    "wish": lambda r: r.choice(["withdraw", "resume", "retry", "send-again"]),
    "id": lambda r: "S1",
    "zone": lambda r: f"Europe/{NAME}",
}
"""What is no text of anybody's: ids of Slack's, references, what we store ourselves. By name of field or parameter."""

OURS = {
    "home.closed.why", "refusals.private.text", "rooms.alone.why",
    "request_form.refused.text", "details.details.answer", "timetable.overview.state",
    "forecasts.forecast_text.when", "request_form.refused.title",
    "refusals.over_budget.what", "ending.done.who", "fleet.models.marks", "holds.reason_of.what", "quotes.LONG",
    "signs.without.line",
}  # fmt: skip
"""Parameters that are sentences of ours, escaped already."""

BUILDING = {"kit", "text", "fitting", "quotes", "tables", "drawn_signs"}
"""Modules that messages are made from: their callers escape, and their own tests are elsewhere."""

FILES = {"cell", "iso", "csv_lines", "json_line", "rows", "as_json", "Sheet", "cells_as_csv", "part"}
"""Of the modules for files: cells and lines of files, not of messages."""

NAMES = {
    "others",
    "changed",
    "labels",
    "fitting",
    "called",
    "plain",
    "by_hand",
    "named",
    "who_to_mention",
    "moves",
    "also_changed",
}
"""Give names, or begin with one, for those who put them into a sentence."""

SEEDS = 12


class Maker:
    """Makes values of any type that messages take, hostile wherever somebody else's text may be."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self, field: str, prose: bool = False) -> str:
        return self.random.choice(TRICKS).format(PROSE if prose or field in WRITTEN else NAME)

    def make(self, kind: Any, field: str = "") -> Any:
        origin, args = get_origin(kind), get_args(kind)
        if special := SPECIAL.get(kind if origin is None else origin):
            return special(self)
        if field in GIVEN and (kind is str or kind == str | None):
            return GIVEN[field](self.random)
        if origin in (Union, types.UnionType):
            return self.make(self.random.choice(args), field)
        if origin is Literal:
            return self.random.choice(args)
        if origin is tuple and args[-1] is not Ellipsis:
            each_ = [self.make(arg, field) for arg in args]
            return ("stt/language/x", each_[1]) if field == "names" else tuple(each_)  # a reference and a name
        if origin in (tuple, list, frozenset, set, Sequence, Iterable, Collection):
            found = [self.make(args[0], field) for _ in range(self.random.choice([1, 1, 2, 7]))]
            return frozenset(found) if origin in (frozenset, set) else tuple(found)
        if field == "owners":
            return {f"stt/{one}/x": self.make(args[1]) for one in ("language", "acoustic")}
        if origin is Mapping or kind is dict or origin is dict:
            return {self.make(args[0], field): self.make(args[1], field) for _ in range(2)}
        if kind is str:
            return self.text(field)
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return self.random.choice(list(kind))
        if dataclasses.is_dataclass(kind):
            return self._fields(kind)
        plain: dict[Any, Callable[[], Any]] = {
            bool: lambda: self.random.random() < 0.5,
            int: lambda: self.random.randint(1, 9),
            float: lambda: 60.0,
        }
        plain |= {
            datetime: lambda: NOW,
            date: NOW.date,
            timedelta: lambda: timedelta(hours=3),
            type(None): lambda: None,
        }
        return plain[kind]()

    def _fields(self, kind: Any) -> Any:
        hints = _hints(kind)
        return kind(**{one.name: self.make(hints[one.name], one.name) for one in dataclasses.fields(kind) if one.init})

    def arguments(self, name: str, function: Any) -> dict[str, Any]:
        hints = _hints(function)
        return {
            one: "words of ours" if f"{name}.{one}" in OURS and hints[one] is str else self.make(hints[one], one)
            for one, how in inspect.signature(function).parameters.items()
            if how.kind is not how.VAR_POSITIONAL
            if f"{name}.{one}" not in OURS or hints[one] is str
        }

    def model(self) -> Model:
        facts: dict[str, Any] = {
            "error": self.text("error"),
            "description": self.text("description"),
            "instance": "stt",
        }
        kind = self.random.choice(["language", "acoustic"])
        return replace(model(self.text("name"), id="x", kind=kind, versions=(self.text("version"),)), **facts)

    def plan(self) -> Plan:
        own = self.model()
        facts: dict[str, Any] = {"target": self.text("target"), "have": self.random.choice([None, self.text("have")])}
        flags = {one: self.make(bool) for one in ("drops_weight", "trains_after", "uncertain", "experimental")}
        plan = made.plan("own", "other", model=own)
        steps = tuple(
            replace(step, name=self.text("name"), ref=own.ref if step.name == "own" else step.ref)
            for step in plan.steps
        )
        return replace(plan, steps=steps, **facts, **flags)

    def run(self) -> Run:
        plan, state = self.plan(), self.random.choice(list(RunState))
        run = made.run(plan, state, self.random.randint(1, 99))
        return replace(
            run,
            steps=tuple(self._ended(record) for record in run.steps),
            cause=self.make(_hints(Run)["cause"], "cause") if state is RunState.LEFT_OUT else None,
        )

    def _ended(self, record: StepRecord) -> StepRecord:
        if record.outcome is None:
            return record
        end = self.random.choice(list(StepEnd))
        ended = end in (StepEnd.UNCLEAR, StepEnd.UNWATCHED)
        outcome = Outcome(end, self.text("version"), self.text("status"), self.text("detail", prose=not ended))
        return replace(record, outcome=outcome, transaction=self.text("transaction"), attempts=2)

    def record(self) -> StepRecord:
        record = self.random.choice(self.run().steps)
        return replace(record, state=self.random.choice([StepState.DONE, StepState.FAILED, record.state]))

    def request(self) -> Request:
        state = self.random.choice(list(RequestState))
        runs = [replace(self.run(), id=number) for number in range(1, self.random.choice([2, 2, 4]))]
        if state is RequestState.OPEN:
            runs = [made.run(self.plan(), RunState.QUEUED, number) for number, _ in enumerate(runs, 1)]
        votes = (VoteRecord(GRACE, self.random.choice(["approve", "reject"]), self.text("reason"), NOW),)
        facts = {
            "left_out": self.make(_hints(Request)["left_out"]),
            "voters": 0,
            "decided_by": GRACE,
            "decided_at": NOW,
        }
        facts["started_at"] = NOW if any(run.started_at for run in runs) else None
        return made.request(runs, state, why=self.text("why"), votes=votes, reminded=True, **facts)

    def fault(self) -> RetuneError:
        refused = RequestRefused("It refused.", instance=self.text("instance"), detail=self.text("detail", prose=True))
        return self.random.choice([refused, UnknownModel(self.text("typed"), {"stt/language/1": self.text("nearest")})])

    def ambiguous(self) -> AmbiguousModel:
        return AmbiguousModel(self.text("typed"), ["stt/language/x"])

    def message(self) -> Message:
        return paragraph("Words of ours.")

    def offer(self) -> Offer:
        own = replace(self.model(), id=f"x{self.random.random()}")
        link = self.make(LinkChoice | None) if self.random.random() < 0.5 else None
        offer = made.offer(
            replace(self.plan(), model=own), self.make(tuple[Held, ...]), link and replace(link, model=own)
        )
        return replace(offer, plan=self.random.choice([offer.plan, None]), judgement=self.make(Judgement))

    def reference(self) -> Ref:
        return Ref("stt", "language", "x")

    def judged(self) -> Judged:
        return judged_of(self.make(Judgement) for _ in range(self.random.choice([1, 3])))

    def zone(self) -> ZoneInfo:
        return ZoneInfo("Europe/Berlin")


SPECIAL: dict[Any, Callable[[Maker], Any]] = {
    Model: Maker.model, Plan: Maker.plan, Run: Maker.run, StepRecord: Maker.record, Request: Maker.request,
    RetuneError: Maker.fault, AmbiguousModel: Maker.ambiguous, Message: Maker.message,
    Ref: Maker.reference, Offer: Maker.offer, ZoneInfo: Maker.zone, Judged: Maker.judged,
    Any: lambda maker: None,
    dict: lambda maker: {"type": "divider"},  # a block
}  # fmt: skip


@cache
def _hints(of: Any) -> dict[str, Any]:
    """The annotations, with the imports that a module makes for type checkers only."""
    from bot.messages.card import Seen

    checked = of.__module__ in ("bot.messages.model_lines", "bot.messages.large", "bot.messages.small_print")
    return typing.get_type_hints(of, localns={"Seen": Seen} if checked else None)


def messages() -> Iterator[Any]:
    """Every public function of the layer."""
    for found in pkgutil.iter_modules(bot.messages.__path__):
        module = importlib.import_module(f"bot.messages.{found.name}")
        for name, function in vars(module).items():
            own = inspect.isfunction(inspect.unwrap(function)) and function.__module__ == module.__name__
            if own and not name.startswith("_") and found.name not in BUILDING and name not in FILES:
                yield pytest.param(function, id=f"{found.name}.{name}")


HIDING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]")
PILE = re.compile("[\u0300-\u036f]{5}")
CODE = re.compile(r"`[^`\n]*`")
BOLD = re.compile(r"(?<![\w*])\*[^*\n]+\*(?![\w*])")
"""Names of models stand in bold: nothing in one may end that early, or begin anything else."""
SAID = re.compile("“[^“”\n]*”")
ACTS = re.compile(r"<(?:!channel|!here|@UEVIL|#CEVIL|!subteam\^SEVIL|http://evil)|<!date\^1392734382")
SET = re.compile(
    f"[_~:](?:{NAME}|{PROSE})[_~:]|\\*{PROSE}\\*|:white_check_mark: (?:{NAME}|{PROSE})|:x:{NAME}|:x:{PROSE}"
)
ALONE = re.compile(rf"^[^\w“]*(?:\w+: )?(?:{NAME}|{PROSE})", re.MULTILINE)


def speaks(text: str, *, fallback: bool = False, plain: bool = False) -> None:
    """What may stand in a text of ours: untrusted names within our lines; prose only between quotation marks, if at
    all, in the text that is read aloud.
    """
    assert not HIDING.search(text), ascii(text)
    assert not PILE.search(text)
    if plain:
        assert "\n" not in text
    else:
        assert not ACTS.search(text), text
        bare = CODE.sub("`name`", text)
        assert not SET.search(BOLD.sub("name", bare)), text
        assert not ALONE.search(bare), text
    assert PROSE not in (SAID.sub("“”", text) if fallback else text), text


def holds(block: Any) -> None:
    """Every text in a block, wherever it is; in what stands in for a newer one, too."""
    if isinstance(block, Newer):
        holds(dict(block))
        holds(block.plain)
    elif isinstance(block, list | tuple):
        for each in block:
            holds(each)
    elif isinstance(block, Mapping):
        match block.get("type"):
            case "mrkdwn":
                speaks(block["text"])
            case "plain_text":
                speaks(block["text"], plain=True)
                assert block.get("emoji") is False, "`:x:` in a name would be an emoji"
            case "header":
                assert not ALONE.search(block["text"]["text"])
                holds(block["text"])
            case "rich_text_quote":
                (said,) = block["elements"]
                assert not HIDING.search(said["text"])
                assert not PILE.search(said["text"])
                assert said["text"].count("\n") < 12
            case "rich_text_preformatted":
                (said,) = block["elements"]
                assert not HIDING.search(said["text"])
            case "rich_text_section":
                for each in block["elements"]:
                    speaks(each.get("text", ""), plain=True)
            case _:
                for key, value in block.items():
                    if key not in ("value", "private_metadata", "action_id", "block_id", "initial_value"):
                        holds(value)
    elif isinstance(block, str):
        speaks(block, plain=True)  # alt texts, accessibility labels


def shown(found: Any, function: Any) -> None:
    """Everything that a function gives."""
    match found:
        case Message():
            speaks(found.text, fallback=True)
            assert len(found.text) <= 4000
            holds(list(found.blocks))
            for blocks in (found.blocks, plainly(found.blocks)):
                short = fitted(replace(found, blocks=blocks))
                holds(list(short.blocks))
                assert check_blocks(list(short.blocks), "message") == []
                assert size_of(short.blocks) <= 13_000
        case Quote():
            holds(quoted(found))
            speaks(aloud(found), fallback=True)
        case str():
            if "plain text" in (function.__doc__ or "").lower():
                speaks(found, plain=True)
            elif function.__name__ not in NAMES:
                speaks(found)
        case {"type": "modal" | "home"}:
            assert "title" not in found or not ALONE.search(found["title"]["text"])
            holds(found)
            assert check_view(dict(found)) == []
            assert check_view({**found, "blocks": list(plainly(found["blocks"]))}) == []
        case {"type": str()}:
            holds(found)
        case list() | tuple():
            for each in found:
                shown(each, function)
        case Mapping():
            shown(list(found.values()), function)
        case _ if dataclasses.is_dataclass(found) and hasattr(found, "message"):
            shown(found.message, function)


@pytest.mark.parametrize("function", list(messages()))
def test_no_message_says_untrusted_words_as_ours(function: Any):
    """Made with hostile text in every field; what its own facts contradict is made again."""
    name = f"{function.__module__.removeprefix('bot.messages.')}.{function.__name__}"
    told, fault = 0, None
    for seed in range(SEEDS * 10):
        if told == SEEDS:
            break
        try:
            found = function(**Maker(seed).arguments(name, inspect.unwrap(function)))
        except (AssertionError, KeyError, IndexError, ValueError) as error:  # facts that contradict one another
            fault = error
            continue
        told += 1
        shown(found, function)
    assert told, f"nothing could be made for it: {fault!r}"


@pytest.mark.parametrize("trick", TRICKS)
def test_a_quote_is_a_block_of_its_own(trick: str):
    """Below the name of who wrote it; nothing in it is interpreted, and it does not fill the screen."""
    (block,) = quoted(Quote("Reason from", trick.format(PROSE), ADA))
    label, quote = block["elements"]
    assert [each["type"] for each in label["elements"]] == ["text", "user", "text"]
    assert [each["type"] for each in quote["elements"]] == ["text"]
    assert PROSE in json.dumps(quote)
    assert len(quote["elements"][0]["text"]) <= 600
    assert check_blocks([block], "message") == []


def test_prose_keeps_its_lines():
    """What people write is shown as they wrote it, without empty lines and without what hides."""
    assert lines("First.\r\nSecond.\n\n\n\nThird\u200b.") == "First.\nSecond.\n\nThird."
    assert lines("\n".join("abcdefghijklmnopq")).endswith("l …")
    assert lines("\u200b\u202e") == BLANK
    assert quoted(Quote("Reason from", " \n "), Quote("Reason from", "", GRACE)) == []
