"""`python -m sandbox` as the README starts it: the tour, and the page played by five people in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Tour, both_ways
from tests.e2e.page import become, browser_only, press, write


@both_ways
@pytest.mark.timeout(150)
def test_the_tour(tour: Tour):
    """It plays the whole way without a browser, prints the conversation, and exits with 0 because it happened."""
    code, said = tour.finish(140)
    assert code == 0, said
    assert "It really happened" in said
    assert "Proof: the service now lists `en-US_NarrowbandModel.v2020-01-16`" in said


@both_ways
@browser_only
@pytest.mark.browser
@pytest.mark.timeout(120)
def test_the_main_job_in_the_browser(page: Page):
    """A typo, the request, the wrong people, the approval, the thread, the proof: seen as people see it."""
    write(page, "/stt-upgrade call-centre-us")
    expect(page.locator("#main").get_by_text("Did you mean call-center-us")).to_be_visible()
    composer = page.get_by_test_id("composer")
    composer.fill("/stt-up")
    expect(page.get_by_role("option")).to_have_count(1)
    composer.press("Enter")
    composer.press_sequentially("call-center-us")
    composer.press("Enter")
    modal = page.get_by_test_id("modal")
    expect(modal.get_by_text("cannot be undone")).to_be_visible(timeout=10_000)
    modal.get_by_label("Reason").fill("Callers report <misheard> names")
    page.get_by_test_id("modal-submit").click()
    expect(page.locator("[data-action-id=approve]")).to_be_visible(timeout=10_000)
    expect(page.locator("#main").get_by_text("Callers report <misheard> names")).to_be_visible()

    press(page, "approve")
    expect(page.locator("#main").get_by_text("You asked for this yourself")).to_be_visible()
    for person, refusal in (("U0MEI", "can approve upgrades on"), ("U0GUS", "Guests, bots and deactivated people")):
        become(page, person)
        press(page, "approve")
        expect(page.locator("#main").get_by_text(refusal)).to_be_visible()

    become(page, "U0GRACE")
    expect(page.locator("#main").get_by_text("can approve upgrades on")).to_have_count(0)
    page.locator("[data-action-id=approve]").click()
    page.get_by_test_id("confirm-deny").click()
    expect(page.locator("[data-action-id=approve]")).to_be_visible()
    press(page, "approve")
    expect(page.locator("[data-action-id=approve]")).to_have_count(0)
    page.locator("[data-open-thread]").click(timeout=10_000)
    thread = page.get_by_test_id("thread")
    expect(thread.get_by_text("Step 1 of 1")).to_be_visible(timeout=10_000)
    expect(thread.get_by_text("Proof: the service now lists").last).to_be_visible(timeout=60_000)
    expect(page.locator("#main").get_by_text("Upgrade done")).to_be_visible()

    page.locator("[data-channel=home]").click()
    home = page.get_by_test_id("home")
    expect(home.get_by_text("Ended last")).to_be_visible(timeout=10_000)
    expect(home.get_by_text("request 1: call-center-us")).to_be_visible()


@both_ways
@browser_only
@pytest.mark.browser
@pytest.mark.timeout(120)
def test_rejection_and_keyboard(page: Page):
    """Everything by keyboard: ask, be somebody else, reject with a reason, read it in the thread."""
    page.get_by_test_id("composer").focus()
    page.keyboard.type("/stt-upgrade claims-hotline")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("modal").get_by_text("cannot be undone")).to_be_visible(timeout=10_000)
    page.keyboard.type("just asking")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-action-id=reject]")).to_be_visible(timeout=10_000)
    page.keyboard.press("Alt+3")
    expect(page.locator("[data-person=U0TOMAS]")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-action-id=reject]").focus()
    page.keyboard.press("Enter")
    modal = page.get_by_test_id("modal")
    expect(modal.get_by_text("Why not?")).to_be_visible(timeout=10_000)
    page.get_by_test_id("modal-submit").click()
    expect(modal.get_by_text("Please complete this required field.")).to_be_visible()
    modal.get_by_label("Why not?").fill("not this week")
    page.get_by_test_id("modal-submit").click()
    expect(page.locator("#main").get_by_text("Upgrade rejected").first).to_be_visible(timeout=10_000)
    page.locator("[data-open-thread]").click()
    expect(page.get_by_test_id("thread").get_by_text("not this week").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("thread")).to_be_hidden()


@browser_only
@pytest.mark.browser
def test_on_a_narrow_screen(page: Page):
    """On a telephone the sidebar opens and closes, and nothing is wider than the screen."""
    page.set_viewport_size({"width": 420, "height": 800})
    write(page, "/stt-help")
    expect(page.locator("#main").get_by_text("lists the models, worst first")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    page.get_by_label("Channels and people").click()
    become(page, "U0MEI")
