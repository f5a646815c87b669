"""Consent: which columns of a profile list say what somebody has agreed to, and when they may be sent.

A merge into a list gives one permission status to everybody in the call who has none of their own, and it is
opted out where none is set (Oracle's page on merging list members).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from target_responsys.tablerules import TableRule

if TYPE_CHECKING:
    from collections.abc import Mapping

PERMISSION_STATUSES = ("OPTIN", "OPTOUT")

_PERMISSION = re.compile(r"(.*_)?PERMISSION(_.*)?", re.DOTALL)


def is_permission_column(name: str) -> bool:
    """Tell whether a column says what somebody has agreed to, for example EMAIL_PERMISSION_STATUS_."""
    # In upper case, as columns are matched: there a name may have letters that it has not got itself.
    return _PERMISSION.fullmatch(name.upper()) is not None


def consent_problems(config: Mapping[str, Any]) -> list[str]:
    """Say what has to be decided before anything is merged into a profile list, a sentence each."""
    rules = {stream: TableRule.of(entry) for stream, entry in (config.get("tables") or {}).items()}
    general = config.get("destination") or "supplemental"
    to_lists = {stream: rule for stream, rule in rules.items() if (rule.destination or general) == "list"}
    found = []
    if (general == "list" or to_lists) and not config.get("default_permission_status"):
        found.append(
            "Setting default_permission_status is missing; a profile list needs it, since it decides "
            "whether people are opted in or out."
        )
    if config.get("allow_permission_columns"):
        return found
    if (general == "list" or to_lists) and config.get("map_template_name"):
        found.append(
            "Setting map_template_name may have Responsys put columns into permission columns; for a profile "
            "list it goes only with allow_permission_columns."
        )
    for stream, rule in to_lists.items():
        named = [column.name or name for name, column in rule.columns.items() if column is not None]
        found += [
            f"Setting tables.{stream}.columns sends {name}, which changes what people have agreed to; only "
            "with allow_permission_columns."
            for name in named
            if is_permission_column(name)
        ]
    return found
