"""The physical lines of an export: bounded in length, with undecodable bytes marked and not lost."""

from __future__ import annotations

import codecs
import io
import re
from typing import IO

LONGEST_LINE = 1 << 22
"""Characters; a line of that length or more is cut off there, and its rest is passed over."""

_LONGEST_SHOWN = 1 << 17
_READ_AT_ONCE = LONGEST_LINE + 1
_BYTE_ORDER_MARK = "\ufeff"
_HANDLER = "tap_responsys.mark"
# Low surrogates without a high one: no valid text of any character set decodes to them.
_MARK = 0xDC00
_NOT_SHOWN = re.compile(r"[\0\ud800-\udfff]")


class Lines:
    """Lines end at LF, CR or CRLF, and at nothing else that Unicode knows as a line end.

    Args:
        stream: The delimited text as bytes.
        encoding: Python name of its character set; a byte order mark in front is passed over.
    """

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        codecs.register_error(_HANDLER, _marked)
        text = io.TextIOWrapper(stream, encoding=encoding, errors=_HANDLER, newline="")
        self._readline = text.readline
        self._ahead: list[str] = []
        self._ahead.append(self.read().removeprefix(_BYTE_ORDER_MARK))

    def read(self) -> str:
        """Return the next line with its line end, empty at the end of the text."""
        if self._ahead:
            return self._ahead.pop()
        line = self._readline(_READ_AT_ONCE)
        if len(line) == _READ_AT_ONCE:
            self._pass_over_rest(line)
        return line

    def _pass_over_rest(self, piece: str) -> None:
        while len(piece) == _READ_AT_ONCE and piece[-1] not in "\r\n":
            piece = self._readline(_READ_AT_ONCE)
        if len(piece) == _READ_AT_ONCE and piece[-1] == "\r":
            # The bound may have fallen between CR and LF.
            following = self.read()
            if following not in ("", "\n"):
                self._ahead.append(following)


def flaw(text: str, encoding: str) -> str:
    """Say what no text of an export may have in it, empty when all is well."""
    if not text.isascii():
        try:
            text.encode()  # refuses marks, and is the fastest way to look for them
        except UnicodeEncodeError:
            return f"bytes that are not {encoding}"
    return "a NUL character" if "\0" in text else ""


def shown(text: str) -> str:
    r"""Return lines as they stand in the file, without the last line end.

    NUL, which many destinations refuse in a text, and undecodable bytes become `\xNN`. Of a line that is too
    long the first 131,072 characters are shown, with a note.
    """
    if len(text) >= LONGEST_LINE:
        text = f"{text[:_LONGEST_SHOWN]} [cut off here: the line goes on]"
    text = text.removesuffix("\n").removesuffix("\r")
    return _NOT_SHOWN.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", text)


def _marked(error: UnicodeError) -> tuple[str, int]:
    """Put a mark in the place of each byte that cannot be decoded; a codec's error handler."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(_MARK + byte) for byte in error.object[error.start : error.end]), error.end
