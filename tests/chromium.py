"""Chromium without a way out of this machine, for every test that opens a page."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def need(present: bool, what: str) -> None:
    """Skip with a visible reason on a reader's machine; fail in CI, where everything is required."""
    if present:
        return
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


# Playwright keeps an event loop running in this thread while it is open: a second one beside it is
# refused, and so is `asyncio.run`. So there is one definition, and it ends with its file.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser for the tests of a file."""
    need(CHROMIUM is not None, "no Chromium on this machine: install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()
