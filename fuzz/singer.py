"""What a tap writes: lines, schemas, records."""

from __future__ import annotations

import contextlib
import io
import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from responsys_io.errors import ResponsysError
from target_responsys.messages import MessageReader
from target_responsys.routing import route
from target_responsys.rows import RowMaker, UnfitRecordError

if TYPE_CHECKING:
    from target_responsys.routing import Route

_CONFIG = {"folder_name": "CDP", "campaign_id": "c1"}


class _Tables:
    """Takes messages as the target does, and writes rows of them."""

    def __init__(self) -> None:
        self.makers: dict[str, RowMaker] = {}

    def take_schema(self, message: dict[str, Any]) -> None:
        stream, schema, keys = (message.get(name) for name in ("stream", "schema", "key_properties"))
        if not isinstance(stream, str) or not isinstance(schema, dict):
            return
        properties = schema.get("properties")
        names = keys if isinstance(keys, list) and all(isinstance(key, str) for key in keys) else []
        # The SDK refuses other schemas before the target sees them.
        if isinstance(properties, dict) and all(isinstance(each, dict) for each in properties.values()):
            made: Route = route(stream, schema, names, _CONFIG, execution_id="e1", executed_at="2026-01-01")
            self.makers[stream] = RowMaker(made, UTC)

    def take_record(self, message: dict[str, Any]) -> None:
        stream = message.get("stream")
        maker = self.makers.get(stream) if isinstance(stream, str) else None
        if maker is None:
            return
        with contextlib.suppress(UnfitRecordError):
            places, row = maker.present(message["record"])
            assert len(places) == len(row), "a value for every column"
            json.dumps(row).encode("ascii")


def messages(data: bytes) -> None:
    """Read the target's input."""
    tables = _Tables()
    with contextlib.suppress(ResponsysError):
        MessageReader().process_lines(
            io.BytesIO(data),
            {
                "SCHEMA": tables.take_schema,
                "RECORD": tables.take_record,
                "STATE": lambda _: None,
                "ACTIVATE_VERSION": lambda _: None,
            },
        )
