"""Lists as tables in a real browser: sorted by a title, turned by keys, opened from the menu; and without tables."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox.slack.web_api import BOT_TOKEN
from tests.e2e.page import browser_only, wait_for_the_fleet, write


def column(table: Locator, number: int) -> list[str]:
    """What the cells below a title say, from above."""
    return table.locator(f"tbody tr > :nth-child({number})").all_inner_texts()


def words(text: str) -> dict[str, Any]:
    return {"type": "raw_text", "text": text}


def figure(value: int) -> dict[str, Any]:
    return {"type": "raw_number", "value": value, "text": f"{value:,}"}


@browser_only
@pytest.mark.browser
@pytest.mark.timeout(120)
def test_models(page: Page):
    """A click on a title sorts, another one turns the order; the menu opens a model; pages follow one another."""
    wait_for_the_fleet(page)
    write(page, "/stt-models")
    table = page.get_by_role("region", name="28 custom models, page 1 of 2")
    expect(table).to_be_visible(timeout=10_000)
    named = table.get_by_role("columnheader", name="Model")
    named.get_by_role("button").click()
    expect(named).to_have_attribute("aria-sort", "ascending")
    names = column(table, 1)
    assert names == sorted(names)
    assert len(names) == 15
    named.get_by_role("button").press("Enter")
    expect(named).to_have_attribute("aria-sort", "descending")
    assert column(table, 1) == names[::-1]
    expect(table.get_by_role("rowheader", name="call-center-us")).to_be_visible()
    page.get_by_role("combobox", name="Open a model…").last.select_option(label=label_of(page, "call-center-us"))
    expect(page.get_by_text("Versions, oldest first").last).to_be_visible(timeout=15_000)
    page.locator("[data-action-id='page:next']").first.click()
    expect(page.get_by_role("region", name="28 custom models, page 2 of 2")).to_be_visible(timeout=10_000)


def label_of(page: Page, name: str) -> str:
    """How the menu calls a model: with its instance, where there are several."""
    options = page.get_by_role("combobox", name="Open a model…").last.locator("option").all_inner_texts()
    return next(option for option in options if option.startswith(f"{name} ("))


@browser_only
@pytest.mark.browser
@pytest.mark.timeout(120)
def test_what_slack_shows_of_a_table(page: Page, address: str):
    """Pages of as many rows as the app says, numbers sorted by value and set to the right, all of it by keys."""
    rows = [[words(name), figure(value)] for name, value in (("b", 1000), ("c", 20), ("a", 3))]
    block = {"type": "data_table", "caption": "Hours", "page_size": 2, "row_header_column_index": 0}
    body = {
        "channel": "C0SPEECH",
        "text": "x",
        "blocks": [block | {"rows": [[words("Who"), words("Hours")], *rows]}],
    }
    sent = page.request.post(
        f"{address.rstrip('/')}/api/chat.postMessage", data=body, headers={"Authorization": f"Bearer {BOT_TOKEN}"}
    )
    assert sent.json()["ok"], sent.text()
    table = page.get_by_role("region", name="Hours")
    expect(table.locator("caption")).to_have_text("Hours")
    assert column(table, 2) == ["1,000", "20"]
    expect(page.get_by_text("1–2 of 3")).to_be_visible()
    page.get_by_role("button", name="Next rows").press("Enter")
    expect(page.get_by_text("3–3 of 3")).to_be_visible()
    assert column(table, 1) == ["a"]
    expect(page.get_by_role("button", name="Next rows")).to_be_disabled()
    table.get_by_role("button", name="Hours").press("Enter")
    assert column(table, 2) == ["3", "20"]
    expect(table.locator("td").first).to_have_css("text-align", "right")


@browser_only
@pytest.mark.browser
@pytest.mark.timeout(120)
def test_where_there_are_no_tables(page: Page):
    """The same in lines, from the first list on; nothing fails."""
    page.get_by_role("button", name="Make trouble").click()
    page.locator("[data-switch=slack-no-tables]").check()
    page.get_by_role("button", name="Close").click()
    wait_for_the_fleet(page)
    for times in (1, 2):
        write(page, "/stt-models outdated")
        expect(page.get_by_role("combobox", name="Open a model…")).to_have_count(times, timeout=10_000)
    expect(page.locator("#main .section", has_text="call-center-us").last).to_contain_text("v2020-01-16")
    expect(page.locator("#main table")).to_have_count(0)
    expect(page.get_by_text("failed with the error")).to_have_count(0)
