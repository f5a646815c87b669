"""A real headless Chromium, where one is installed."""

from __future__ import annotations

import os
import shutil
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from demo.project import ROOT
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SCREENSHOTS = ROOT / ".local" / "screenshots"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="No Chromium here: install it (apt-get install chromium) or set CHROMIUM."
)

VIOLATIONS = {"resultTypes": ["violations"]}
"""Options of axe: what passes, of thousands of elements, need not be collected."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run it; root, as in containers, has to do without its sandbox."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def screenshot(tab: Page, name: str) -> tuple[int, int]:
    """Take a picture of a whole page, for people to look at; return its width and height in pixels.

    Args:
        tab: The page.
        name: File name, without its ending, in .local/screenshots.
    """
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    picture = tab.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    width, height = struct.unpack(">II", picture[16:24])
    return width, height
