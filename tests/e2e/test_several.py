"""A request for several models, and a freeze, in a real browser, as the sandbox's people would do them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page import become, browser_only, wait_for_the_fleet, write


@browser_only
@pytest.mark.browser
@pytest.mark.timeout(150)
def test_several_models_in_the_browser(page: Page):
    """All outdated models of one instance in one form, one card, one decision; the first proof, then the others."""
    wait_for_the_fleet(page)
    write(page, "/stt-upgrade outdated speech-to-text language")
    modal = page.get_by_test_id("modal")
    expect(modal.get_by_text("cannot be undone")).to_be_visible(timeout=15_000)
    marks = modal.get_by_role("checkbox")
    expect(marks.first).to_be_checked()
    count = marks.count()
    assert count >= 4
    marks.last.uncheck()
    modal.get_by_label("Reason").fill("New base model")
    page.get_by_test_id("modal-submit").click()
    approve = page.locator("[data-action-id=approve]")
    expect(approve).to_be_visible(timeout=15_000)
    expect(page.locator("#main").get_by_text(f"Approval needed: upgrade of {count - 1} models")).to_be_visible()

    approve.click()
    expect(page.get_by_role("alertdialog").get_by_text("Changed for good")).to_contain_text("call-center-us")
    page.get_by_test_id("confirm-accept").click()
    expect(page.locator("#main").get_by_text("You asked for this yourself")).to_be_visible()
    become(page, "U0MEI")
    approve.click()
    page.get_by_test_id("confirm-accept").click()
    expect(page.locator("#main").get_by_text("can approve upgrades on")).to_be_visible()

    become(page, "U0TOMAS")
    approve.click()
    page.get_by_test_id("confirm-accept").click()
    expect(approve).to_have_count(0, timeout=10_000)
    page.locator("[data-open-thread]").first.click(timeout=40_000)
    thread = page.get_by_test_id("thread")
    expect(thread.get_by_text("The first is")).to_be_visible(timeout=40_000)
    all_of_them = f"{count - 1} of {count - 1} models upgraded"
    expect(page.locator("#main").get_by_text(f"Finished: {all_of_them}")).to_be_visible(timeout=90_000)
    expect(thread.get_by_text(f"done: {all_of_them}")).to_be_visible(timeout=20_000)

    write(page, "/stt-upgrade outdated kiosk-booth")
    asked = modal.get_by_label("What kiosk-booth was trained with")
    expect(asked).to_be_visible(timeout=15_000)
    expect(marks.first).not_to_be_checked()
    expect(modal.get_by_text("A guess from the description: kiosk-terms")).to_be_visible()
    marks.first.check()
    page.get_by_test_id("modal-submit").click()
    expect(modal.get_by_text("Choose what kiosk-booth was trained with, or None.")).to_be_visible()
    guess = asked.locator("option", has_text="kiosk-terms").get_attribute("value")
    asked.select_option(guess)
    page.get_by_test_id("modal-submit").click()
    expect(modal.get_by_text("Requested:")).to_be_visible(timeout=15_000)
    page.keyboard.press("Escape")
    expect(page.locator("#main").get_by_text("kiosk-booth").first).to_be_visible()


@browser_only
@pytest.mark.browser
@pytest.mark.timeout(150)
def test_a_freeze_in_the_browser(page: Page):
    """Grace freezes everything; an approved upgrade waits and its card says why; she ends it and it starts."""
    become(page, "U0MEI")
    write(page, "/stt-upgrade freeze")
    page.locator("[data-action-id=freeze]").click()
    expect(page.get_by_test_id("modal").get_by_text("Only approvers can freeze upgrades")).to_be_visible(timeout=10_000)
    page.keyboard.press("Escape")

    become(page, "U0GRACE")
    write(page, "/stt-upgrade freeze")
    page.locator("[data-action-id=freeze]").click()
    modal = page.get_by_test_id("modal")
    modal.get_by_label("Reason").fill("audit week")
    page.get_by_test_id("modal-submit").click()
    expect(page.locator("#main").get_by_text("audit week").first).to_be_visible(timeout=10_000)

    become(page, "U0ADA")
    write(page, "/stt-upgrade call-center-us")
    expect(modal.get_by_text("audit week")).to_be_visible(timeout=15_000)
    page.get_by_test_id("modal-submit").click()
    approve = page.locator("[data-action-id=approve]")
    expect(approve).to_be_visible(timeout=15_000)
    become(page, "U0TOMAS")
    approve.click()
    page.get_by_test_id("confirm-accept").click()
    expect(approve).to_have_count(0, timeout=10_000)
    expect(page.locator("#main").get_by_text("All instances are frozen").first).to_be_visible()
    expect(page.locator("#main").get_by_text("Upgrade approved")).to_be_visible()

    write(page, "/stt-upgrade freeze")
    page.locator("[data-action-id=unfreeze]").last.click()
    page.get_by_test_id("confirm-accept").click()
    expect(page.locator("#main").get_by_text("Upgrade done")).to_be_visible(timeout=60_000)

    page.locator("[data-action-id=details]").first.click()
    expect(modal.get_by_text("Risk of doing it")).to_be_visible(timeout=10_000)
    expect(modal.get_by_text("approved today")).to_be_visible()
