"""Settings of how rows are loaded over REST, of erasure, and of what a run leaves behind about itself."""

from __future__ import annotations

from typing import Any

from responsys_io.recordcalls import MAX_RECORDS
from responsys_io.resthttp import MAX_CONNECTIONS
from responsys_io.settings import setting

LOAD_METHODS = ("upsert", "insert-only", "append", "mirror")

LOAD_PROPERTIES: dict[str, dict[str, Any]] = {
    "load_method": setting(
        "string",
        "Load method",
        "Of delivery api. upsert overwrites the columns sent of a row that is there already; insert-only "
        "leaves such a row alone; append is for tables without a primary key and adds every row that is not "
        "there already in all its columns; mirror upserts and, at the end, deletes the rows of the same "
        "campaign that earlier runs have delivered and this one has not.",
        default="upsert",
        enum=[*LOAD_METHODS, None],
    ),
    "mirror_state_file": setting(
        "string",
        "Mirror state file",
        "Of load_method mirror and process_activate_version_messages: a file that keeps the keys of the rows "
        "delivered from run to run, since Responsys cannot list them. It holds key values: it is readable "
        "for its owner only. The first run with it knows no former rows.",
        examples=["state/audiences.sqlite"],
    ),
    "allow_empty_audience": setting(
        "boolean",
        "Allow empty audiences",
        "Of load_method mirror: delete everybody when no record comes. Otherwise that is an error and "
        "nobody is deleted.",
        default=False,
    ),
    "hard_delete": setting(
        "boolean",
        "Hard delete",
        "Of delivery api: delete the row of a record that has a value in _sdc_deleted_at, in tables with a "
        "primary key. Load method mirror always does. Otherwise such a record is delivered like any other.",
        default=False,
    ),
    "process_activate_version_messages": setting(
        "boolean",
        "Process ACTIVATE_VERSION",
        "Of delivery api: on an ACTIVATE_VERSION message, delete the rows of the stream that were delivered "
        "with another version, in tables with a primary key. Needs mirror_state_file.",
        default=False,
    ),
    "batch_size_rows": setting(
        "integer",
        "Rows per call",
        "Of delivery api: records in a merge call. Responsys takes 200 at most.",
        default=MAX_RECORDS,
        minimum=1,
        maximum=MAX_RECORDS,
    ),
    "max_connections": setting(
        "integer",
        "Calls at the same time",
        "Of delivery api: how many calls may be under way at the same time. The account's limits are kept "
        "to all the same, and rows of one key stay in order. Fewer are, where their rows would take more "
        "than 16 MiB of memory together.",
        default=8,
        minimum=1,
        maximum=MAX_CONNECTIONS,
    ),
}

ASYNC_PROPERTIES: dict[str, dict[str, Any]] = {
    "api_mode": setting(
        "string",
        "API mode",
        "Of delivery api: sync has each merge carried out while its call lasts; async queues merges and asks "
        "for their results, for accounts whose limits are higher there. A state waits for the results. "
        "Nothing is deleted in this mode: load_method mirror, hard_delete, process_activate_version_messages "
        "and erase need sync.",
        default="sync",
        enum=["sync", "async", None],
    ),
    "async_requests": setting(
        "integer",
        "Queued calls at the same time",
        "Of api_mode async: how many merge calls may be under way at the same time. Each holds its rows in "
        "memory until its result is there, and 16 MiB of them are held at most; max_connections bounds how "
        "many calls are handed over at once.",
        default=100,
        minimum=1,
        maximum=400,
    ),
    "async_poll_interval": setting(
        "number",
        "First pause before asking",
        "Of api_mode async: seconds until results are asked for, of up to 200 calls at once. While none is "
        "there the pause doubles, up to async_poll_interval_max; it is shortened by chance so that runs do "
        "not ask together.",
        default=1.0,
        minimum=0.01,
    ),
    "async_poll_interval_max": setting(
        "number",
        "Longest pause before asking",
        "Of api_mode async: see async_poll_interval.",
        default=30.0,
        minimum=0.01,
    ),
    "async_max_wait": setting(
        "number",
        "Longest wait for a result",
        "Of api_mode async: seconds after which a queued call counts as of unknown outcome: its rows go to "
        "the rejects file as UNKNOWN, and later rows with their keys are not sent. Responsys keeps results "
        "for 24 hours.",
        default=14_400,
        minimum=1,
        maximum=82_800,
    ),
}

REPORT_PROPERTIES: dict[str, dict[str, Any]] = {
    "receipt_file": setting(
        "string",
        "Receipt file",
        "Write what the run did to this file as JSON, also when it fails: counts per table and campaign, "
        "requests, retries, waits, files; no values of records. {execution_id} stands for the run.",
        examples=["receipts/{execution_id}.json"],
    ),
    "sign_receipt": setting(
        "boolean",
        "Sign the receipt",
        "Write the receipt's signature by pgp_private_key beside it, under its name and .asc, for gpg "
        "--verify. The program gpg has to be installed.",
        default=False,
    ),
    "request_log_file": setting(
        "string",
        "Request log file",
        "Add a JSON line to this file for each request to Responsys: time, method, path without query, "
        "status, error code, rows, duration, attempt and X-CorrelationID; no content. {execution_id} stands "
        "for the run.",
        examples=["logs/requests-{execution_id}.jsonl"],
    ),
    "receipt_ids": setting(
        "string",
        "Ids in the receipt",
        "Of erase: hashed puts the SHA-256 of each id into the receipt, to prove later that a person was "
        "erased; none leaves ids out.",
        default="none",
        enum=["none", "hashed", None],
    ),
}

_KIND = {"enum": ["riid", "email", "customer_id", "mobile"]}
_PLACE = {
    "type": "object",
    "properties": {
        "table": {"type": "string"},
        "folder": {"type": "string"},
        "list_name": {"type": "string"},
        "pet_name": {"type": "string"},
        "column": {"type": "string"},
        "kind": _KIND,
        "others": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
    "additionalProperties": False,
}

ERASE_PROPERTIES: dict[str, dict[str, Any]] = {
    "erase": setting(
        "boolean",
        "Erase",
        "Of delivery api: erase the people whose ids come in, instead of delivering records, and read back "
        "that they are gone. The receipt counts ids found, rows deleted and ids verified absent.",
        default=False,
    ),
    "erase_by": setting(
        "object",
        "Ids to erase by",
        "Of erase: which properties hold ids, and of which kind: riid, email, customer_id or mobile.",
        additionalProperties=_KIND,
        examples=[{"email": "email"}],
    ),
    "erase_from": setting(
        "array",
        "Places to erase from",
        "Of erase, an object each, in any order. A profile list: list_name. A profile extension table: "
        "pet_name, and list_name where it is not the setting of that name. Both look for every kind of id in "
        "erase_by, or for kind only. A supplemental table: table, folder (instead of folder_name), column "
        "(the one of the primary key with the id), kind (of the id) and others (values of the other columns "
        "of the primary key, since Responsys deletes by all of it only).",
        items=_PLACE,
        examples=[
            [
                {"list_name": "CONTACTS_LIST"},
                {"list_name": "CONTACTS_LIST", "pet_name": "LOYALTY"},
                {
                    "table": "Acquia_AbandonedCart",
                    "column": "EMAIL",
                    "kind": "email",
                    "others": {"CAMPAIGN_ID": ["c1"]},
                },
            ]
        ],
    ),
}
