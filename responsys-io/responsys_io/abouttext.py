"""What `--about` prints: a plugin and its settings, to be read by people."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WIDTH = 100


def about_text(
    name: str,
    version: str,
    description: str,
    capabilities: Iterable[str],
    settings: Mapping[str, Mapping[str, Any]],
) -> str:
    """Put a plugin into words.

    Args:
        name: Name of its program.
        version: Its version.
        description: What it is.
        capabilities: What it can do, in Singer's words.
        settings: Its settings as JSON Schema properties, by name.
    """
    prefix = name.replace("-", "_").upper()
    able = _wrapped(f"Capabilities: {', '.join(sorted(capabilities))}")
    head = [f"{name} {version}", description, "", able, ""]
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
