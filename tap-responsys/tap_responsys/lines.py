"""The physical lines of an export: bounded in length, with undecodable bytes marked and not lost."""

from __future__ import annotations

import codecs
import re
import time
from typing import IO

LONGEST_LINE = 1 << 22
"""Characters; a line of that length or more is cut off there, and its rest is passed over."""

_LONGEST_SHOWN = 1 << 17
_READ_AT_ONCE = LONGEST_LINE + 1
_FETCHED_AT_ONCE = 1 << 18
# What comes in small pieces is put together for so long: large blocks of lines are written faster.
_SECONDS_FOR_MORE = 0.05
_SHOWS_THE_END = len('"\r\n')
_BYTE_ORDER_MARK = "\ufeff"
_HANDLER = "tap_responsys.mark"
# Low surrogates without a high one: no valid text of any character set decodes to them.
_MARK = 0xDC00
_LINE_END = re.compile(r"\r\n?|\n")
_NOT_SHOWN = re.compile(r"[\0\ud800-\udfff]")


class Lines:
    """Lines end at LF, CR or CRLF, and at nothing else that Unicode knows as a line end.

    Args:
        stream: The delimited text as bytes.
        encoding: Python name of its character set; a byte order mark in front is passed over.
    """

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        codecs.register_error(_HANDLER, _marked)
        self._fetch = getattr(stream, "read1", stream.read)
        self._decoder = codecs.getincrementaldecoder(encoding)(errors=_HANDLER)
        self._at_end = False
        self.last = ""
        """The last characters that have been read, enough to tell how a line ends."""
        self._failure: Exception | None = None
        self._rest = ""  # decoded, and not yet known to be whole lines
        self._whole, self._place, self._has_cr = "", 0, False
        self._ahead: list[str] = []
        self._ahead.append(self.read().removeprefix(_BYTE_ORDER_MARK))

    def read(self) -> str:
        """Return the next line with its line end, empty at the end of the text."""
        if self._ahead:
            return self._ahead.pop()
        line = self._next_line()
        if len(line) == _READ_AT_ONCE:
            self._pass_over_rest(line)
        return line

    def read_block(self, size: int) -> str:
        """Return whole lines, one at least; empty at the end of the text.

        Also empty where the next line is so long that `read` has to cut it off.

        Args:
            size: Characters of them, about; fewer where what follows keeps the caller waiting.
        """
        if self._ahead:
            self.unread("")
        left = len(self._whole) - self._place
        if left < size:
            rest = self._whole[self._place :]
            try:
                self._refill(size - left)
            except Exception:
                # It fails again when nothing is left before.
                if not rest:
                    raise
            else:
                self._hold(rest + self._whole)
        begin, end = self._place, self._end_of_block(size)
        if end - begin >= LONGEST_LINE:
            return ""
        self._place = end
        return self._whole[begin:end]

    def unread(self, text: str) -> None:
        """Put lines back that were read last."""
        if not self._ahead and self._whole.endswith(text, 0, self._place):
            self._place -= len(text)
            return
        self._hold("".join((text, *reversed(self._ahead), self._whole[self._place :])))
        self._ahead.clear()

    def _end_of_block(self, size: int) -> int:
        """Return where the lines end that make a block; of what is at hand, the last line is whole."""
        text, begin = self._whole, self._place
        limit = begin + size
        if len(text) <= limit:
            return len(text)
        if end := text.rfind("\n", begin, limit) + 1 or text.rfind("\r", begin, limit - 1) + 1:
            return end
        found = _LINE_END.search(text, limit - 1)
        return found.end() if found else len(text)

    def _hold(self, text: str) -> None:
        self._whole, self._place, self._has_cr = text, 0, "\r" in text

    def _next_line(self) -> str:
        """Return a line, or of a very long one the next piece."""
        if self._place == len(self._whole) and not self._refill(_FETCHED_AT_ONCE):
            return ""
        text, begin = self._whole, self._place
        if self._has_cr:
            found = _LINE_END.search(text, begin)
            end = found.end() if found else len(text)
        else:
            end = text.find("\n", begin) + 1 or len(text)
        self._place = min(end, begin + _READ_AT_ONCE)
        return text[begin : self._place]

    def _refill(self, wanted: int) -> bool:
        """Make whole lines of the bytes that follow, or the longest piece of a line that is read at once."""
        parts, size = [self._rest], len(self._rest)
        end = bool(_end_of_lines(self._rest))
        until = time.monotonic() + _SECONDS_FOR_MORE
        while not self._at_end and size < _READ_AT_ONCE:
            if end and (size >= wanted or time.monotonic() > until):
                break
            try:
                data = self._fetched()
            except Exception:
                if end:
                    break  # the lines at hand first
                raise
            self._at_end = not data
            if text := self._decoder.decode(data, final=self._at_end):
                # A CR that came last ends its line, now that it is clear whether LF follows.
                end = end or bool(_end_of_lines(text)) or parts[-1].endswith("\r")
                parts.append(text)
                size += len(text)
        text = "".join(parts)
        cut = len(text) if self._at_end else _end_of_lines(text) or _READ_AT_ONCE
        self._hold(text[:cut])
        self._rest = text[cut:]
        self.last = (self.last + text[-_SHOWS_THE_END:])[-_SHOWS_THE_END:]
        return bool(text)

    def _fetched(self) -> bytes:
        """Return the next bytes; what kept them from being read once keeps them always."""
        if self._failure is not None:
            raise self._failure
        try:
            return self._fetch(_FETCHED_AT_ONCE)
        except Exception as error:
            self._failure = error
            raise

    def _pass_over_rest(self, piece: str) -> None:
        while len(piece) == _READ_AT_ONCE and piece[-1] not in "\r\n":
            piece = self._next_line()
        if len(piece) == _READ_AT_ONCE and piece[-1] == "\r":
            # The bound may have fallen between CR and LF.
            following = self.read()
            if following not in ("", "\n"):
                self._ahead.append(following)


def count_lines(text: str) -> int:
    """Return how many lines a text has, the last one with or without its line end."""
    ends = text.count("\n")
    if "\r" in text:
        ends += text.count("\r") - text.count("\r\n")
    return ends + (not text.endswith(("\n", "\r")) and bool(text))


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


def _end_of_lines(text: str) -> int:
    """Return where the last line ends that is certainly whole; 0 for none."""
    return text.rfind("\n") + 1 or text.rfind("\r", 0, -1) + 1


def _marked(error: UnicodeError) -> tuple[str, int]:
    """Put a mark in the place of each byte that cannot be decoded; a codec's error handler."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(_MARK + byte) for byte in error.object[error.start : error.end]), error.end
