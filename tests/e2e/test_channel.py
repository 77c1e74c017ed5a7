"""What the channel and people get without and with asking, in a real browser: announcement, living card, files."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import both_ways
from tests.e2e.page import become, browser_only, wait_for_the_fleet, write


@both_ways
@browser_only
@pytest.mark.browser
@pytest.mark.timeout(120)
def test_announcements_and_files(page: Page):
    """An announcement with its thread, the pinned card, a change of the timetable by an approver, chart and export."""
    main = page.locator("#main")
    wait_for_the_fleet(page)
    write(page, "/stt-announce now")
    expect(main.get_by_text("models are outdated").first).to_be_visible(timeout=20_000)
    expect(main.get_by_text("Risk:").first).to_be_visible()
    page.locator("[data-action-id=snooze-listed]").last.click(timeout=15_000)
    expect(page.get_by_test_id("modal").get_by_text("Announcements leave it out")).to_be_visible(timeout=10_000)
    page.keyboard.press("Escape")
    page.locator("[data-action-id=upgrade-all]").last.click()
    expect(page.get_by_test_id("modal").get_by_text("can be upgraded").first).to_be_visible(timeout=15_000)
    page.keyboard.press("Escape")
    write(page, "/stt-announce now")
    expect(main.get_by_text("Another one can go").first).to_be_visible(timeout=10_000)
    page.locator("[data-open-thread]").first.click(timeout=15_000)
    expect(page.get_by_test_id("thread").get_by_text("kiosk").first).to_be_attached()
    page.keyboard.press("Escape")

    write(page, "/stt-announce at 30 7 * * mon Europe/Berlin")
    expect(main.get_by_text("approve", exact=False).last).to_be_visible(timeout=10_000)
    become(page, "U0GRACE")
    write(page, "/stt-announce at 30 7 * * mon Europe/Berlin")
    expect(main.get_by_text("Mondays at 07:30 Europe/Berlin").last).to_be_visible(timeout=10_000)

    write(page, "/stt-announce chart")
    expect(main.get_by_text("in our direct messages").last).to_be_visible(timeout=40_000)
    page.locator("[data-channel]", has_text="Messages").click()
    expect(page.locator("#main img[alt*='outdated']").first).to_be_visible(timeout=10_000)
