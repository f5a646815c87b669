"""Where a stream goes: destination, columns with their types, and the key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError, SettingsError
from responsys_io.naming import colliding_names
from target_responsys.campaign import campaign_id
from target_responsys.consent import is_permission_column
from target_responsys.mapping import columns_of
from target_responsys.settings import chosen
from target_responsys.standard import standard_tables
from target_responsys.tablerules import TableRule
from target_responsys.values import Kind, column_type, kind_of, longest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_responsys.standard import StandardTable
    from target_responsys.tablerules import ColumnRule, DestinationKind

_CAMPAIGN_TYPE = "STR100"
_EXECUTION_TYPE = "STR25"


@dataclass(frozen=True)
class Field:
    """A property that is delivered, and the column that it goes to.

    Args:
        property: Name of the property.
        column: Name of the column, as it was chosen.
        kind: What the property holds.
        type: The type that the column is created with.
        known_type: The type that the settings or the standard table say the column has, else None.
        longest: Characters that the stream's schema allows, where it says so.
        translated: Whether Responsys stores something else than is sent, as with permission statuses.
    """

    property: str
    column: str
    kind: Kind
    type: str
    longest: int | None = None
    translated: bool = False
    known_type: str | None = None


@dataclass(frozen=True)
class Constant:
    """A column that has the same value in every row of a run, and the setting that names it."""

    column: str
    value: str
    type: str
    setting: str


@dataclass(frozen=True)
class Route:
    """Where a stream goes.

    Args:
        stream: Name of the stream.
        folder: Responsys folder; empty where the delivery knows none, and for lists and their extensions.
        table: Supplemental table, profile extension table or profile list.
        constants: The columns of campaign and execution, which only supplemental tables have.
        fields: The stream's own columns.
        keys: Properties that identify a row within its campaign.
        campaign_column: The campaign's column, or an empty text.
        campaign_id: The campaign's id, whether or not it has a column.
        unmatched: Properties that the setting `tables` has columns for and the stream lacks.
        kind: What `table` is.
        list_name: The list that a profile extension table extends, or the list itself; else empty.
        unmapped: Properties that are left out because no column was named for them.
        withheld: Properties that are left out because they would change what people have agreed to.
        unfilled: Columns of the standard table that no property belongs to.
    """

    stream: str
    folder: str
    table: str
    constants: tuple[Constant, ...]
    fields: tuple[Field, ...]
    keys: tuple[str, ...]
    campaign_column: str
    campaign_id: str
    unmatched: tuple[str, ...] = ()
    kind: DestinationKind = "supplemental"
    list_name: str = ""
    unmapped: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    unfilled: tuple[str, ...] = ()

    @property
    def column_names(self) -> list[str]:
        """All columns in the order that they are written in."""
        return [constant.column for constant in self.constants] + [each.column for each in self.fields]

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns of the key, the campaign's first."""
        by_property = {each.property: each.column for each in self.fields}
        own = tuple(by_property[name] for name in self.keys)
        return (self.campaign_column, *own) if self.campaign_column else own


def route(
    stream: str,
    schema: Mapping[str, Any],
    key_properties: Sequence[str],
    config: Mapping[str, Any],
    *,
    execution_id: str,
    executed_at: str = "",
) -> Route:
    """Decide where a stream goes.

    Args:
        stream: Name of the stream.
        schema: Its JSON Schema.
        key_properties: Its key.
        config: The target's settings.
        execution_id: Id of this run.
        executed_at: Its start, as timestamps are written.

    Raises:
        SettingsError: RSYS-1007 when a property of the key is not delivered.
        DataError: RSYS-5003 when columns collide.
    """
    rule = TableRule.of_stream(stream, config)
    kind: DestinationKind = rule.destination or chosen(config, "destination")
    standard = standard_tables()[rule.standard] if rule.standard else None
    properties: Mapping[str, Any] = schema["properties"]
    mapped = columns_of(properties, rule, standard)
    withheld = _withheld(mapped, rule) if kind == "list" else ()
    fields = tuple(
        Field(
            name,
            column.name or name.lstrip("_"),
            kind_of(properties[name]),
            column.type or column_type(properties[name]),
            longest(properties[name]),
            translated=kind == "list" and is_permission_column(column.name or name),
            known_type=column.type,
        )
        for name, column in mapped.items()
        if name not in withheld
    )
    constants = _constants(stream, config, execution_id, executed_at) if kind == "supplemental" else ()
    campaign_column = chosen(config, "campaign_id_column") if kind == "supplemental" else ""
    left_out = {name for name, column in rule.columns.items() if column is None}
    columns = {each.column.upper() for each in fields}
    made = Route(
        stream=stream,
        folder=(rule.folder or config.get("folder_name") or "") if kind == "supplemental" else "",
        table=_table(stream, kind, rule, standard, config),
        constants=constants,
        fields=fields,
        keys=_keys(stream, key_properties, kind, rule, standard, fields, config),
        campaign_column=campaign_column,
        campaign_id=_campaign_id(stream, config),
        unmatched=tuple(sorted(rule.columns.keys() - properties.keys())),
        kind=kind,
        list_name="" if kind == "supplemental" else rule.list_name or config.get("list_name") or "",
        unmapped=tuple(name for name in properties if name not in mapped.keys() | left_out),
        withheld=withheld,
        unfilled=tuple(name for name in (standard.columns if standard else ()) if name not in columns),
    )
    if groups := colliding_names(made.column_names):
        raise DataError(
            "RSYS-5003",
            f"Stream {stream} has several properties for one column: {', '.join(groups[0])} (case does "
            "not count).",
            f"Rename one with tables.{stream}.columns, or with campaign_id_column, execution_id_column.",
        )
    return made


