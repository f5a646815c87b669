"""What can be wrong with the settings beyond their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_io.naming import object_name_problem
from responsys_io.settings import format_problems
from target_responsys.apichecks import login_problems, missing
from target_responsys.asyncmode import mode_problems
from target_responsys.destinationchecks import destination_problems
from target_responsys.erasureplaces import erasure_problems
from target_responsys.filechecks import file_problems
from target_responsys.filenames import PLACES
from target_responsys.settings import chosen, delimiter

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACES = {
    "table_name": ("stream",),
    "pet_name": ("stream",),
    "file_name": PLACES,
    "rejects_file": ("execution_id",),
    "receipt_file": ("execution_id",),
    "request_log_file": ("execution_id",),
}


def combination_problems(config: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with settings that have the right types, a sentence each, without their values."""
    delivery = chosen(config, "delivery")
    user = f"delivery {delivery}"
    found = login_problems(config, user) if delivery == "api" else missing(config, ("host", "username"), user)
    folder = config.get("folder_name")
    erases = chosen(config, "erase")
    supplemental = delivery == "api" and chosen(config, "destination") == "supplemental"
    if not folder and supplemental and not erases:
        found.append("Setting folder_name is missing; destination supplemental needs it.")
    if folder and (problem := object_name_problem(folder)):
        found.append(f"Setting folder_name names no folder: {problem}.")
    found += file_problems(config)
    found += [] if erases else destination_problems(config)
    found += format_problems(
        encoding=chosen(config, "encoding"),
        timezone=chosen(config, "timezone"),
        delimiter=delimiter(config),
        quote_char=chosen(config, "quote_char"),
    )
    found += removal_problems(config)
    found += mode_problems(config)
    if chosen(config, "sign_receipt"):
        found += signing_problems(config)
    for name, places in _PLACES.items():
        try:
            (chosen(config, name) or "").format_map(dict.fromkeys(places, ""))
        except (KeyError, ValueError, IndexError, AttributeError):
            known = ", ".join(f"{{{place}}}" for place in places)
            found.append(f"Setting {name} has a placeholder that is not known; known are: {known}.")
    return found


def signing_problems(config: Mapping[str, Any]) -> list[str]:
    """Say which settings lack what they need to sign the receipt."""
    found = []
    if not config.get("receipt_file"):
        found.append("Setting receipt_file is missing; sign_receipt needs it.")
    if not (config.get("pgp_private_key") or config.get("pgp_private_key_file")):
        found.append("Setting pgp_private_key or pgp_private_key_file is missing; sign_receipt needs it.")
    return found


def removal_problems(config: Mapping[str, Any]) -> list[str]:
    """Say which settings lack what they need to delete rows, or to load them otherwise than by key."""
    load_method = chosen(config, "load_method")
    mirror = load_method == "mirror"
    versions = chosen(config, "process_activate_version_messages")
    wanting = {
        "load_method mirror": mirror,
        "process_activate_version_messages": versions,
        "hard_delete": chosen(config, "hard_delete"),
        "erase": chosen(config, "erase"),
    }
    if chosen(config, "delivery") != "api":
        # What becomes of rows that are there already is a matter of the import job.
        wanting |= {f"load_method {load_method}": load_method != "upsert"}
        return [f"{name} works with delivery api only." for name, wanted in wanting.items() if wanted]
    found = erasure_problems(config) if wanting["erase"] else []
    for name in ("load_method mirror", "process_activate_version_messages"):
        if not wanting[name]:
            continue
        if not config.get("mirror_state_file"):
            found.append(f"Setting mirror_state_file is missing; {name} needs it.")
        if not chosen(config, "campaign_id_column"):
            found.append(f"Setting campaign_id_column is empty; {name} needs it to keep campaigns apart.")
    return found
