"""Where a stream goes: folder, table, columns with their types, and the key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from responsys_io.errors import DataError, SettingsError
from responsys_io.naming import colliding_names, field_name_problem, object_name_problem
from responsys_io.supplemental import MAX_KEY_COLUMNS, Column, Table
from target_responsys.campaign import campaign_id
from target_responsys.settings import chosen
from target_responsys.values import Kind, column_type, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CAMPAIGN_TYPE = "STR100"
_EXECUTION_TYPE = "STR25"


@dataclass(frozen=True)
class TableRule:
    """An entry of the setting `tables`."""

    table: str | None = None
    folder: str | None = None
    columns: Mapping[str, str | None] = field(default_factory=dict)
    keys: tuple[str, ...] | None = None

    @classmethod
    def of(cls, entry: str | Mapping[str, Any]) -> Self:
        """Read an entry: a table's name, or an object."""
        if isinstance(entry, str):
            return cls(table=entry)
        keys = entry.get("keys")
        return cls(
            table=entry.get("table"),
            folder=entry.get("folder"),
            columns=entry.get("columns") or {},
            keys=None if keys is None else tuple(keys),
        )


@dataclass(frozen=True)
class Field:
    """A property that is delivered, and the column that it goes to.

    `type` is the one that the column is created with.
    """

    property: str
    column: str
    kind: Kind
    type: str


@dataclass(frozen=True)
class Constant:
    """A column that has the same value in every row of a run."""

    column: str
    value: str
    type: str


@dataclass(frozen=True)
class Route:
    """Where a stream goes.

    Args:
        stream: Name of the stream.
        folder: Responsys folder; empty where the delivery knows none.
        table: Supplemental table.
        constants: The columns of campaign and execution.
        fields: The stream's own columns.
        keys: Properties that identify a row within its campaign.
        campaign_column: The campaign's column, or an empty text.
        campaign_id: The campaign's id, whether or not it has a column.
        unmatched: Properties that the setting `tables` has columns for and the stream lacks.
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

    def definition(self) -> Table:
        """Return the table to create; names in upper case, as Responsys stores them.

        Raises:
            DataError: RSYS-5001 for names that Responsys does not take, RSYS-5002 for an unusable key.
        """
        if problem := object_name_problem(self.table):
            raise DataError(
                "RSYS-5001",
                f"Stream {self.stream} cannot get a table named {self.table}: {problem}.",
                f"Name it with tables.{self.stream}.table.",
            )
        for each in self.fields:
            if problem := field_name_problem(each.column):
                raise DataError(
                    "RSYS-5001",
                    f"Property {each.property} of stream {self.stream} cannot become a column: {problem}.",
                    f"Name it with tables.{self.stream}.columns.{each.property}, or null.",
                )
        if not self.keys or len(self.key_columns) > MAX_KEY_COLUMNS:
            raise DataError(
                "RSYS-5002",
                f"Table {self.table} needs a primary key of at most {MAX_KEY_COLUMNS} columns and stream "
                f"{self.stream} gives {len(self.key_columns)}: {', '.join(self.key_columns) or 'none'}.",
                f"Name the properties that identify a row in tables.{self.stream}.keys.",
            )
        columns = [Column(constant.column.upper(), constant.type) for constant in self.constants]
        columns += [Column(each.column.upper(), each.type) for each in self.fields]
        return Table(
            self.folder, self.table, tuple(columns), tuple(name.upper() for name in self.key_columns)
        )


def route(
    stream: str,
    schema: Mapping[str, Any],
    key_properties: Sequence[str],
    config: Mapping[str, Any],
    *,
    execution_id: str,
) -> Route:
    """Decide where a stream goes.

    Args:
        stream: Name of the stream.
        schema: Its JSON Schema.
        key_properties: Its key.
        config: The target's settings.
        execution_id: Id of this run.

    Raises:
        SettingsError: RSYS-1007 when a property of the key is not delivered.
        DataError: RSYS-5003 when columns collide.
    """
    rule = TableRule.of((config.get("tables") or {}).get(stream) or {})
    table = rule.table or chosen(config, "table_prefix") + chosen(config, "table_name").format(stream=stream)
    properties: Mapping[str, Any] = schema["properties"]
    left_out = {name for name, column in rule.columns.items() if column is None}
    fields = tuple(
        Field(name, rule.columns.get(name) or name.lstrip("_"), kind_of(definition), column_type(definition))
        for name, definition in properties.items()
        if name not in left_out
    )
    keys = tuple(key_properties) if rule.keys is None else rule.keys
    delivered = {each.property for each in fields}
    if unknown := [name for name in keys if name not in delivered]:
        raise SettingsError(
            "RSYS-1007",
            f"Stream {stream} does not deliver {', '.join(unknown)}, which is part of its key.",
            f"Check tables.{stream}.keys and tables.{stream}.columns against the stream.",
        )
    campaign = campaign_id(stream, given=config.get("campaign_id"), name=config.get("campaign_name"))
    campaign_column = chosen(config, "campaign_id_column")
    execution_column = chosen(config, "execution_id_column")
    constants = [Constant(campaign_column, campaign, _CAMPAIGN_TYPE)] if campaign_column else []
    if execution_column:
        constants.append(Constant(execution_column, execution_id, _EXECUTION_TYPE))
    made = Route(
        stream=stream,
        folder=rule.folder or config.get("folder_name") or "",
        table=table,
        constants=tuple(constants),
        fields=fields,
        keys=keys,
        campaign_column=campaign_column,
        campaign_id=campaign,
        unmatched=tuple(sorted(rule.columns.keys() - properties.keys())),
    )
    if groups := colliding_names(made.column_names):
        raise DataError(
            "RSYS-5003",
            f"Stream {stream} has several properties for one column: {', '.join(groups[0])} (case does "
            "not count).",
            f"Rename one with tables.{stream}.columns, or with campaign_id_column, execution_id_column.",
        )
    return made
