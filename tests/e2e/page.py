"""What people do on the sandbox's page, for a real browser."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import Page, expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
browser_only = pytest.mark.skipif(CHROMIUM is None, reason="no chromium installed: apt-get install chromium")


def write(page: Page, text: str) -> None:
    """Types into the composer and sends; a completion that is still open is closed first."""
    composer = page.get_by_test_id("composer")
    composer.fill(text)
    composer.press("Escape")
    composer.press("Enter")


def become(page: Page, person: str) -> None:
    page.locator(f"[data-person={person}]").click()
    expect(page.locator(f"[data-person={person}]")).to_have_attribute("aria-pressed", "true")


def press(page: Page, action: str) -> None:
    """A button with a confirm dialog, confirmed."""
    page.locator(f"[data-action-id={action}]").click()
    page.get_by_test_id("confirm-accept").click()


def wait_for_the_fleet(page: Page) -> None:
    """A first command waits until every instance was read once, then answers."""
    write(page, "/stt-models zebra")
    expect(page.locator("#main").get_by_text("matches “zebra”")).to_be_visible(timeout=25_000)
