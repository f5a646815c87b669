"""The target's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_io.settings import API_PROPERTIES, FILE_SERVER_PROPERTIES, delimiter_of, setting
from target_responsys.destinationsettings import DESTINATION_PROPERTIES
from target_responsys.filesettings import FILE_PROPERTIES
from target_responsys.loadsettings import (
    ASYNC_PROPERTIES,
    ERASE_PROPERTIES,
    LOAD_PROPERTIES,
    REPORT_PROPERTIES,
)
from target_responsys.tablerules import TABLE_RULE

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS: dict[str, dict[str, Any]] = {
    "delivery": setting(
        "string",
        "Delivery",
        "api merges records into supplemental tables over REST; sftp writes a CSV file per stream onto the "
        "file server, for a Connect import job.",
        default="api",
        enum=["api", "sftp", None],
    ),
    **API_PROPERTIES,
    **FILE_SERVER_PROPERTIES,
    "folder_name": setting(
        "string",
        "Folder",
        "Responsys folder of the supplemental tables. Tables in other folders are not written to.",
        examples=["!Acquia"],
    ),
    "table_name": setting(
        "string",
        "Table name",
        "Name of the table for a stream that the setting tables does not name; {stream} stands for the "
        "stream.",
        default="{stream}",
        examples=["Acquia_Master_Audience"],
    ),
    "table_prefix": setting(
        "string",
        "Table name prefix",
        "Put before names made by table_name.",
        default="",
        examples=["Acquia_"],
    ),
    "tables": setting(
        "object",
        "Tables",
        "Where streams go, by stream: a table's name, or an object of table, folder (instead of "
        "folder_name), columns (property to column name, or to an object of name and type; null leaves the "
        "property out; their order is that of the columns), unmapped (leave_out sends no other properties), "
        "standard (a standard table: master_audience, abandoned_cart, abandoned_browse, sms_audience), keys "
        "(properties that identify a row, instead of the stream's own), destination, list_name, pet_name, "
        "match_columns and connect_job_id.",
        additionalProperties=TABLE_RULE,
        default={},
        examples=[{"carts": {"table": "Acquia_AbandonedCart", "columns": {"id": "CART_ID", "debug": None}}}],
    ),
    "create_tables": setting(
        "string",
        "Missing tables",
        "never stops with an error when a table is missing; plan does as well and says what would be "
        "created; apply creates it, with a primary key.",
        default="never",
        enum=["never", "plan", "apply", None],
    ),
    **DESTINATION_PROPERTIES,
    "plan": setting(
        "boolean",
        "Plan only",
        "Write nothing. Read the input, compare it with the tables and print what a run would do, as the "
        "option --plan does.",
        default=False,
    ),
    **LOAD_PROPERTIES,
    **ASYNC_PROPERTIES,
    **ERASE_PROPERTIES,
    "campaign_name": setting(
        "string",
        "Campaign name",
        "Name of the audience's campaign. Its id is derived from it, the same on every run and machine.",
    ),
    "campaign_id": setting(
        "string",
        "Campaign id",
        "Id of the audience's campaign. Derived from campaign_name when not set, else from the stream's "
        "name.",
    ),
    "campaign_id_column": setting(
        "string",
        "Campaign id column",
        "Column that gets the campaign's id in every row and is part of the key, so that campaigns share a "
        "table without overwriting each other. Empty for none.",
        default="CAMPAIGN_ID",
    ),
    "execution_id_column": setting(
        "string",
        "Execution id column",
        "Column that gets the id of the run that wrote the row: its start in UTC. Empty for none.",
        default="",
        examples=["EXECUTION_ID"],
    ),
    "executed_at_column": setting(
        "string",
        "Execution time column",
        "Column that gets the start of the run that wrote the row, in the zone of timezone. Empty for none.",
        default="",
        examples=["EXECUTED_AT"],
    ),
    "rejects_file": setting(
        "string",
        "Rejects file",
        "File for records that were refused, with the reason, as Singer messages that can be piped in "
        "again. Made when there are some, readable for its owner only; {execution_id} stands for the run.",
        default="rejects-{execution_id}.jsonl",
    ),
    "max_rejected_rows": setting(
        "integer",
        "Tolerated rejects",
        "How many refused records still count as success, of the target or of an import job. With more, all "
        "others are delivered all the same and the exit code is 3.",
        default=0,
        minimum=0,
    ),
    **REPORT_PROPERTIES,
    "timezone": setting(
        "string",
        "Time zone",
        "IANA name of the zone that timestamps are written in, as YYYY-MM-DD HH:MM:SS.",
        default="UTC",
        examples=["UTC", "America/Chicago"],
    ),
    **FILE_PROPERTIES,
}


def chosen(config: Mapping[str, Any], name: str) -> Any:
    """Return a setting, or its default where it is not set."""
    value = config.get(name)
    return SETTINGS[name].get("default") if value is None else value


def delimiter(config: Mapping[str, Any]) -> str:
    """Return the field delimiter as a character."""
    return delimiter_of(chosen(config, "delimiter"))
