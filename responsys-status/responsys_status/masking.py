"""What may be shown of a text that others wrote: no address, no quoted value."""

from __future__ import annotations

import re

# Runs of what an address may hold on either side of its @: generous, since this is the last guard.
_ADDRESS = re.compile(r"[^\s<>\"'(),;:|]+(?:@|%40)[^\s<>\"'(),;:|]+")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_LONGEST = 160


def without_addresses(text: str) -> str:
    """Return the text with … for everything that looks like an e-mail address."""
    return _ADDRESS.sub("…", text)


def general(reason: str) -> str:
    """Return a reason without the values in it, so that equal reasons can be counted together."""
    text = without_addresses(_QUOTED.sub("'…'", " ".join(reason.split())))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
