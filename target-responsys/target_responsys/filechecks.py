"""What can be wrong with the settings of delivery as a file, beyond their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_responsys.apichecks import login_problems
from target_responsys.datemask import mask_problem
from target_responsys.filenames import template_problem
from target_responsys.settings import chosen, delimiter

if TYPE_CHECKING:
    from collections.abc import Mapping


def file_problems(config: Mapping[str, Any]) -> list[str]:
    """Say what is wrong, a sentence each, without the settings' values; nothing for another delivery."""
    if chosen(config, "delivery") != "sftp":
        return []
    found = []
    if problem := template_problem(chosen(config, "file_name")):
        found.append(f"Setting file_name cannot be a file's name: {problem}.")
    if problem := mask_problem(chosen(config, "date_mask")):
        found.append(f"Setting date_mask is not a date mask: {problem}.")
    for name in ("delimiter", "quote_char"):
        text = delimiter(config) if name == "delimiter" else chosen(config, name)
        if text and text in "\r\n\0":
            found.append(f"Setting {name} cannot be a line break or NUL.")
    if any(mark in chosen(config, "null_text") for mark in "\r\n\0"):
        found.append("Setting null_text cannot hold a line break or NUL.")
    if chosen(config, "encryption") == "pgp" and not (
        config.get("pgp_public_key") or config.get("pgp_public_key_file")
    ):
        found.append("Setting pgp_public_key or pgp_public_key_file is missing; encryption pgp needs it.")
    if _starts_jobs(config):
        found += login_problems(config, "connect_job_id")
    return found


def _starts_jobs(config: Mapping[str, Any]) -> bool:
    rules = (config.get("tables") or {}).values()
    return bool(
        config.get("connect_job_id")
        or any(isinstance(rule, dict) and rule.get("connect_job_id") for rule in rules)
    )
