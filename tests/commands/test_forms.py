"""Forms: what is read of a payload, and the one place that tells Slack what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InputsRefused, Refusal, StoreUnavailable
from commands import door, surface
from commands.desk import Desk
from commands.forms import Form, Submission
from tests.commands.conftest import Slack

PICKED = {
    "id": "V1",
    "callback_id": "c",
    "private_metadata": "m",
    "state": {
        "values": {
            "why": {"v": {"type": "plain_text_input", "value": "  names \n"}},
            "menu": {"v": {"type": "static_select", "selected_option": {"value": "all"}}},
            "radio": {"v": {"type": "radio_buttons", "selected_option": {"value": "one"}}},
            "who": {"v": {"type": "users_select", "selected_user": "UADA"}},
            "models:0": {"v": {"type": "checkboxes", "selected_options": [{"value": "a"}, {"value": "b"}]}},
            "models:10": {"v": {"type": "checkboxes", "selected_options": [{"value": "c"}]}},
            "other": {"v": {"type": "checkboxes", "selected_options": [{"value": "d"}]}},
            "day": {"v": {"type": "datepicker", "selected_date": "2026-12-03"}},
            "at": {"v": {"type": "datetimepicker", "selected_date_time": 1795557600}},
            "empty": {"v": {"type": "static_select", "selected_option": None}},
        }
    },
}


def test_what_was_put_in():
    """Each kind of input, by the id of its block."""
    form = Form.sent("UADA", PICKED)
    assert (form.id, form.callback, form.metadata, form.user) == ("V1", "c", "m", "UADA")
    assert form.text("why") == "names"
    assert [form.chosen(block) for block in ("menu", "radio", "who", "empty")] == ["all", "one", "UADA", None]
    assert tuple(form.marked("models:")) == ("a", "b", "c")
    assert form.day("day") == date(2026, 12, 3)
    assert form.moment("at") == datetime.fromtimestamp(1795557600, UTC)


VALUE: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just([]) | st.just({})
)
STATE = VALUE | st.dictionaries(
    st.sampled_from(
        ["value", "selected_option", "selected_options", "selected_date", "selected_date_time", "selected_user"]
    ),
    VALUE | st.lists(VALUE) | st.fixed_dictionaries({"value": VALUE}) | st.just(10**20) | st.just("2026-13-40"),
)


@given(VALUE, VALUE | st.fixed_dictionaries({"b": VALUE}), STATE)
def test_an_odd_payload_is_an_empty_form(view: Any, values: Any, state: Any):
    """Whatever Slack sends: nothing raises, and what cannot be read was not put in."""
    for shape in (view, {"state": view}, {"state": {"values": values}}, {"state": {"values": {"b": {"v": state}}}}):
        form = Form.sent("UADA", shape)
        assert isinstance(form.text("b"), str)
        assert form.chosen("b") is None or isinstance(form.chosen("b"), str)
        assert all(isinstance(value, str) for value in form.marked("b"))
        assert form.day("b") is None or isinstance(form.day("b"), date)
        assert form.moment("b") is None or isinstance(form.moment("b"), datetime)


@pytest.mark.parametrize("picked", [10**20, float("inf"), "soon", "2026-13-40", [1], {"a": 1}])
def test_a_moment_that_cannot_be(picked: Any):
    """Out of every calendar, or none: like one that was not picked."""
    state = {"selected_date_time": picked, "selected_date": picked}
    form = Form.sent("UADA", {"state": {"values": {"at": {"v": state}}}})
    assert (form.moment("at"), form.day("at")) == (None, None)


async def sent(slack: Slack, monkeypatch: pytest.MonkeyPatch, outcome: Any) -> Any:
    """Submits a form whose handler gives or raises *outcome*, or never ends where that is None."""

    async def handler(form: Form, desk: Desk) -> Mapping[str, Any] | None:
        if outcome is None:
            await asyncio.Event().wait()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome or None

    kinds = {"test": Submission(handler, at="why", again="Press Ask again in a moment.")}
    monkeypatch.setattr(surface, "SUBMISSIONS", kinds)
    monkeypatch.setattr(door, "QUICK", 0.01)
    return await slack.submit({"callback_id": "test", "private_metadata": ""}, {})


@pytest.mark.parametrize(
    ("outcome", "errors"),
    [
        (None, {"why": "Slack does not answer just now. Press Ask again in a moment."}),
        (Refusal("No."), {"why": "No."}),
        (InputsRefused({"date": "Too early.", "scope": "x" * 200}), {"date": "Too early.", "scope": "x" * 150}),
        (
            StoreUnavailable("locked"),
            {"why": "The database does not answer; nothing was changed. Try again in a moment."},
        ),
    ],
)
async def test_what_went_wrong_is_said_at_an_input(
    slack: Slack, monkeypatch: pytest.MonkeyPatch, outcome: Any, errors: dict[str, str]
):
    """The form stays open with what was put in."""
    assert await sent(slack, monkeypatch, outcome) == {"response_action": "errors", "errors": errors}


async def test_what_a_form_becomes(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """It closes, or shows what the handler gives."""
    assert await sent(slack, monkeypatch, {}) is None
    assert await sent(slack, monkeypatch, {"type": "modal"}) == {
        "response_action": "update",
        "view": {"type": "modal"},
    }


async def test_a_bug_in_a_form(slack: Slack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    """The person gets a reference, the log the reason."""
    answer = await sent(slack, monkeypatch, ZeroDivisionError("oh"))
    assert answer["view"]["title"]["text"] == "Something broke"
    assert "reference" in str(answer["view"]["blocks"])
    assert "ZeroDivisionError" in caplog.text


async def test_a_form_of_another_time(slack: Slack):
    """One that no handler knows any more just closes."""
    assert await slack.submit({"callback_id": "long-gone", "private_metadata": ""}, {}) is None
