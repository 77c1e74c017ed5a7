"""The README's table of rights is what the rule says: each act, played by each kind of person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.domain.authority import Act, Authority, Person, Scope
from bot.domain.policies import Policy

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")

ONE = Policy(("UAPPROVER",), 1, False, 86400.0)
RULE = Authority("T1", {"test": ONE, "prod": replace(ONE, approvers=("UAPPROVER", "UOTHER"))})

MEMBER = Person("UMEMBER", "Mei", "T1")
PEOPLE = {
    "member": MEMBER,
    "asked for it, or began it": replace(MEMBER, id="UREQUESTER"),
    "approver of each instance it touches": replace(MEMBER, id="UAPPROVER"),
    "approver of another": replace(MEMBER, id="UOTHER"),
    "guest": replace(MEMBER, is_guest=True),
}

ACTS = {
    "read lists, models, requests, App Home": (Act.READ,),
    "request an upgrade or a training, set an owner or what a model was trained with": (Act.REQUEST, Act.OWN, Act.LINK),
    "check for a warning, snooze or hold one model": (Act.PROBE, Act.SNOOZE, Act.HOLD),
    "preview or send an announcement, get the chart, export": (Act.PREVIEW, Act.ANNOUNCE, Act.CHART, Act.EXPORT),
    "approve, resume, try again, send again": (Act.APPROVE, Act.RESUME, Act.RETRY, Act.SEND_AGAIN),
    "reject": (Act.REJECT,),
    "withdraw": (Act.WITHDRAW,),
    "take an approval back": (Act.TAKE_BACK,),
    "stop a request, drop the rest, stop watching, mark as failed": (
        Act.CANCEL,
        Act.DROP,
        Act.STOP,
        Act.MARK_AS_FAILED,
    ),
    "say that what an instance suddenly lists is right": (Act.ACCEPT,),
    "add a word that a request waits for (the owner of the model too)": (Act.ADD_WORD,),
    "freeze, end a freeze, snooze a base model or an instance": (Act.FREEZE, Act.UNFREEZE, Act.SNOOZE_ALL),
    "end a snooze or hold": (Act.END,),
    "change when and where announcements go": (Act.CHANGE,),
}


def said(act: Act, who: Person) -> str:
    """Yes, no, or under which condition."""
    touched = Scope(("test",), "UREQUESTER", ("UAPPROVER",), "UREQUESTER")
    if act is Act.CHANGE:
        touched = RULE.everywhere
    if RULE.may(who, act, touched).allowed:
        return "yes, their own" if act is Act.TAKE_BACK else "yes"
    return "with `RETUNE_GUESTS=read`" if replace(RULE, guests_read=True).may(who, act, touched).allowed else "–"


def table() -> str:
    """As Markdown."""
    lines = [f"| | {' | '.join(PEOPLE)} |", "|---" * (len(PEOPLE) + 1) + "|"]
    for label, acts in ACTS.items():
        answers = {tuple(said(act, who) for who in PEOPLE.values()) for act in acts}
        assert len(answers) == 1, f"{label}: not the same for {acts}"
        lines.append(f"| {label} | {' | '.join(answers.pop())} |")
    return "\n".join(lines)


def test_every_act_is_in_the_table():
    """Each once."""
    assert sorted(act for acts in ACTS.values() for act in acts) == sorted(Act)


def test_the_readme_says_what_the_rule_says():
    """Word for word; the table to put there is the assertion's."""
    assert table() in README
