"""Verdicts, evidence and risk in words."""

from __future__ import annotations

import re
from datetime import date

from bot.domain.verdicts import Evidence, EvidenceKind, Judgement, Risk, Strength, Verdict
from bot.messages.text import code, day, escape, version

SIGNS = {
    Verdict.RETIRED: ":no_entry:",
    Verdict.RECREATE: ":hammer_and_wrench:",
    Verdict.OUTDATED: ":large_orange_circle:",
    Verdict.LIKELY_OUTDATED: ":large_yellow_circle:",
    Verdict.FAILED: ":x:",
    Verdict.BUSY: ":hourglass_flowing_sand:",
    Verdict.UNKNOWN: ":grey_question:",
    Verdict.EMPTY: ":white_circle:",
    Verdict.CURRENT: ":large_green_circle:",
}

_STRENGTH = {Strength.PROOF: "proof", Strength.STRONG: "strong evidence", Strength.LIKELY: "likely"}


def sign(verdict: Verdict) -> str:
    """A sign with its word: never the sign alone."""
    return f"{SIGNS[verdict]} {verdict.value}"


def one_line(judgement: Judgement) -> str:
    """A model in a list: name, kind, base, verdict, versions from and to."""
    model = judgement.model
    arrow = ""
    if judgement.outdated and judgement.verdict not in (Verdict.RETIRED, Verdict.RECREATE):
        arrow = f": {version(model.newest, model.base)} → {version(judgement.target, model.base)}"
    elif model.newest is not None:
        arrow = f": {version(model.newest, model.base)}"
    loud = ":rotating_light: *customization ignored* · " if judgement.risk is Risk.IGNORED else ""
    return f"{loud}{sign(judgement.verdict)} · {code(model.name)} — {model.kind}, {code(model.base)}{arrow}"


def evidence_line(evidence: Evidence, base: str) -> str:
    """One reason, how strong it is, and its date."""
    strength = _STRENGTH[evidence.strength]
    if evidence.kind is EvidenceKind.WARNING:
        return f"*{strength}*: a recognition request with it returned IBM's warning (seen {day(evidence.on)})"
    if evidence.kind is EvidenceKind.CANARY:
        return (
            f"*{strength}*: a new model on this base was given {version(evidence.version, base)} "
            f"(seen {day(evidence.on)})"
        )
    if evidence.kind is EvidenceKind.SIBLING:
        where = "the same instance" if evidence.strength is Strength.PROOF else "another instance"
        return (
            f"*{strength}*: {code(evidence.source)} in {where} is on "
            f"{version(evidence.version, base)} (seen {day(evidence.on)})"
        )
    return f"*{strength}*: {_PAGES.sub(_page, escape(evidence.source))}: an upgrade is required"


_PAGES = re.compile(r"^(release-notes(?:-data)?)\.md")


def _page(found: re.Match[str]) -> str:
    """The page of IBM's documentation, by the name that people know."""
    return {"release-notes": "IBM Cloud release notes", "release-notes-data": "Cloud Pak for Data release notes"}[
        found[1]
    ]


def why(judgement: Judgement) -> list[str]:
    """Every reason for a verdict, one line each; for verdicts without evidence, what they rest on."""
    model = judgement.model
    if judgement.evidence:
        return [evidence_line(item, model.base) for item in judgement.evidence]
    if judgement.verdict is Verdict.RETIRED:
        since = f" since {day(judgement.discontinued)}" if judgement.discontinued else ""
        return [f"its instance does not serve {code(model.base)} any more (discontinued{since})"]
    if judgement.verdict is Verdict.RECREATE:
        return ["IBM says that models of this version cannot be upgraded and must be created again"]
    if judgement.verdict is Verdict.CURRENT:
        return ["nothing known is newer: no other model on this base, and no release note"]
    if judgement.verdict is Verdict.EMPTY:
        return ["it holds no valid data yet, and a model without data needs no upgrade"]
    if judgement.verdict is Verdict.UNKNOWN and model.versions is None:
        return ["the service did not say which versions this model has"]
    if judgement.verdict is Verdict.UNKNOWN:
        return ["no other model on this base, and no release note known for it"]
    return []


def risk_text(judgement: Judgement) -> str:
    """What callers of the model meet, today and later."""
    if judgement.risk is Risk.RETIRED:
        return "Requests with it can fail or lose the customization at any time; an upgrade cannot help."
    if judgement.risk is Risk.REFUSED:
        return "IBM says that recognition with models of this version fails (HTTP 400) until they are created again."
    if judgement.risk is Risk.IGNORED:
        return (
            ":rotating_light: *The customization is ignored already.* Requests succeed, but the old version is gone "
            "and the service answers with the plain base model. Upgrade now."
        )
    if judgement.risk is Risk.WARNED:
        return (
            "Recognition with it returns a warning today. The old version is supported for a limited time only; when "
            "it goes, requests still succeed but *the customization is silently ignored*."
        )
    if judgement.risk is Risk.EXPECTED:
        return (
            "Recognition with it is expected to return a warning. The old version is supported for a limited time "
            "only; when it goes, requests still succeed but *the customization is silently ignored*."
        )
    if judgement.risk is Risk.PAIR:
        return "None alone; see below."
    return "None known."


def level_text(judgement: Judgement) -> str:
    """The level of risk with the rule that it follows from."""
    seen = next((item.on for item in judgement.evidence if item.kind is EvidenceKind.WARNING), None)
    when = f"seen in a recognition response on {day(seen)}" if seen else "seen in a recognition response"
    match judgement.risk:
        case Risk.IGNORED:
            return f"*customization ignored* ({when})"
        case Risk.WARNED:
            return f"*returns warnings* ({when})"
        case Risk.EXPECTED:
            return "*warning expected* (outdated; no response with a warning was seen yet)"
        case Risk.PAIR:
            partner = judgement.partner
            other = f"{code(partner.name)} is on {version(partner.newest, partner.base)}" if partner else "another one"
            return f"*pair on the older base* (used together, {other})"
        case Risk.RETIRED:
            since = f", discontinued {day(judgement.discontinued)}" if judgement.discontinued else ""
            return f"*retired base* (its instance does not serve it any more{since})"
        case Risk.REFUSED:
            return "*requests fail* (IBM says that models of this version must be created again)"
        case Risk.NONE:
            return "*none known*"


def pair_text(judgement: Judgement) -> str:
    """What requests meet that use both models of a pair on different versions."""
    if judgement.partner is None:
        return ""
    return (
        f":link: Used together with {code(judgement.partner.name)}, which is on "
        f"{version(judgement.partner.newest, judgement.partner.base)}: recognition with both silently uses the older "
        "version, because that is what they share. Upgrade the other one too."
    )


def waiting_since(judgement: Judgement, today: date) -> str:
    """Since when a newer base model is known to exist."""
    if judgement.since is None:
        return ""
    return f"since {day(judgement.since)} ({(today - judgement.since).days:,} days)"
