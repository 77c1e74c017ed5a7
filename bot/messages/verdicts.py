"""Verdicts, evidence and risk in words."""

from __future__ import annotations

from datetime import date

from bot.domain.evidence import Evidence, EvidenceKind, Strength
from bot.domain.verdicts import UPGRADABLE, Judgement, Risk, Verdict
from bot.messages.signs import OF_VERDICT, Sign
from bot.messages.text import bold, code, counted, day, escape, version

_STRENGTH = {Strength.PROOF: "proof", Strength.STRONG: "strong evidence", Strength.LIKELY: "likely"}


def sign(verdict: Verdict) -> str:
    """A sign with its word: never the sign alone."""
    return f"{OF_VERDICT[verdict]} {verdict.value}"


def verdict_word(judgement: Judgement) -> str:
    """The verdict on a model in words; a busy or failed one counts as outdated where a newer version is known."""
    also = ", outdated" if judgement.outdated and judgement.verdict not in UPGRADABLE else ""
    return f"{judgement.verdict.value}{also}"


def verdict_text(judgement: Judgement) -> str:
    """The same after its sign."""
    return f"{OF_VERDICT[judgement.verdict]} {verdict_word(judgement)}"


def one_line(judgement: Judgement) -> str:
    """A model in a list: name, kind, base, verdict, versions from and to."""
    model = judgement.model
    arrow = f": {version(model.newest, model.base)}" if model.newest is not None else ""
    if judgement.outdated:
        arrow = f": {version(model.newest, model.base)} → {version(judgement.target, model.base)}"
    loud = f"{Sign.URGENT} *customization ignored* · " if judgement.risk is Risk.IGNORED else ""
    return f"{loud}{verdict_text(judgement)} · {bold(model.name)} — {model.kind}, {escape(model.base)}{arrow}"


_PAGES = {"release-notes": "IBM Cloud release notes", "release-notes-data": "Cloud Pak for Data release notes"}
"""The pages of IBM's documentation, by name."""


def evidence_line(evidence: Evidence, base: str) -> str:
    """One reason to believe that a newer version exists, how strong it is, and its date."""
    strength, seen = f"*{_STRENGTH[evidence.strength]}*", f"(seen {day(evidence.on)})"
    given = version(evidence.version, base)
    match evidence.kind:
        case EvidenceKind.WARNING:
            return f"{strength}: a recognition request with it returned IBM's warning {seen}"
        case EvidenceKind.CANARY:
            return f"{strength}: a new model on this base was given {given} {seen}"
        case EvidenceKind.SIBLING:
            where = "the same instance" if evidence.strength is Strength.PROOF else "another instance"
            others = counted(evidence.further, "other instance")
            also = f", and {others} {'has' if evidence.further == 1 else 'have'} a newer one too"
            return (
                f"{strength}: {bold(evidence.source)} in {where} is on {given} {seen}{also if evidence.further else ''}"
            )
        case _:
            return f"{strength}: {_note(evidence)}: an upgrade is required"


def _note(evidence: Evidence) -> str:
    """A release note, by the name of its page and its date."""
    page, ending, rest = escape(evidence.source).partition(".md")
    return f"{_PAGES.get(page, page + ending)}{rest}"


def ground_line(ground: Evidence, judgement: Judgement) -> str:
    """One of the things that make a current model current."""
    model, seen = judgement.model, f"(seen {day(ground.on)})"
    match ground.kind:
        case EvidenceKind.CANARY:
            return f"a new model on this base was given the same version {seen}"
        case EvidenceKind.SIBLING if ground.version is None:
            return f"every other model on this base in its instance is on an older version {seen}"
        case EvidenceKind.SIBLING:
            return f"its sibling {bold(ground.source)} in the same instance is on the same version {seen}"
        case _ if ground.version is not None and ground.version == model.newest:
            return f"it is on the version of the last release note that requires an upgrade: {_note(ground)}"
        case _ if ground.source:
            return f"it is not older than the last release note that requires an upgrade: {_note(ground)}"
        case _:
            return f"no release note up to {day(ground.on)} requires an upgrade of models on this base"


