"""What is written of a message in Slack while nobody knows what it shows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store.messages import Messages, Posted
from tests.fakes import NOW
from tests.world import CHANNEL, World


def posted(world: World) -> tuple[Messages, Posted]:
    """A message that is there."""
    messages = world.store.messages
    messages.intend("k", CHANNEL, None, "first", NOW)
    messages.sent("k", "1.1", "first", NOW)
    found = messages.get("k")
    assert found is not None
    return messages, found


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_edits_at_once(world: World, order: tuple[int, int]):
    """Neither makes it certain what Slack shows, in whatever order their answers come."""
    messages, known = posted(world)
    begun = [messages.begin_edit(known, NOW + timedelta(seconds=second)) for second in range(2)]
    for number in order:
        edit = begun[number]
        assert edit is not None
        assert not messages.edited(edit, f"edit {number}", NOW, edit.doubt_at)
        now = messages.get("k")
        assert now is not None
        assert now.doubt_at is not None


def test_an_edit_that_was_refused(world: World):
    """What is known is as before, and it is the same whoever asks."""
    messages, known = posted(world)
    begun = messages.begin_edit(known, NOW)
    assert begun is not None
    assert messages.doubtful("k", NOW) == ("k",)
    messages.not_edited(begun)
    assert messages.doubtful("k", NOW) == ()
    now = messages.get("k")
    assert now is not None
    assert (now.digest, now.doubt_at, now.edited) == ("first", None, False)


def test_a_message_that_went_meanwhile(world: World):
    """Somebody else posts it again: no edit of the one that is gone is begun, and only one posts."""
    messages, known = posted(world)
    assert messages.intend_again(known, None, "again", NOW + timedelta(seconds=5))
    assert not messages.intend_again(known, None, "again", NOW + timedelta(seconds=5))
    assert messages.begin_edit(known, NOW) is None
    now = messages.get("k")
    assert now is not None
    assert (now.ts, now.continued, now.twin_at) == (None, True, None)
    messages.forget("k", NOW + timedelta(seconds=5))
    assert messages.get("k") is not None


def test_a_post_that_was_lost(world: World):
    """It is posted again by one only; the first may still arrive, until somebody has looked."""
    messages = world.store.messages
    messages.intend("k", CHANNEL, None, "first", NOW)
    lost = messages.get("k")
    assert lost is not None
    later = NOW + timedelta(seconds=20)
    assert messages.intend_again(lost, None, "first", later)
    assert not messages.intend_again(lost, None, "first", later)
    messages.forget("k", later)
    messages.sent("k", "1.2", "first", later)
    assert [one.twin_at for one in messages.twins(later)] == [NOW]
    assert messages.twins(NOW) == ()
    now = messages.get("k")
    assert now is not None
    assert not now.continued
    messages.alone(now)
    assert messages.twins(later) == ()
