"""What can be wrong with the settings beyond their types."""

from __future__ import annotations

import codecs
import zoneinfo
from typing import TYPE_CHECKING, Any

from responsys_io.naming import object_name_problem
from target_responsys.settings import chosen, delimiter

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEEDED = {
    "api": ("api_url", "api_username", "api_password", "folder_name"),
    "sftp": ("host", "username"),
}
_PLACES = {
    "table_name": ("stream",),
    "file_name": ("table", "stream", "campaign_id", "execution_id", "date"),
    "rejects_file": ("execution_id",),
}


def combination_problems(config: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with settings that have the right types, a sentence each, without their values."""
    delivery = chosen(config, "delivery")
    found = [
        f"Setting {name} is missing; delivery {delivery} needs it."
        for name in _NEEDED[delivery]
        if config.get(name) in {None, ""}
    ]
    folder = config.get("folder_name")
    if folder and (problem := object_name_problem(folder)):
        found.append(f"Setting folder_name names no folder: {problem}.")
    try:
        codecs.lookup(chosen(config, "encoding"))
    except LookupError:
        found.append("Setting encoding names no character set.")
    try:
        zoneinfo.ZoneInfo(chosen(config, "timezone"))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        found.append("Setting timezone names no IANA time zone.")
    if len(delimiter(config)) != 1 or delimiter(config) == chosen(config, "quote_char"):
        found.append("Setting delimiter has to be one character, another one than quote_char.")
    for name, places in _PLACES.items():
        try:
            chosen(config, name).format_map(dict.fromkeys(places, ""))
        except (KeyError, ValueError, IndexError, AttributeError):
            known = ", ".join(f"{{{place}}}" for place in places)
            found.append(f"Setting {name} has a placeholder that is not known; known are: {known}.")
    return found
