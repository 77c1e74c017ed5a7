"""Verdicts, evidence and risk in words."""

from __future__ import annotations

from datetime import date

from bot.domain.verdicts import Evidence, EvidenceKind, Judgement, Risk, Strength, Verdict
from bot.messages.signs import OF_VERDICT, Sign
from bot.messages.text import code, counted, day, escape, version

_STRENGTH = {Strength.PROOF: "proof", Strength.STRONG: "strong evidence", Strength.LIKELY: "likely"}


def sign(verdict: Verdict) -> str:
    """A sign with its word: never the sign alone."""
    return f"{OF_VERDICT[verdict]} {verdict.value}"


def one_line(judgement: Judgement) -> str:
    """A model in a list: name, kind, base, verdict, versions from and to."""
    model = judgement.model
    arrow = f": {version(model.newest, model.base)}" if model.newest is not None else ""
    if judgement.outdated and judgement.verdict not in (Verdict.RETIRED, Verdict.RECREATE):
        arrow = f": {version(model.newest, model.base)} → {version(judgement.target, model.base)}"
    loud = ":rotating_light: *customization ignored* · " if judgement.risk is Risk.IGNORED else ""
    return f"{loud}{sign(judgement.verdict)} · {code(model.name)} — {model.kind}, {code(model.base)}{arrow}"


_PAGES = {"release-notes": "IBM Cloud release notes", "release-notes-data": "Cloud Pak for Data release notes"}
"""The pages of IBM's documentation, by the names that people know."""


def evidence_line(evidence: Evidence, base: str) -> str:
    """One reason, how strong it is, and its date."""
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
                f"{strength}: {code(evidence.source)} in {where} is on {given} {seen}{also if evidence.further else ''}"
            )
        case _:
            page, ending, rest = escape(evidence.source).partition(".md")
            return f"{strength}: {_PAGES.get(page, page + ending)}{rest}: an upgrade is required"


_WITHOUT_EVIDENCE = {
    Verdict.RECREATE: "IBM says that models of this version cannot be upgraded and must be created again",
    Verdict.CURRENT: "nothing known is newer: no other model on this base, and no release note",
    Verdict.EMPTY: "it holds no valid data yet, and a model without data needs no upgrade",
    Verdict.UNKNOWN: "no other model on this base, and no release note known for it",
}


def why(judgement: Judgement) -> list[str]:
    """Every reason for a verdict, one line each; for verdicts without evidence, what they rest on."""
    model = judgement.model
    if judgement.evidence:
        return [evidence_line(item, model.base) for item in judgement.evidence]
    if judgement.verdict is Verdict.RETIRED:
        since = f" since {day(judgement.discontinued)}" if judgement.discontinued else ""
        return [f"its instance does not serve {code(model.base)} any more (discontinued{since})"]
    if judgement.verdict is Verdict.UNKNOWN and model.versions is None:
        return ["the service did not say which versions this model has"]
    return [_WITHOUT_EVIDENCE[judgement.verdict]] if judgement.verdict in _WITHOUT_EVIDENCE else []


_LATER = (
    "The old version is supported for a limited time only; when it goes, requests still succeed but *the "
    "customization is silently ignored*."
)

_RISKS = {
    Risk.RETIRED: "Requests with it can fail or lose the customization at any time; an upgrade cannot help.",
    Risk.REFUSED: (
        "IBM says that recognition with models of this version fails (HTTP 400) until they are created again."
    ),
    Risk.IGNORED: (
        ":rotating_light: *The customization is ignored already.* Requests succeed, but the old version is gone and "
        "the service answers with the plain base model. Upgrade now."
    ),
    Risk.WARNED: f"Requests using it return a warning today. {_LATER}",
    Risk.EXPECTED: f"Requests using it probably return a warning. {_LATER}",
    Risk.PAIR: "None alone; see below.",
    Risk.NONE: "None known.",
}


def risk_text(judgement: Judgement) -> str:
    """What callers of the model meet, today and later."""
    return _RISKS[judgement.risk]


_LEVELS = {
    Risk.IGNORED: "*customization ignored* ({when})",
    Risk.WARNED: "*returns warnings* ({when})",
    Risk.EXPECTED: "*warning expected* (outdated; no response with a warning was seen yet)",
    Risk.PAIR: "*pair on the older base* (used together, {other})",
    Risk.RETIRED: "*retired base* (its instance does not serve it any more{since})",
    Risk.REFUSED: "*requests fail* (IBM says that models of this version must be created again)",
    Risk.NONE: "*none known*",
}


def level_text(judgement: Judgement) -> str:
    """The level of risk with the rule that it follows from."""
    seen = next((item.on for item in judgement.evidence if item.kind is EvidenceKind.WARNING), None)

    partner = judgement.partner
    return _LEVELS[judgement.risk].format(
        when=f"seen in a recognition response{f' on {day(seen)}' if seen else ''}",
        other=f"{code(partner.name)} is on {version(partner.newest, partner.base)}" if partner else "another one",
        since=f", discontinued {day(judgement.discontinued)}" if judgement.discontinued else "",
    )


def pair_text(judgement: Judgement) -> str:
    """What requests meet that use both models of a pair on different versions."""
    if judgement.partner is None:
        return ""
    return (
        f"{Sign.PAIR} Used together with {code(judgement.partner.name)}, which is on "
        f"{version(judgement.partner.newest, judgement.partner.base)}: recognition with both silently uses the older "
        "version, because that is what they share. Upgrade the other one too."
    )


def waiting_since(judgement: Judgement, today: date) -> str:
    """Since when a newer base model is known to exist."""
    since = judgement.since
    return f"since {day(since)} ({(today - since).days:,} days)" if since else ""
