"""What there is as HTML that loads nothing."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

_NOTHING = "–"  # noqa: RUF001  the dash of empty cells


def render(shown: dict[str, Any]) -> str:
    """Return the page for what `view` has returned."""
    return _template().render(shown, style=_style())


@cache
def _template() -> jinja2.Template:
    loader = jinja2.PackageLoader("responsys_sandbox.page", "templates")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = _number
    return environment.get_template("sandbox.html")


@cache
def _style() -> Markup:
    style = resources.files("responsys_sandbox.page").joinpath("look.css").read_text(encoding="utf-8")
    return Markup(style)  # noqa: S704 - our own file


def _number(value: Any) -> str:
    return _NOTHING if value is None else f"{value:,}"
