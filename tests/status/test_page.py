"""The page as text: escaped, complete in itself, the same for the same document."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from support import statusdata

from responsys_status.document import document
from responsys_status.page import page
from responsys_status.sources import Inputs, Source

VOID = {"meta", "path", "line", "rect", "br"}


class Seen(HTMLParser):
    """What stands in a page, as a browser reads it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def full() -> str:
    return page(document(statusdata.inputs()))


@pytest.fixture(scope="module")
def seen(full: str) -> Seen:
    return Seen(full)


def test_names_are_escaped_and_addresses_absent(full: str, seen: Seen) -> None:
    assert "script" not in seen.tags
    assert any(statusdata.NASTY in text for text in seen.texts)
    without_rules = full.replace("@media", "")
    assert "@" not in without_rules
    assert "north.example" in full  # a domain is no address


def test_it_loads_nothing(full: str, seen: Seen) -> None:
    links = [value for name, value in seen.attributes if name in {"href", "src", "xlink:href"}]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"url\((?!#)|@import", full)
    assert "default-src 'none'" in full


def test_ids_are_there_once_and_everything_named_exists(full: str, seen: Seen) -> None:
    ids = [value for name, value in seen.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    wanted = {value.lstrip("#") for name, value in seen.attributes if name in {"href", "aria-labelledby"}}
    wanted |= set(re.findall(r"url\(#([\w-]+)\)", full))
    assert wanted <= set(ids)


def test_each_plot_has_words_and_a_table_beside_it(seen: Seen) -> None:
    assert seen.tags.count("svg") == 12
    labels = [value for name, value in seen.attributes if name == "aria-label"]
    assert any(label.startswith("Export days from") and "opt_out 11" in label for label in labels)
    assert seen.tags.count("table") == 12
    assert ("scope", "row") in seen.attributes


def test_equal_inputs_give_equal_pages(full: str) -> None:
    assert page(document(statusdata.inputs())) == full


def test_it_is_small_enough_to_be_mailed(full: str) -> None:
    assert len(full) < 1_000_000


def test_without_inputs_it_says_how_to_get_them() -> None:
    sources = {name: Source() for name in ("state", "receipts", "exports", "warehouse")}
    text = " ".join(" ".join(Seen(page(document(Inputs(statusdata.NOW, sources=sources)))).texts).split())
    for wanted in (
        "Nothing known yet",
        "There is no state of the tap",
        "meltano run exports",
        "There are no receipts",
        "receipt_file",
        "There is no warehouse to ask",
        "DBT_POSTGRES_HOST",
    ):
        assert wanted in text


def test_without_models_it_says_so() -> None:
    inputs = statusdata.inputs()
    assert inputs.warehouse
    bare = type(inputs.warehouse)(missing_models=["engagement.responsys__daily_overview"])
    text = page(document(Inputs(statusdata.NOW, warehouse=bare, sources=inputs.sources)))
    assert "The models are not there: engagement.responsys__daily_overview" in text
    assert "meltano run models" in text
