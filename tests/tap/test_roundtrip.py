"""Every feed as the sandbox's export jobs write it, against a reading with Python's csv alone."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from support.exportfolder import read
from support.plugins import run_tap

from responsys_io.feeds import feeds
from responsys_sandbox.account import AccountPlan
from responsys_sandbox.exportoptions import ExportOptions
from responsys_sandbox.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support.plugins import Run

JOBS = {
    "as Oracle does it": (ExportOptions(), {}),
    "semicolons, columns in an order of their own": (
        ExportOptions(delimiter=";", shuffle_columns=True, custom_position="first"),
        {"delimiter": "semicolon"},
    ),
    "tabs, Windows-1252, csv": (
        ExportOptions(delimiter="\t", encoding="cp1252", extension="csv", ready_full_name=True),
        {"delimiter": "tab", "encoding": "cp1252"},
    ),
    "pipes, an apostrophe as enclosure": (
        ExportOptions(delimiter="|", quote="'", custom_columns=tuple(f"CUSTOM_{n}" for n in range(12))),
        {"delimiter": "pipe", "quote_char": "'"},
    ),
}


def tap_over(sandbox: Sandbox, tmp_path: Path, settings: dict[str, Any]) -> Run:
    prefix = "TAP_RESPONSYS_"
    config = {
        name.removeprefix(prefix).lower(): value
        for name, value in sandbox.settings.items()
        if name.startswith(prefix)
    }
    return run_tap(tmp_path, {**config, "port": int(config["port"]), **settings})


def plain(record: dict[str, Any]) -> dict[str, str]:
    """A record's columns as text, without those of the tap and without empty ones."""
    return {
        name: str(value)
        for name, value in record.items()
        if value is not None and not name.startswith("_sdc_") and name != "subscription_status"
    }


def expected(row: dict[str, str], types: Mapping[str, str]) -> dict[str, str]:
    """What a row of a file has to become, in the same form."""
    return {name: convert(text, types.get(name, "text")) for name, text in row.items() if text}


def convert(text: str, kind: str) -> str:
    if kind == "timestamp":
        day, month, year = text[:11].split("-")
        number = "JanFebMarAprMayJunJulAugSepOctNovDec".index(month) // 3 + 1
        return f"{year}-{number:02}-{int(day):02}T{text[12:]}+00:00"
    if kind == "number":
        return str(json.loads(str(Decimal(text))))
    return str(int(text)) if kind == "integer" else text


@pytest.mark.parametrize("job", JOBS)
def test_every_feed_comes_out_as_it_was_written(job: str, tmp_path: Path) -> None:
    exports, settings = JOBS[job]
    plan = AccountPlan(contacts=5, exports=exports)
    with Sandbox(tmp_path / "sandbox", options=SandboxOptions(days=0, plan=plan)) as sandbox:
        written = [path for stem in feeds() for path in sandbox.account.add_sample(stem, 12)]
        run = tap_over(sandbox, tmp_path, settings)
    assert run.exit_code == 0
    data = [path for path in written if path.suffix in {".txt", ".csv"}]
    assert len(data) == len(feeds()) == 64
    for path, feed in zip(data, feeds().values(), strict=True):
        types = {column.name: column.type for column in (*feed.columns, *feed.add_on_columns)}
        rows = read(path, delimiter=exports.delimiter, quote=exports.quote, encoding=exports.encoding).rows
        records = run.records[feed.stream_name]
        assert [plain(record) for record in records] == [expected(row, types) for row in rows], feed.stem
        assert [record["_sdc_source_lineno"] for record in records] == list(range(2, len(rows) + 2))
        schema = run.schemas[feed.stream_name]["schema"]["properties"]
        assert set(rows[0]) <= set(schema)
