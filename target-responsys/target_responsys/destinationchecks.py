"""What can be wrong with the settings of destinations, before anything is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_io.recipients import COLUMN_ATTRIBUTES, HASH_COLUMNS
from target_responsys.consent import consent_problems
from target_responsys.destinations import UPDATE_ON_MATCH
from target_responsys.settings import chosen
from target_responsys.standard import standard_tables
from target_responsys.tablerules import TableRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def destination_problems(config: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with the settings of destinations, a sentence each."""
    found = consent_problems(config)
    general = chosen(config, "destination")
    rules = {stream: TableRule.of_stream(stream, config) for stream in config.get("tables") or {}}
    for stream, rule in rules.items():
        found += _standard_problems(stream, rule)
        kind = rule.destination or general
        if kind != "supplemental":
            found += _member_problems(kind, f"stream {stream}", rule, config)
        elif general != "supplemental" and not (rule.folder or config.get("folder_name")):
            found.append(f"Setting folder_name is missing; stream {stream} needs it.")
    if general != "supplemental":
        found += _member_problems(general, f"destination {general}", TableRule(), config)
    given, method = config.get("update_on_match"), chosen(config, "load_method")
    if given and given != UPDATE_ON_MATCH[method]:
        found.append(f"Setting update_on_match contradicts load_method {method}.")
    return list(dict.fromkeys(found))


def _standard_problems(stream: str, rule: TableRule) -> list[str]:
    if rule.standard is None or rule.standard in standard_tables():
        return []
    known = ", ".join(standard_tables())
    return [f"Setting tables.{stream}.standard names no standard table; there are {known}."]


def _member_problems(kind: str, user: str, rule: TableRule, config: Mapping[str, Any]) -> list[str]:
    """Say what a profile list or an extension table lacks.

    Args:
        kind: `pet` or `list`.
        user: What needs it.
        rule: What the settings say of it.
        config: The target's settings.
    """
    wanted = {"list_name": rule.list_name} | ({"pet_name": rule.pet_name} if kind == "pet" else {})
    found = [
        f"Setting {name} is missing; {user} needs it."
        for name, own in wanted.items()
        if not own and not config.get(name)
    ]
    columns = rule.match_columns or tuple(config.get("match_columns") or ())
    if not columns:
        return [*found, f"Setting match_columns is missing; {user} needs it."]
    if chosen(config, "delivery") == "sftp" and kind == "list":
        found.append(f"A profile list takes no files; {user} needs delivery api.")
    return found + _match_problems(columns, config)


def _match_problems(columns: Sequence[str], config: Mapping[str, Any]) -> list[str]:
    names = [name.upper() for name in columns]
    if unknown := [name for name in columns if name.upper() not in COLUMN_ATTRIBUTES]:
        known = ", ".join(COLUMN_ATTRIBUTES)
        return [f"Setting match_columns names {', '.join(unknown)}; people are recognised by {known}."]
    hashes = set(names).intersection(HASH_COLUMNS)
    found = []
    if len(set(names)) < len(names):
        found.append("Setting match_columns names a column twice.")
    if len(hashes) > 1 or (hashes and "EMAIL_ADDRESS_" in names):
        found.append("Setting match_columns combines a hash with the other one or with the address.")
    if hashes and chosen(config, "insert_on_no_match"):
        found.append(
            "Setting insert_on_no_match has to be false: who is recognised by a hash is never inserted."
        )
    operator = config.get("match_operator")
    if operator and operator != ("AND" if len(names) > 1 else "NONE"):
        found.append(f"Setting match_operator does not go with {len(names)} match columns.")
    return found
