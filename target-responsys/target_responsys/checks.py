"""What can be wrong with the settings beyond their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_io.naming import object_name_problem
from responsys_io.restlogin import CERTIFICATE_SETTINGS
from responsys_io.settings import format_problems
from target_responsys.filechecks import file_problems
from target_responsys.filenames import PLACES
from target_responsys.settings import chosen, delimiter

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEEDED = {
    "api": ("api_url", "api_username", "folder_name"),
    "sftp": ("host", "username"),
}
_PLACES = {
    "table_name": ("stream",),
    "file_name": PLACES,
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
    if delivery == "api" and not any(config.get(name) for name in ("api_password", *CERTIFICATE_SETTINGS)):
        found.append(
            f"Setting api_password is missing; delivery {delivery} needs it, or the keys of a login by "
            "certificate."
        )
    folder = config.get("folder_name")
    if folder and (problem := object_name_problem(folder)):
        found.append(f"Setting folder_name names no folder: {problem}.")
    found += file_problems(config)
    found += format_problems(
        encoding=chosen(config, "encoding"),
        timezone=chosen(config, "timezone"),
        delimiter=delimiter(config),
        quote_char=chosen(config, "quote_char"),
    )
    for name, places in _PLACES.items():
        try:
            chosen(config, name).format_map(dict.fromkeys(places, ""))
        except (KeyError, ValueError, IndexError, AttributeError):
            known = ", ".join(f"{{{place}}}" for place in places)
            found.append(f"Setting {name} has a placeholder that is not known; known are: {known}.")
    return found
