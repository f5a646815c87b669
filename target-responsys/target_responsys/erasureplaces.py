"""The places that the setting `erase_from` names: what is wrong with it, and the places themselves."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError, SettingsError
from responsys_io.extensions import Extensions
from responsys_io.profilelists import ProfileLists
from responsys_io.recipients import ATTRIBUTE_COLUMNS
from target_responsys.ids import ATTRIBUTES
from target_responsys.lookup import extension_table, extension_tables
from target_responsys.memberplaces import ExtensionPlace, ListPlace, People
from target_responsys.tableplace import TablePlace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from responsys_io.restapi import RestApi
    from target_responsys.erasure import Place
    from target_responsys.ids import IdKind

logger = logging.getLogger(__name__)


def erasure_problems(config: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with the settings of an erasure, a sentence each."""
    found = [
        f"Setting {name} is missing; erase needs it."
        for name in ("erase_by", "erase_from")
        if not config.get(name)
    ]
    rules = config.get("erase_from") or ()
    for number, rule in enumerate(rules, 1):
        found += [
            f"Setting erase_from, entry {number}: {problem}." for problem in _rule_problems(rule, config)
        ]
    known = set((config.get("erase_by") or {}).values())
    unknown = {rule["kind"] for rule in rules if rule.get("kind")} - known
    if unknown and not found:
        found.append(f"Setting erase_from has a kind that erase_by has no property for: {min(unknown)}.")
    return found


def _rule_problems(rule: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    if rule.get("table"):
        found = [f"a table needs {name}" for name in ("column", "kind") if not rule.get(name)]
        if not (rule.get("folder") or config.get("folder_name")):
            found.append("a table needs folder, or the setting folder_name")
        foreign: tuple[str, ...] = ("list_name", "pet_name")
    else:
        found = []
        if not rule.get("list_name") and not (rule.get("pet_name") and config.get("list_name")):
            found.append("it has neither table nor list_name")
        foreign = ("column", "folder", "others")
    kind = "a table" if rule.get("table") else "a list or an extension table"
    return found + [f"{name} does not go with {kind}" for name in foreign if rule.get(name)]


def find_places(api: RestApi, config: Mapping[str, Any], kinds: Sequence[IdKind]) -> list[Place]:
    """Return the places of the setting `erase_from`.

    Args:
        api: The REST API.
        config: The target's settings.
        kinds: The ids that come.

    Raises:
        SettingsError: RSYS-5007 or RSYS-5022 when one is not there.
        DataError: RSYS-5033 when an entry does not make up a table's primary key, RSYS-5035 when a list has
            no column of a kind.
    """
    places: list[Place] = []
    for rule in config["erase_from"]:
        if rule.get("table"):
            places.append(_table_place(api, rule, config.get("folder_name") or ""))
            continue
        name = rule.get("list_name") or config["list_name"]
        own = tuple(kind for kind in dict.fromkeys(kinds) if rule.get("kind") in {None, kind})
        people = _people(api, name, own)
        if rule.get("pet_name"):
            extensions = Extensions(api.session, name)
            places.append(ExtensionPlace(extensions, people, _extension(extensions, name, rule), own))
        else:
            places.append(ListPlace(people, own))
    _warn_of_others(api, places)
    return places


def _table_place(api: RestApi, rule: Mapping[str, Any], folder: str) -> TablePlace:
    folder = rule.get("folder") or folder
    table = api.describe(folder, rule["table"])
    if table is None:
        raise SettingsError(
            "RSYS-5007",
            f"Folder {folder} has no supplemental table {rule['table']}, which erase_from names.",
            "Correct erase_from.",
        )
    by_name = {name.upper(): name for name in table.primary_key}
    others = {name.upper(): tuple(values) for name, values in (rule.get("others") or {}).items()}
    if {rule["column"].upper(), *others} != by_name.keys() or rule["column"].upper() in others:
        raise DataError(
            "RSYS-5033",
            f"The primary key of table {folder}/{table.name} is {', '.join(table.primary_key) or 'missing'}: "
            "a row can be deleted by all of it only, and erase_from gives "
            f"{', '.join([rule['column'], *(rule.get('others') or {})])}.",
            "Name the id's column in column, and the values of the other columns of the key in others.",
        )
    spelt = {by_name[name]: values for name, values in others.items()}
    return TablePlace(api, table, rule["kind"], by_name[rule["column"].upper()], spelt)


def _people(api: RestApi, name: str, kinds: Sequence[IdKind]) -> People:
    lists = ProfileLists(api.session)
    described = lists.describe(name)
    if described is None:
        raise _missing(f"profile list {name}")
    columns = {column.name.upper() for column in described.columns}
    for kind in kinds:
        column = ATTRIBUTE_COLUMNS[ATTRIBUTES[kind]]
        if column not in columns:
            raise DataError(
                "RSYS-5035",
                f"Profile list {name} has no column {column}: nobody can be found there by {kind}.",
                "Say in erase_from which kind of id people are found by there.",
            )
    return People(lists, name)


def _extension(extensions: Extensions, list_name: str, rule: Mapping[str, Any]) -> str:
    wanted = rule["pet_name"]
    found = extension_table(extensions, wanted)
    if found is None:
        raise _missing(f"profile extension table {wanted} of list {list_name}")
    return found.name


def _missing(place: str) -> SettingsError:
    return SettingsError(
        "RSYS-5022",
        f"Responsys has no {place}, which erase_from names.",
        "Correct erase_from; the API user has to be allowed to see it.",
    )


def _warn_of_others(api: RestApi, places: Sequence[Place]) -> None:
    """Warn of extension tables that nobody is erased from while their list is."""
    named = {(place.people.list_name, place.table) for place in places if isinstance(place, ExtensionPlace)}
    for name in dict.fromkeys(place.people.list_name for place in places if isinstance(place, ListPlace)):
        tables = [table.name for table in extension_tables(Extensions(api.session, name))]
        if others := [table for table in tables if (name, table) not in named]:
            logger.warning(
                "Profile extension tables of list %s that erase_from does not name: %s. Whether Responsys "
                "deletes their rows with the member is not documented",
                name,
                ", ".join(others),
            )
