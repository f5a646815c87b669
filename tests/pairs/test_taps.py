"""target-responsys behind taps of others. (tap-postgres is in tests/pipeline, where Meltano runs it.)"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from support.delivery import FOLDER, settings_of
from support.programs import output_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from responsys_sandbox.sandbox import Sandbox

    Program = Callable[[str, str], Path]

pytestmark = pytest.mark.timeout(600)

PEOPLE = [{"customer_id": f"C-{number}", "email_address": f"p{number}@example.com"} for number in range(450)]


def delivered(sandbox: Sandbox, messages: bytes, stream: str, tmp_path: Path) -> list[dict[str, str | None]]:
    """Send a tap's output through the target; return the rows of its table."""
    config = tmp_path / "target.json"
    routes = {stream: {"table": "People", "keys": ["customer_id"]}}
    own = {"create_tables": "apply", "campaign_name": "Pairs", "tables": routes}
    config.write_text(json.dumps(settings_of(sandbox) | own), encoding="utf-8")
    output_of([sys.executable, "-m", "target_responsys", "--config", config], sent=messages)
    return [dict(row) for row in sandbox.store.rows(FOLDER, "People")]


def test_a_tap_of_csv_files(empty_account: Sandbox, program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    lines = [f"{one['customer_id']},{one['email_address']}\r\n" for one in PEOPLE]
    (folder / "people.csv").write_text("customer_id,email_address\r\n" + "".join(lines), encoding="utf-8")
    config = tmp_path / "tap.json"
    config.write_text(json.dumps({"path": str(folder), "read_mode": "one_stream_per_file"}), encoding="utf-8")
    messages = output_of([program("tap-csv-folder", "tap-csv-folder"), "--config", config])
    rows = delivered(empty_account, messages, "people", tmp_path)
    assert {(row["CUSTOMER_ID"], row["EMAIL_ADDRESS"]) for row in rows} == {
        (one["customer_id"], one["email_address"]) for one in PEOPLE
    }


def test_a_tap_of_json_lines(empty_account: Sandbox, program: Program, tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in PEOPLE), encoding="utf-8")
    config = tmp_path / "tap.json"
    own = {"path": str(path), "stream_name": "people", "primary_keys": ["customer_id"]}
    config.write_text(json.dumps(own), encoding="utf-8")
    messages = output_of([program("tap-jsonl", "tap-jsonl"), "--config", config])
    rows = delivered(empty_account, messages, "people", tmp_path)
    assert {(row["CUSTOMER_ID"], row["EMAIL_ADDRESS"]) for row in rows} == {
        (one["customer_id"], one["email_address"]) for one in PEOPLE
    }
    assert len({row["CAMPAIGN_ID"] for row in rows}) == 1
