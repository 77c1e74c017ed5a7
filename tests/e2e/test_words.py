"""A change by hand in a real browser: asked for by name, found in App Home, and done with *Add a word…*."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page import become, browser_only, press, wait_for_the_fleet, write


@browser_only
@pytest.mark.browser
@pytest.mark.timeout(150)
def test_add_a_word(page: Page):
    """The requester is asked in thread, card and App Home; the word goes in, the model is trained, nothing is left."""
    wait_for_the_fleet(page)
    main, modal, home = page.locator("#main"), page.get_by_test_id("modal"), page.get_by_test_id("home")
    write(page, "/stt-upgrade branch-office-us")
    expect(page.get_by_test_id("modal-submit")).to_be_visible(timeout=15_000)
    page.get_by_test_id("modal-submit").click()
    expect(page.locator("[data-action-id=approve]")).to_be_visible(timeout=15_000)
    become(page, "U0GRACE")
    press(page, "approve")

    become(page, "U0ADA")
    expect(main.get_by_text("add or change a word, corpus or grammar").first).to_contain_text("Ada", timeout=20_000)
    page.locator("[data-open-thread]").first.click()
    thread = page.get_by_test_id("thread")
    expect(thread.get_by_text("Then it is trained").first).to_contain_text("Ada")
    expect(thread.get_by_text("curl -X PUT")).to_contain_text("/words/WORD")
    expect(thread.get_by_text("curl -X PUT")).to_contain_text("Bearer $TOKEN")

    page.get_by_text("Home", exact=True).first.click()
    expect(home.get_by_text("waits for a change by you")).to_be_visible(timeout=10_000)
    home.get_by_text("Add a word…").click()
    modal.get_by_label("Word").fill("New York")
    page.get_by_test_id("modal-submit").click()
    expect(modal.get_by_text("A word has no spaces")).to_be_visible(timeout=10_000)
    modal.get_by_label("Word").fill("HELOC-2")
    modal.get_by_label("Sounds like").fill("he lock two")
    page.get_by_test_id("modal-submit").click()
    expect(modal.get_by_text("Added")).to_be_visible(timeout=10_000)
    page.keyboard.press("Escape")
    expect(home.get_by_text("waits for a change by you")).to_have_count(0, timeout=20_000)

    page.get_by_text("speech-models").first.click()
    expect(main.get_by_text("Upgrade done").first).to_be_visible(timeout=60_000)
    page.locator("[data-open-thread]").first.click()
    expect(thread.get_by_text("added by Ada").first).to_contain_text("HELOC-2")
    expect(thread.get_by_text("Add a word…")).to_have_count(0)
