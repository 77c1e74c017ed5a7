"""*Make trouble* on the page, in a real browser: the bot is killed, and Slack is down for a while."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page import browser_only, wait_for_the_fleet, write


@browser_only
@pytest.mark.browser
@pytest.mark.timeout(120)
def test_make_trouble(page: Page):
    """The switches stand in groups, by keyboard too; the bot is gone and comes back by itself."""
    wait_for_the_fleet(page)
    page.get_by_test_id("trouble").click()
    troubles = page.get_by_test_id("troubles")
    for group in ("Slack", "Speech to Text", "The bot and its database"):
        expect(troubles.get_by_role("heading", name=group, exact=True)).to_be_visible()
    down = troubles.locator("[data-switch=speech-down]")
    down.check()
    page.keyboard.press("Escape")
    expect(troubles).to_have_count(0)
    page.get_by_test_id("trouble").click()
    expect(down).to_be_checked()
    down.uncheck()
    troubles.locator("[data-switch=bot-kill]").click()
    expect(page.get_by_test_id("connection")).to_have_text("bot not connected", timeout=15_000)
    expect(page.get_by_test_id("connection")).to_have_text("bot connected", timeout=30_000)
    page.keyboard.press("Escape")
    write(page, "/stt-models call-center")
    expect(page.locator("#main").get_by_text("call-center-us").first).to_be_visible(timeout=25_000)
