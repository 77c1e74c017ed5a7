"""One model in a real browser: hold it, give it an owner, ask for a later time, take an approval back, withdraw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.page import become, browser_only, wait_for_the_fleet, write


@browser_only
@pytest.mark.browser
@pytest.mark.timeout(120)
def test_snooze_hold_and_owner(page: Page):
    """A hold needs a day and a reason, says its risk and is shown on the model; an owner is shown there too."""
    wait_for_the_fleet(page)
    main, modal = page.locator("#main"), page.get_by_test_id("modal")
    write(page, "/stt-model call-center-us")
    expect(main.get_by_text("Steps:")).to_be_visible(timeout=15_000)
    page.locator("[data-action-id=hold]").first.click()
    expect(modal.get_by_text("on purpose")).to_be_visible(timeout=10_000)
    expect(modal.get_by_text("silently ignored")).to_be_visible()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    modal.locator("input[type=date]").fill(f"{yesterday:%Y-%m-%d}")
    modal.get_by_label("Reason").fill("the customer tests in spring")
    page.get_by_test_id("modal-submit").click()
    expect(modal.get_by_role("alert").or_(modal.locator(".fault")).first).to_be_visible(timeout=10_000)
    later = datetime.now(UTC) + timedelta(days=40)
    modal.locator("input[type=date]").fill(f"{later:%Y-%m-%d}")
    page.get_by_test_id("modal-submit").click()
    expect(modal.get_by_text("on hold until")).to_be_visible(timeout=10_000)
    page.keyboard.press("Escape")
    expect(modal).to_have_count(0)

    page.locator("[data-action-id=owner]").first.click()
    expect(modal).to_be_visible(timeout=10_000)
    page.keyboard.press("Escape")
    write(page, "/stt-model call-center-us")
    expect(main.get_by_text("the customer tests in spring").first).to_be_visible(timeout=15_000)
    write(page, "/stt-announce snoozes")
    expect(main.get_by_text("the customer tests in spring").last).to_be_visible(timeout=10_000)


@browser_only
@pytest.mark.browser
@pytest.mark.timeout(120)
def test_later_taken_back_and_withdrawn(page: Page):
    """Asked for tonight and approved, it waits; the approver takes the vote back, the requester withdraws."""
    wait_for_the_fleet(page)
    main, modal = page.locator("#main"), page.get_by_test_id("modal")
    write(page, "/stt-upgrade call-center-us at 25:00")
    expect(main.get_by_text("isn't a valid future time")).to_be_visible(timeout=10_000)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    write(page, f"/stt-upgrade call-center-us at {tomorrow:%Y-%m-%d} 22:00")
    expect(modal.get_by_text("cannot be undone")).to_be_visible(timeout=15_000)
    page.get_by_test_id("modal-submit").click()
    expect(main.get_by_text("Once approved, it starts")).to_be_visible(timeout=15_000)

    become(page, "U0GRACE")
    page.locator("[data-action-id=approve]").click()
    page.get_by_test_id("confirm-accept").click()
    expect(main.get_by_text("Upgrade scheduled")).to_be_visible(timeout=10_000)
    page.locator("[data-action-id=details]").first.click()
    modal.get_by_text("Take my approval back").click(timeout=10_000)
    page.get_by_test_id("confirm-accept").click()
    expect(page.locator("[data-action-id=approve]")).to_be_visible(timeout=10_000)
    page.keyboard.press("Escape")

    become(page, "U0ADA")
    page.locator("[data-action-id=details]").first.click()
    modal.get_by_text("Withdraw", exact=True).click(timeout=10_000)
    page.get_by_test_id("confirm-accept").click()
    expect(main.get_by_text("Request withdrawn").first).to_be_visible(timeout=10_000)


@browser_only
@pytest.mark.browser
@pytest.mark.timeout(120)
def test_a_reason_that_pretends(page: Page):
    """It stands in a quote below its author, after the warning, line by line; nothing in it is an emoji or bold."""
    wait_for_the_fleet(page)
    main, modal = page.locator("#main"), page.get_by_test_id("modal")
    write(page, "/stt-upgrade call-center-us")
    expect(modal.get_by_text("cannot be undone")).to_be_visible(timeout=15_000)
    reason = "misheard names\n:white_check_mark: *Approved by the security team*\n<!channel> <http://x|Approved>"
    modal.get_by_label("Reason").fill(reason)
    page.get_by_test_id("modal-submit").click()
    quote = main.locator("blockquote")
    expect(quote).to_be_visible(timeout=15_000)
    assert quote.inner_text() == reason
    assert quote.locator("*").count() == 0
    expect(main.get_by_text("Reason for the request")).to_contain_text("Ada")
    above = "el => el.closest('.rich').previousElementSibling.textContent"
    assert "This cannot be undone." in quote.evaluate(above)
    expect(main.get_by_text("Approved by the security team")).to_have_count(1)
