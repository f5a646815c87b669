"""Rows to be shown to people, without the addresses in them."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"([^\s@,;<>])[^\s@,;<>]*@([^\s@,;<>]+)")
_PERSONAL = re.compile(r"E_?MAIL|MOBILE|PHONE|STREET|ADDRESS", re.IGNORECASE)
_SHOWN = 60


def masked(column: str, text: str) -> str:
    """Return a value with its addresses masked: e-mail addresses anywhere, others by the column's name.

    Long values are cut.
    """
    hidden = _ADDRESS.sub(r"\1…@\2", text)
    if hidden == text and text and _PERSONAL.search(column):
        hidden = f"{text[0]}…"
    return hidden if len(hidden) <= _SHOWN else f"{hidden[: _SHOWN - 1]}…"
