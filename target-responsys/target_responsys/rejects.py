"""Records that were refused, as a Singer file: a reason beside each, and ready to be piped in again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from responsys_io.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Rejects:
    """The rejects file of a run. It is made with the first record and replaces an older one of its name.

    Args:
        path: Where it goes.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path).expanduser()
        self.count = 0
        self._file: BinaryIO | None = None
        self._announced: dict[str, bytes] = {}

    def add(
        self,
        stream: str,
        schema: Mapping[str, Any],
        key_properties: Sequence[str],
        record: Mapping[str, Any],
        rejected: Mapping[str, str],
    ) -> None:
        """Write one record, after its stream's schema.

        Args:
            stream: Name of the stream.
            schema: Its JSON Schema.
            key_properties: Its key.
            record: The record.
            rejected: Why: `reason`, `code`, `table` and, of a call that was made, `batch`.

        Raises:
            SettingsError: RSYS-1008 when the file cannot be written.
        """
        announcement = _encode(
            {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": list(key_properties)}
        )
        lines = [_encode({"type": "RECORD", "stream": stream, "record": record, "rejected": rejected})]
        if self._announced.get(stream) != announcement:
            self._announced[stream] = announcement
            lines.insert(0, announcement)
        try:
            if self._file is None:
                self._file = self._open()
            self._file.write(b"".join(line + b"\n" for line in lines))
        except OSError as error:
            raise self._unwritable(error) from error
        self.count += 1

    def settle(self) -> None:
        """Have what was written on the disk: after that, a state that covers it may be reported.

        Raises:
            SettingsError: RSYS-1008 when that fails.
        """
        if self._file is None:
            return
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unwritable(error) from error

    def close(self) -> None:
        """Settle and close."""
        self.settle()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> BinaryIO:
        # A reader of the older file, such as a replay into this very run, keeps what it has open.
        self.path.unlink(missing_ok=True)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def _unwritable(self, error: OSError) -> SettingsError:
        return SettingsError(
            "RSYS-1008",
            f"rejects_file {self.path} cannot be written: {error.strerror}.",
            "Check its folder, its permissions and the free space.",
        )
