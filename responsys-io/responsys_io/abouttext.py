"""What `--about` prints: a plugin and its settings, to be read by people."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from enum import Enum

_WIDTH = 100


class About(Protocol):
    """A plugin as the SDK tells of it.

    Attributes:
        name: Name of its program.
        description: What it is.
        version: Its version.
        settings: A JSON Schema of its settings.
    """

    name: str
    description: str | None
    version: str
    settings: dict[str, Any]

    @property
    def capabilities(self) -> Sequence[Enum]:
        """What it can do, in Singer's words."""
        ...


def about_text(about: About) -> str:
    """Put a plugin into words, with its settings explained, where the SDK's text only names them."""
    name, settings = about.name, about.settings["properties"]
    prefix = name.replace("-", "_").upper()
    able = _wrapped(f"Capabilities: {', '.join(sorted(one.value for one in about.capabilities))}")
    head = [f"{name} {about.version}", about.description or "", "", able, ""]
    head.append(f"Settings, in a file for --config, or with --config=ENV as {prefix}_HOST and so on:")
    return "\n".join([*head, *(line for entry in settings.items() for line in _setting(*entry))])


def _setting(name: str, setting: Mapping[str, Any]) -> list[str]:
    kinds = setting.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next(one for one in kinds if one != "null")
    notes = [kind]
    if setting.get("default") not in (None, ""):
        default = setting["default"]
        notes.append(f"default {default if isinstance(default, str) else json.dumps(default)}")
    if choices := [str(choice) for choice in setting.get("enum", ()) if choice is not None]:
        notes.append(f"one of {', '.join(choices)}")
    if setting.get("secret") or setting.get("writeOnly"):
        notes.append("secret")
    text = " ".join(str(setting.get("description", "")).split())
    return ["", f"  {name} ({'; '.join(notes)})", _wrapped(text, "      ")]


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
