"""Every feed as the sandbox's export jobs write it, against a reading with Python's csv alone."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from support.exportfolder import read
from support.pgp import HAS_GPG
from support.plugins import run_tap

from responsys_io.feeds import feeds
from responsys_sandbox.account import Account, AccountPlan
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
        ExportOptions(delimiter="\t", encoding="cp1252", extension="csv", ready_name="full"),
        {"delimiter": "tab", "encoding": "cp1252"},
    ),
    "pipes, an apostrophe as enclosure": (
        ExportOptions(delimiter="|", quote="'", custom_columns=tuple(f"CUSTOM_{n}" for n in range(12))),
        {"delimiter": "pipe", "quote_char": "'"},
    ),
    "UTF-8 with a byte order mark": (ExportOptions(encoding="utf-8-sig"), {"encoding": "utf-8"}),
    "UTF-16": (ExportOptions(encoding="utf-16"), {"encoding": "utf-16"}),
}
PACKED: dict[str, dict[str, Any]] = {
    "zip": {"compression": "zip"},
    "txt.zip, UTF-16": {"compression": "zip", "inner_suffix": True, "encoding": "utf-16"},
    "gz": {"compression": "gz"},
    "gpg": {"encryption": "pgp"},
    "txt.gpg, armoured": {"encryption": "pgp", "pgp_armour": True, "inner_suffix": True},
    "gpg, signed": {"encryption": "pgp", "pgp_signed": True},
    "zip.gpg": {"encryption": "pgp", "compression": "zip", "ready_name": "full"},
    "txt.zip.gpg, armoured and signed": {
        "encryption": "pgp", "compression": "zip", "inner_suffix": True, "pgp_armour": True,
        "pgp_signed": True,
    },
    "gz.gpg": {"encryption": "pgp", "compression": "gz"},
    "txt.gpg.zip": {"encryption": "pgp", "compression": "zip", "pgp_first": True, "inner_suffix": True},
    "gpg.gz, signed": {"encryption": "pgp", "compression": "gz", "pgp_first": True, "pgp_signed": True},
}  # fmt: skip


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


@pytest.mark.parametrize("job", PACKED)
def test_every_stack_of_packings_comes_out_as_it_was_written(job: str, tmp_path: Path) -> None:
    options = PACKED[job]
    if "encryption" in options and not HAS_GPG:
        pytest.skip("gpg is not installed")
    plain = ExportOptions(feeds=("SENT", "CLICK"), ready_extension=None)
    written = Account(tmp_path / "plain", AccountPlan(contacts=60, exports=plain)).add_days()
    exports = ExportOptions(feeds=plain.feeds, **options)
    plan = AccountPlan(contacts=60, exports=exports)
    with Sandbox(tmp_path / "sandbox", options=SandboxOptions(days=1, plan=plan)) as sandbox:
        run = tap_over(sandbox, tmp_path, {"encoding": exports.encoding})
    assert run.exit_code == 0, run.errors
    for path, stream in zip(written, ("sent", "click", "contacts"), strict=True):
        rows = read(path).rows
        records = run.records[stream]
        assert len(records) == len(rows) > 0
        key = "RIID_" if stream == "contacts" else "RIID"
        assert [record[key] for record in records] == [int(row[key]) for row in rows]
    assert_no_key_is_told(run, sandbox)


def assert_no_key_is_told(run: Run, sandbox: Sandbox) -> None:
    for path in sandbox.keys.glob("pgp_*.asc"):
        lines = path.read_text(encoding="ascii").splitlines()
        assert not any(line in run.stderr for line in lines if len(line) > 40)
