"""Singer messages from bytes: strict, and silent about their content when something is wrong with them."""

from __future__ import annotations

import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from singer_sdk.singerlib.exceptions import InvalidInputLine

from responsys_io.errors import DataError
from target_responsys.lineblocks import MAX_LINE_BYTES, line_blocks
from target_responsys.shortway import ShortWay, decode_message

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_LINES = 1000
_REMEDY = "The tap, or a mapper after it, writes something else than Singer messages to its standard output."
# What has to be an object in a message for the SDK to handle it.
_OBJECTS = {"RECORD": "record", "SCHEMA": "schema"}


class MessageReader(GenericSingerReader[bytes]):
    """Reads messages, and remembers how far it came.

    Attributes:
        line: Number of the line that was read last.
        last_type: Type of the last message.
        short: Takes records before anything else is made of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.line = 0
        self.last_type: str | None = None
        self.short = ShortWay()

    @property
    def default_input(self) -> IO[bytes]:
        """Standard input, undecoded."""
        return sys.stdin.buffer

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Decode a line.

        Raises:
            DataError: RSYS-6001 when it is no JSON object in UTF-8.
        """
        try:
            return decode_message(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # A line without its end, which only the last one can be, tells of a writer that died.
            cut = not line.endswith(b"\n")
            fault = "breaks off" if cut else "is not a JSON object in UTF-8"
            raise DataError("RSYS-6001", f"Line {self.line} of the input {fault}.", _REMEDY) from None

    def process_lines(
        self,
        file_input: IO[bytes] | None,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        """Hand each message that has no short way to the callback of its type; blank lines are passed over.

        Returns:
            The number of messages by type.

        Raises:
            DataError: RSYS-6001 to RSYS-6004 for a line that is no Singer message.
        """
        counts: Counter[str] = Counter()
        most = 1
        for lines in line_blocks(file_input or self.default_input):
            if len(lines[0]) > MAX_LINE_BYTES:
                raise DataError(
                    "RSYS-6003",
                    f"Line {self.line + 1} of the input is longer than {MAX_LINE_BYTES >> 20} MiB.",
                    "Leave out long properties in the tap's selection.",
                )
            done = 0
            while done < len(lines):
                some = lines[done : done + most]
                taken = self.short.take(some)
                if taken:
                    done += taken
                    self.line += taken
                    self.last_type = "RECORD"
                    counts["RECORD"] += taken
                if taken == len(some):
                    most = min(2 * most, _MOST_LINES)
                    continue
                if taken or len(some) == 1:
                    self._handle(lines[done], callbacks, counts)
                    done += 1
                # Where a line needs the SDK, fewer are tried together.
                most = max(1, len(some) // 2)
        return counts

    def _handle(
        self, line: bytes, callbacks: dict[str, Callable[[dict[str, Any]], None]], counts: Counter[str]
    ) -> None:
        """Hand a message to the callback of its type."""
        self.line += 1
        if line.isspace():
            return
        message = self.deserialize_json(line)
        kind = message.get("type")
        callback = callbacks.get(kind) if isinstance(kind, str) else None
        if callback is None or not isinstance(kind, str):
            fault = "has no type" if kind is None else "is of a type that Singer does not know"
            raise DataError("RSYS-6002", f"Line {self.line} of the input {fault}.", _REMEDY)
        part = _OBJECTS.get(kind)
        if part and not isinstance(message.get(part), dict):
            raise self._incomplete(kind)
        try:
            callback(message)
        except InvalidInputLine:
            # The SDK's text repeats the whole message.
            raise self._incomplete(kind) from None
        counts[kind] += 1
        self.last_type = kind

    def _incomplete(self, kind: str) -> DataError:
        return DataError("RSYS-6004", f"The {kind} message in line {self.line} is not complete.", _REMEDY)
