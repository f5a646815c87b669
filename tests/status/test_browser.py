"""The page in a real browser: readable on a phone and in the dark, accessible, offline, without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from support import statusdata
from support.chromium import VIOLATIONS, chromium, needs_chromium, screenshot

from responsys_status.document import document
from responsys_status.page import page
from responsys_status.sources import Inputs, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Literal

    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium

DESKTOP, PHONE = 1280, 390
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    nothing = Inputs(
        statusdata.NOW, sources={name: Source() for name in ("state", "receipts", "exports", "warehouse")}
    )
    files = {}
    for name, inputs in (
        ("full", statusdata.inputs()),
        ("short", statusdata.short()),
        ("empty", nothing),
    ):
        files[name] = folder / f"{name}.html"
        files[name].write_text(page(document(inputs)), encoding="utf-8")
    return files


def opened(browser: Browser, file: Path, width: int, scheme: Literal["light", "dark"]) -> Page:
    for context in browser.contexts:
        context.close()
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True, bypass_csp=True
    )
    tab = context.new_page()
    tab.goto(file.as_uri())
    return tab


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("name", ["short", "empty"])
def test_axe_finds_nothing(
    browser: Browser, pages: dict[str, Path], name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    tab = opened(browser, pages[name], width, scheme)
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = Axe().run(tab, options=VIOLATIONS).response["violations"]
    assert [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found] == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_a_picture_of_it_has_all_of_its_width(
    browser: Browser, pages: dict[str, Path], width: int, scheme: Literal["light", "dark"]
) -> None:
    tab = opened(browser, pages["full"], width, scheme)
    pictured, height = screenshot(tab, f"status-{width}-{scheme}")
    assert pictured == width
    assert height > 2 * 900


@pytest.mark.parametrize("width", [DESKTOP, 768, PHONE, 320])
def test_nothing_is_cut_off_at_the_sides(browser: Browser, pages: dict[str, Path], width: int) -> None:
    tab = opened(browser, pages["full"], width, "light")
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    outside = """[...document.querySelectorAll('figure svg')].filter(each => {
        const box = each.getBoundingClientRect(), card = each.closest('section').getBoundingClientRect();
        return box.width && (box.left < card.left || box.right > card.right);
    }).length"""
    assert tab.evaluate(outside) == 0


def test_a_phone_shows_the_narrow_plots_and_a_screen_the_wide_ones(
    browser: Browser, pages: dict[str, Path]
) -> None:
    for width, shown, hidden in ((DESKTOP, ".wide-only", ".narrow"), (PHONE, ".narrow", ".wide-only")):
        tab = opened(browser, pages["full"], width, "light")
        assert all(each.is_visible() for each in tab.locator(shown).all())
        assert not any(each.is_visible() for each in tab.locator(hidden).all())


def test_plots_take_the_colours_of_the_scheme(browser: Browser, pages: dict[str, Path]) -> None:
    fill = "getComputedStyle(document.querySelector('[fill=\"var(--sent)\"]')).fill"
    ground = "getComputedStyle(document.body).backgroundColor"
    seen = []
    for scheme in SCHEMES:
        tab = opened(browser, pages["full"], DESKTOP, scheme)
        seen.append((tab.evaluate(fill), tab.evaluate(ground)))
    assert [colour for colour, _ in seen] == ["rgb(70, 103, 208)", "rgb(127, 156, 255)"]
    assert seen[0][1] != seen[1][1]


def test_it_makes_no_request_and_says_nothing_on_the_console(
    browser: Browser, pages: dict[str, Path]
) -> None:
    tab = browser.new_context().new_page()
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(pages["full"].as_uri())
    assert asked == [pages["full"].as_uri()]
    assert said == []


def test_a_square_tells_its_day_beside_the_pointer(browser: Browser, pages: dict[str, Path]) -> None:
    tab = opened(browser, pages["full"], DESKTOP, "light")
    titles = tab.locator("#coverage .wide-only svg title").all_text_contents()
    assert "launch_state, 2026-05-06: Window closed" in titles


def test_the_keyboard_reaches_the_content_and_wide_tables(browser: Browser, pages: dict[str, Path]) -> None:
    tab = opened(browser, pages["full"], PHONE, "light")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert tab.locator(".scroll:not([tabindex='0'])").count() == 0