def why(judgement: Judgement) -> list[str]:
    """Every reason for a verdict, one line each: the evidence, or what else it rests on."""
    model, status = judgement.model, code(judgement.model.status)
    evidence = [evidence_line(item, model.base) for item in judgement.evidence]
    match judgement.verdict:
        case Verdict.RETIRED:
            on = f" (discontinued {day(judgement.discontinued)})" if judgement.discontinued else ""
            return [f"its instance no longer offers {code(model.base)}{on}"]
        case Verdict.RECREATE:
            return ["IBM says that models of this version can't be upgraded and must be created again"]
        case Verdict.BUSY:
            return [f"the service is working on it: status {status}", *evidence]
        case Verdict.FAILED:
            return [f"its last training failed: status {status}", *evidence]
        case Verdict.EMPTY:
            return [f"it holds no valid data yet (status {status}): there is nothing to upgrade"]
        case Verdict.UNKNOWN if model.versions is None:
            return ["the service did not say which versions this model has"]
        case Verdict.UNKNOWN if model.newest is None:
            return ["the service lists no version for it"]
        case Verdict.UNKNOWN:
            return [
                "its instance has no other model with data on this base to compare it with, and the release notes that "
                "Retune knows don't name this base"
            ]
        case Verdict.CURRENT:
            grounds = [ground_line(ground, judgement) for ground in judgement.grounds]
            return [f"{version(model.newest, model.base)} is the newest known version", *grounds]
    return evidence


_LATER = (
    "The old version is supported for a limited time only; when it goes, requests still succeed but *the "
    "customization is silently ignored*."
)

_RISKS = {
    Risk.RETIRED: "Requests using it can fail or lose the customization at any time; an upgrade can't help.",
    Risk.REFUSED: (
        "IBM says that recognition with models of this version fails (HTTP 400) until they are created again."
    ),
    Risk.IGNORED: (
        ":rotating_light: *The customization is already ignored.* Requests succeed, but the old version is gone and "
        "the service answers with the plain base model. Upgrade now."
    ),
    Risk.WARNED: f"Requests using it return a warning today. {_LATER}",
    Risk.EXPECTED: f"Requests using it probably return a warning. {_LATER}",
    Risk.PAIR: "None alone; see below.",
    Risk.NONE: "None known.",
}


def risk_text(judgement: Judgement) -> str:
    """What callers of the model get, today and later."""
    return _RISKS[judgement.risk]


_LEVELS = {
    Risk.IGNORED: "*customization ignored* ({when})",
    Risk.WARNED: "*returns warnings* ({when})",
    Risk.EXPECTED: "*warning expected* (outdated; no response with a warning was seen yet)",
    Risk.PAIR: "*pair on the older base* (used together, {other})",
    Risk.RETIRED: "*retired base* (its instance no longer offers it{since})",
    Risk.REFUSED: "*requests fail* (IBM says that models of this version must be created again)",
    Risk.NONE: "*none known*",
}


def level_text(judgement: Judgement) -> str:
    """The level of risk, and the rule behind it."""
    seen = next((item.on for item in judgement.evidence if item.kind is EvidenceKind.WARNING), None)

    partner = judgement.partner
    return _LEVELS[judgement.risk].format(
        when=f"seen in a recognition response{f' on {day(seen)}' if seen else ''}",
        other=f"{code(partner.name)} is on {version(partner.newest, partner.base)}" if partner else "another one",
        since=f", discontinued {day(judgement.discontinued)}" if judgement.discontinued else "",
    )


def pair_text(judgement: Judgement) -> str:
    """What requests get that use both models of a pair on different versions."""
    if judgement.partner is None:
        return ""
    return (
        f"{Sign.PAIR} Used together with {code(judgement.partner.name)}, which is on "
        f"{version(judgement.partner.newest, judgement.partner.base)}: recognition with both silently uses the older "
        "version, because that is what they share. Upgrade the other one too."
    )


def waiting_since(judgement: Judgement, today: date) -> str:
    """Since when a model is outdated, busy or failed; "" where that is unknown."""
    return _since(judgement.since, today)


def dates(judgement: Judgement, today: date) -> list[str]:
    """Each date with what it is the date of: `failed since 3 Nov 2026 (20 days)`, `newer base since …`."""
    own = "" if judgement.verdict in UPGRADABLE else waiting_since(judgement, today)
    newer = _since(judgement.newer_since, today) if judgement.outdated else ""
    said = {_BEGAN.get(judgement.verdict, judgement.verdict.value): own, "newer base": newer}
    return [f"{what} {since}" for what, since in said.items() if since]


_BEGAN = {Verdict.RETIRED: "base discontinued", Verdict.RECREATE: "IBM's note"}
"""What the date of a verdict stands for, where that is not the verdict itself."""


def _since(since: date | None, today: date) -> str:
    if since is None or since > today:
        return ""
    return f"since {day(since)} ({counted((today - since).days, 'day')})" if since < today else "since today"
