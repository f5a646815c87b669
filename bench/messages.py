"""Singer messages of an audience, as a tap on a warehouse writes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench.paths import WORK

if TYPE_CHECKING:
    from pathlib import Path

STREAM = "audience"
KEY = ("customer_id",)
_PROPERTIES: dict[str, dict[str, object]] = {
    "customer_id": {"type": "integer"},
    "email": {"type": ["null", "string"]},
    "first_name": {"type": ["null", "string"]},
    "city": {"type": ["null", "string"]},
    "loyalty_points": {"type": ["null", "integer"]},
    "last_order_value": {"type": ["null", "number"]},
    "last_order_at": {"type": ["null", "string"], "format": "date-time"},
    "is_member": {"type": ["null", "boolean"]},
    "segment": {"type": ["null", "string"]},
    "product": {"type": ["null", "string"]},
}
_BLOCK = 10_000


def audience(rows: int) -> Path:
    """Make a file of messages: SCHEMA, so many RECORDs with a key of their own each, STATE.

    Returns:
        The file; made once.
    """
    path = WORK / "inputs" / f"audience-{rows}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            schema = {"type": "object", "properties": _PROPERTIES}
            file.write(_line(type="SCHEMA", stream=STREAM, key_properties=KEY, schema=schema))
            for start in range(0, rows, _BLOCK):
                numbers = range(start, min(start + _BLOCK, rows))
                file.writelines(
                    _line(type="RECORD", stream=STREAM, record=_record(number)) for number in numbers
                )
            file.write(_line(type="STATE", value={"bookmarks": {STREAM: {"rows": rows}}}))
        part.rename(path)
    return path


def _record(number: int) -> dict[str, object]:
    return {
        "customer_id": 1_000_000 + number,
        "email": f"customer.{number}@example.com",
        "first_name": ("Ana", "José", "Zoë", "Max", None)[number % 5],
        "city": ("São Paulo", "Köln", "Springfield, IL", "Paris")[number % 4],
        "loyalty_points": number % 5000,
        "last_order_value": number % 30_000 / 100,
        "last_order_at": f"2026-01-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02}:00Z",
        "is_member": number % 3 == 0,
        "segment": f"segment {number % 12}",
        "product": f'size "{number % 60}" shoe',
    }


def _line(**message: object) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n"
