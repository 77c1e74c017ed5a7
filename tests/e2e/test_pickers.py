"""Choosing instead of typing, in a real browser, over Socket Mode and over HTTP."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import both_ways
from tests.e2e.page import become, browser_only, wait_for_the_fleet, write


@both_ways
@browser_only
@pytest.mark.browser
@pytest.mark.timeout(120)
def test_choosing_instead_of_typing(page: Page):
    """The first screen, the menu that is searched while one types, a suggestion for a typo, the owner's group."""
    start = page.get_by_test_id("start")
    expect(start.get_by_text("Try this first")).to_be_visible()
    start.get_by_role("button", name="Be Grace Lindqvist").click()
    expect(page.locator("[data-person=U0GRACE]")).to_have_attribute("aria-pressed", "true")
    become(page, "U0ADA")
    wait_for_the_fleet(page)

    page.get_by_test_id("start").get_by_role("button", name="/stt-upgrade").click()
    composer = page.get_by_test_id("composer")
    expect(composer).to_have_value("/stt-upgrade")
    composer.press("Escape")
    composer.press("Enter")
    modal = page.get_by_test_id("modal")
    field = modal.get_by_role("combobox")
    field.click()
    expect(modal.get_by_role("option").first).to_be_visible(timeout=10_000)
    field.fill("cal centr")
    expect(modal.get_by_role("option")).to_have_count(1, timeout=10_000)
    field.press("Enter")
    expect(field).to_have_value("call-center-us")
    page.get_by_test_id("modal-submit").click()
    expect(modal.get_by_text("cannot be undone")).to_be_visible(timeout=10_000)
    page.get_by_test_id("modal-close").click()

    write(page, "/stt-models outdatd")
    page.locator("#main").get_by_role("button", name="Filter by outdated instead").click()
    expect(page.locator("#main").get_by_text("match “outdated”")).to_be_visible(timeout=10_000)

    write(page, "/stt-model call-centre-us")
    page.locator("#main").get_by_role("button", name="Show call-center-us").last.click()
    page.locator("[data-action-id=owner]").last.click(timeout=10_000)
    modal.locator("[data-block-id=group]").select_option("S0APPROVE")
    page.get_by_test_id("modal-submit").click()
    expect(modal.get_by_text("Owner:")).to_be_visible(timeout=10_000)
