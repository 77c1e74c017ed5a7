"""What people type, as it reaches an app."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack.seed import populate
from sandbox.slack.server import SlackServer
from sandbox.slack.typed_text import Typing
from sandbox.slack.workspace import Workspace

from .bot_side import ADA, BOT, MEI, SPEECH, Bot


@pytest.fixture
def typing() -> Typing:
    """Ada's keyboard."""
    workspace = Workspace()
    populate(workspace, "retune")
    return Typing(workspace, ADA)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("R&D <calls> &amp;", "R&amp;D &lt;calls&gt; &amp;amp;"),
        ("acme.com-support", "<http://acme.com|acme.com>-support"),
        ("see acme.com/a?b=c&d, then", "see <http://acme.com/a?b=c&amp;d|acme.com/a?b=c&amp;d>, then"),
        ("(https://acme.com/x).", "(<https://acme.com/x>)."),
        ("https://acme.com/?a=1&b=2", "<https://acme.com/?a=1&amp;b=2>"),
        ("ada@acme.com", "<mailto:ada@acme.com|ada@acme.com>"),
        ("en-US_BroadbandModel.v2020-01-16", "en-US_BroadbandModel.v2020-01-16"),
        ("notes.txt v1.2.3 and e.g. this", "notes.txt v1.2.3 and e.g. this"),
        ("acme.company", "acme.company"),
        ("`acme.com & <b>`", "`acme.com &amp; &lt;b&gt;`"),
        ("*models* _outdated_", "*models* _outdated_"),
        (f"<@{BOT}> models", f"<@{BOT}> models"),
        ("@grace in #general", "<@U0GRACE> in <#C0GENERAL|general>"),
        ("#speech-leads", "<#C0PRIVATE|>"),
        ("#nowhere @nobody a@b a#general", "#nowhere @nobody a@b a#general"),
        ("@speech-approvers @here", "<!subteam^S0APPROVE> <!here>"),
        ('"call-center"', '"call-center"'),
    ],
)
def test_a_message(typing: Typing, typed: str, sent: str):
    """Entities, links and mentions, and nothing inside backticks."""
    assert typing.message(typed) == sent


@pytest.mark.parametrize(
    ("typed", "escape", "sent"),
    [
        ("R&D <calls>", True, "R&amp;D &lt;calls&gt;"),
        ("R&D <calls>", False, "R&amp;D &lt;calls&gt;"),
        ("@grace #general #speech-leads", True, "<@U0GRACE|grace> <#C0GENERAL|general> <#C0PRIVATE|>"),
        ("@grace #general acme.com", False, "@grace #general acme.com"),
        ("https://acme.com @here", True, "<https://acme.com> @here"),
        ("https://acme.com", False, "https://acme.com"),
        (" two  spaces ", True, " two  spaces "),
    ],
)
def test_a_command(typing: Typing, typed: str, escape: bool, sent: str):
    """`should_escape` decides about names and links; entities come either way."""
    assert typing.command(typed, escape=escape) == sent


def test_a_private_channel_of_others(typing: Typing):
    """Is a word like any other to who is not in it."""
    assert Typing(typing.workspace, MEI).command("#speech-leads", escape=True) == "#speech-leads"


def test_on_a_phone(typing: Typing):
    """Quotes become curly and dashes long, but not in backticks and links."""
    typing.workspace.curly = True
    assert typing.message('"call-center" isn\'t -- \'x\' `"y"`') == '“call-center” isn’t — ‘x’ `"y"`'
    assert (
        typing.command('"call-center"', escape=True) == typing.command('"call-center"', escape=False) == "“call-center”"
    )


@given(st.text(st.sampled_from("ab@#<>&|`.:/ \"'-\n") | st.characters(), max_size=60))
def test_markup_is_always_whole(text: str):
    """Whatever is typed: no bare bracket is left, and an ampersand begins an entity."""
    workspace = Workspace()
    populate(workspace, "retune")
    for sent in (Typing(workspace, ADA).message(text), Typing(workspace, ADA).command(text, escape=True)):
        assert sent.count("<") == sent.count(">")
        rest = sent.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
        assert "&" not in rest


async def test_what_the_event_says(slack: SlackServer, bot: Bot):
    """The text has the markup, and the block the same as rich text."""
    await slack.send(ADA, SPEECH, f"<@{BOT}> model acme.com & `x` for @grace in #general")
    event = (await bot.hears())["event"]
    assert event["text"] == (
        f"<@{BOT}> model <http://acme.com|acme.com> &amp; `x` for <@U0GRACE> in <#C0GENERAL|general>"
    )
    assert event["blocks"][0]["elements"][0]["elements"] == [
        {"type": "user", "user_id": BOT},
        {"type": "text", "text": " model "},
        {"type": "link", "url": "http://acme.com", "text": "acme.com"},
        {"type": "text", "text": " & "},
        {"type": "text", "text": "x", "style": {"code": True}},
        {"type": "text", "text": " for "},
        {"type": "user", "user_id": "U0GRACE"},
        {"type": "text", "text": " in "},
        {"type": "channel", "channel_id": "C0GENERAL"},
    ]
