"""The page: the document and its plots in one HTML file that loads nothing."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from responsys_status.charts import MARKS, MOST_GROUPS
from responsys_status.figures import figures
from responsys_status.headline import headline

if TYPE_CHECKING:
    from responsys_status.document import Document

_NOTHING = "–"  # noqa: RUF001  the dash of empty cells

_CODE = Markup("<code>{}</code>")


def page(document: Document) -> str:
    """Return the page; equal documents give equal pages."""
    loader = jinja2.PackageLoader("responsys_status", "templates")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters: dict[str, Any] = {"number": _number, "percent": _percent, "signed": _signed, "coded": _coded}
    environment.filters |= filters
    style = resources.files("responsys_status").joinpath("look.css").read_text(encoding="utf-8")
    return environment.get_template("page.html").render(
        **document,
        style=Markup(style),  # noqa: S704 - our own file
        figures=figures(document),
        headline=headline(document),
        mark_words={mark: words for mark, (words, _, _) in MARKS.items()},
        most_groups=MOST_GROUPS,
    )


def _number(value: Any) -> str:
    return _NOTHING if value is None else f"{value:,}"


def _percent(value: Any) -> str:
    return _NOTHING if value is None else f"{value:.1%}"


def _signed(value: int) -> str:
    return f"{value:+,}" if value else "0"


def _coded(text: str) -> Markup:
    """Return a text with what stands between backticks as code, all of it escaped."""
    pieces = text.split("`")
    return Markup("").join(_CODE.format(piece) if place % 2 else piece for place, piece in enumerate(pieces))