def unrouted(stream: str, config: Mapping[str, Any]) -> Route:
    """Return what can be said of where a stream was to go that has no route."""
    rule = TableRule.of_stream(stream, config)
    kind: DestinationKind = rule.destination or chosen(config, "destination")
    standard = standard_tables()[rule.standard] if rule.standard else None
    table = _table(stream, kind, rule, standard, config)
    return Route(stream, "", table, (), (), (), "", _campaign_id(stream, config), kind=kind)


def omissions(route: Route) -> list[str]:
    """Say what of a stream or of the settings is not delivered, a sentence each."""
    stream = f"Stream {route.stream}"
    texts = {
        f"tables.{route.stream}.columns names what the stream does not have": route.unmatched,
        f"{stream} has properties that are left out, since no column is named for them": route.unmapped,
        f"{stream} has permission columns, which are left out": route.withheld,
        f"{stream} has nothing for these columns of the standard table": route.unfilled,
    }
    return [f"{text}: {', '.join(names)}" for text, names in texts.items() if names]


def _table(
    stream: str,
    kind: DestinationKind,
    rule: TableRule,
    standard: StandardTable | None,
    config: Mapping[str, Any],
) -> str:
    if kind == "list":
        return rule.list_name or config.get("list_name") or ""
    if kind == "pet":
        return rule.pet_name or (config.get("pet_name") or "").format(stream=stream)
    if rule.table:
        return rule.table
    name = standard.table if standard else chosen(config, "table_name").format(stream=stream)
    return str(chosen(config, "table_prefix") + name)


def _campaign_id(stream: str, config: Mapping[str, Any]) -> str:
    return campaign_id(stream, given=config.get("campaign_id"), name=config.get("campaign_name"))


def _constants(
    stream: str, config: Mapping[str, Any], execution_id: str, executed_at: str
) -> tuple[Constant, ...]:
    columns = (
        ("campaign_id_column", _campaign_id(stream, config), _CAMPAIGN_TYPE),
        ("execution_id_column", execution_id, _EXECUTION_TYPE),
        ("executed_at_column", executed_at, "TIMESTAMP"),
    )
    named = ((chosen(config, setting), value, type_, setting) for setting, value, type_ in columns)
    return tuple(Constant(*each) for each in named if each[0])


def _withheld(mapped: Mapping[str, ColumnRule], rule: TableRule) -> tuple[str, ...]:
    """Return the properties that would change permissions without anybody having asked for it."""
    return tuple(
        name
        for name, column in mapped.items()
        if name not in rule.columns and is_permission_column(column.name or name)
    )


def _keys(
    stream: str,
    key_properties: Sequence[str],
    kind: DestinationKind,
    rule: TableRule,
    standard: StandardTable | None,
    fields: Sequence[Field],
    config: Mapping[str, Any],
) -> tuple[str, ...]:
    """Return the properties that identify a row.

    Raises:
        SettingsError: RSYS-1007 when one is not delivered.
    """
    by_column = {each.column.upper(): each.property for each in fields}
    if kind != "supplemental":
        wanted = rule.match_columns or tuple(chosen(config, "match_columns") or ())
        by_name = {name: by_column.get(name.upper()) for name in wanted}
        remedy = f"Map a property to it with tables.{stream}.columns, or correct match_columns."
    elif rule.keys is None and standard is not None:
        by_name = {name: by_column.get(name) for name in standard.keys}
        remedy = f"Map a property to it with tables.{stream}.columns, or set tables.{stream}.keys."
    else:
        delivered = {each.property for each in fields}
        names = key_properties if rule.keys is None else rule.keys
        by_name = {name: name if name in delivered else None for name in names}
        remedy = f"Check tables.{stream}.keys and tables.{stream}.columns against the stream."
    if unknown := [name for name, found in by_name.items() if found is None]:
        raise SettingsError(
            "RSYS-1007",
            f"Stream {stream} does not deliver {', '.join(unknown)}, which is part of its key.",
            remedy,
        )
    return tuple(found for found in by_name.values() if found is not None)
