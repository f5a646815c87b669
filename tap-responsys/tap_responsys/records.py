"""Records out of delimited lines. One that cannot be read costs its own line and no other."""

from __future__ import annotations

import csv
import io
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING

from tap_responsys.lines import LONGEST_LINE, Lines, count_lines, flaw, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST_FIELD = 131_072
"""Characters; more than any field that Responsys stores, and the limit of Python's csv module."""

_FIELD_TOO_LONG = f"a field of more than {LONGEST_FIELD:,} characters"
_LINE_TOO_LONG = f"a line of {LONGEST_LINE:,} characters or more"
_NOT_CLOSED = "broken quoting: an enclosure is not closed"
# An enclosure may hold line breaks, but one that is never closed must not swallow the file: neither at once,
# nor line by line, should every one have such a mark. These are characters.
LONGEST_ROW_OF_LINES = 1 << 17
# Twice as many are no faster, half as many are slower.
_LONGEST_BLOCK = 5 << 17
_IN_VAIN, _IN_VAIN_PER_LINE = 1 << 20, 256


@dataclass(frozen=True)
class Block:
    """Lines of an export, whole records as far as counting enclosures tells.

    Args:
        line: Number of the first line.
        lines: How many they are.
        text: The lines.
    """

    line: int
    lines: int
    text: str

    @property
    def data(self) -> bytes:
        """The lines as UTF-8; a NUL, which is as bad, where bytes of theirs could not be decoded."""
        try:
            return self.text.encode()
        except UnicodeEncodeError:
            return b"\0"


class BrokenError(Exception):
    """Lines that make no record; the text says why."""


class Records:
    """The records of one export, header and all.

    Args:
        stream: The delimited text as bytes.
        delimiter: One character.
        quote_char: The enclosure, or empty for none.
        encoding: Python name of the character set.
    """

    def __init__(self, stream: IO[bytes], *, delimiter: str, quote_char: str, encoding: str) -> None:
        self.line = 1
        """Number of the first line of the record in progress; the file's first is 1."""
        csv.field_size_limit(LONGEST_FIELD)
        self._lines = Lines(stream, encoding)
        self._delimiter, self._quote_char, self._encoding = delimiter, quote_char, encoding
        self._taken: list[str] = []
        self._again: deque[str] = deque()
        self._ahead: Block | None = None
        self._size_of_line = 0
        self._in_vain = 0

    def first(self) -> list[str]:
        """Read the first record, empty where there is none; to be called before `read`.

        Raises:
            BrokenError: If it cannot be read.
        """
        try:
            for fields in self._csv():
                if fields:
                    return fields
                self._pass_on()
        except csv.Error as error:
            raise BrokenError(str(error)) from error
        return []

    def unread(self) -> None:
        """Let `read` begin with the record that `first` has read, or could not read."""
        self._again.extendleft(reversed(self._taken))
        self._taken.clear()

    def read(self, width: int, until: int | None = None) -> Iterator[tuple[list[str], str]]:
        """Read the records that follow; lines without a character are none.

        Where several lines make no record, only the first of them is broken: the others are read again.

        Args:
            width: How many fields a record has.
            until: Number of a line: no further record is begun once this one is reached, but for lines that
                have to be read again. Without it, all records are read.

        Yields:
            The record's fields and an empty text, or what is wrong with it in place of that.
        """
        self._pass_on()
        self._unread_ahead()
        taken, encoding = self._taken, self._encoding
        while until is None or self.line < until or self._again:
            try:
                for fields in self._csv():
                    if len(fields) == width:
                        text = taken[0] if len(taken) == 1 else "".join(taken)
                        yield fields, "" if text.isascii() and "\0" not in text else flaw(text, encoding)
                    elif fields:
                        yield fields, self._wrong_count(len(fields), width)
                    self.line += len(taken)
                    taken.clear()
                    if until is not None and self.line >= until and not self._again:
                        return
            except (csv.Error, BrokenError) as error:
                reason = _reason(error, len(taken))
                self._give_back()
                yield [], self.flaw() or reason
                self._pass_on()
            else:
                return

    def read_block(self, most: int) -> Block | None:
        """Return the lines that follow, for a reader that takes them all at once or none of them.

        Args:
            most: How many lines, at most, unless a record has more.

        Returns:
            None where records have to be read one by one, also at the end of the text.

        Raises:
            Exception: What keeps the text from being read, once nothing of it is left before that place.
        """
        self._pass_on()
        if (ahead := self._ahead) and ahead.lines <= most:
            self._ahead = None
            self.line += ahead.lines
            return ahead
        self._unread_ahead()
        if self._again or self._affordable() < LONGEST_ROW_OF_LINES:
            return None
        text = self._lines.read_block(self._size_for(most))
        if not text:
            return None
        text = self._completed(text)
        lines = count_lines(text)
        if lines > most:
            text = self._shortened(text, most)
            lines = count_lines(text)
        self._size_of_line = -(-len(text) // lines)
        block = Block(self.line, lines, text)
        self.line += lines
        return block

    def block_ahead(self, most: int) -> Block | None:
        """Return what `read_block` returns next if it may be as long; None where that is not known.

        Args:
            most: How many lines, at most, unless a record has more.
        """
        if not self._ahead:
            with suppress(Exception):
                if block := self.read_block(most):
                    self._ahead, self.line = block, block.line
        return self._ahead

    def _unread_ahead(self) -> None:
        if self._ahead:
            self._lines.unread(self._ahead.text)
            self._ahead = None

    def _size_for(self, lines: int) -> int:
        """Return how long a block is to be for all that have so many lines together to be as long."""
        expected = lines * self._size_of_line
        blocks = -(-expected // _LONGEST_BLOCK)
        # The last one has to hold all lines that are left.
        return expected // blocks if blocks > 1 else _LONGEST_BLOCK

    def _is_open(self, text: str) -> bool:
        return bool(self._quote_char) and text.count(self._quote_char) % 2 == 1

    def _completed(self, text: str) -> str:
        """Add lines until all enclosures are closed: the end of the block is that of a record then."""
        # What cannot be read fails again when it is asked for next.
        with suppress(Exception):
            while (
                self._is_open(text)
                and len(text) <= _LONGEST_BLOCK
                and (more := self._lines.read_block(_LONGEST_BLOCK))
            ):
                text += more
        return text

    def _shortened(self, text: str, most: int) -> str:
        """Put back what follows so many lines, and the record that the last one of them belongs to."""
        if "\r" not in text or text.count("\r") == text.count("\r\n"):
            rest = text.split("\n", most)[-1]
            kept = text[: len(text) - len(rest)]
            if not self._is_open(kept):
                self._lines.unread(rest)
                return kept
        return self._shortened_line_by_line(text, most)

    def _shortened_line_by_line(self, text: str, most: int) -> str:
        lines = io.StringIO(text, newline="")
        kept = list(islice(lines, most))
        quotes = sum(line.count(self._quote_char) for line in kept) if self._quote_char else 0
        while quotes % 2 and (line := lines.readline()):
            kept.append(line)
            quotes += line.count(self._quote_char)
        self._lines.unread(lines.read())
        return "".join(kept)

    def unread_blocks(self, blocks: Sequence[Block]) -> None:
        """Put back the blocks that were read last, one at least."""
        self._unread_ahead()
        self._lines.unread("".join(block.text for block in blocks))
        self.line = blocks[0].line

    def last_line_has_end(self) -> bool | None:
        """Tell whether the last line has a line end; None where an enclosure shows what it is."""
        last = self._lines.last.rstrip("\r\n")
        if not last or (self._quote_char and last.endswith(self._quote_char)):
            return None
        return last != self._lines.last

    def flaw(self) -> str:
        """Say which characters of the record in progress no text may have, empty when all is well."""
        return flaw("".join(self._taken), self._encoding)

    def text(self) -> str:
        """Return the record in progress as it stands in the file."""
        return shown("".join(self._taken))

    def _csv(self) -> Iterator[list[str]]:
        return csv.reader(
            self._feed(),
            delimiter=self._delimiter,
            quotechar=self._quote_char or None,
            quoting=csv.QUOTE_MINIMAL if self._quote_char else csv.QUOTE_NONE,
            strict=True,
        )

    def _feed(self) -> Iterator[str]:
        """Yield line by line, and remember them until the record is passed on."""
        taken, again, read = self._taken, self._again, self._lines.read
        size = 0
        while line := again.popleft() if again else read():
            if taken:
                taken.append(line)
                size += len(line)
                if size > min(LONGEST_ROW_OF_LINES, self._affordable()):
                    raise BrokenError(_NOT_CLOSED)
            else:
                taken.append(line)
                size = len(line)
                if size >= LONGEST_LINE:
                    raise BrokenError(_LINE_TOO_LONG)
            yield line

    def _affordable(self) -> int:
        return _IN_VAIN + _IN_VAIN_PER_LINE * self.line - self._in_vain

    def _wrong_count(self, found: int, width: int) -> str:
        if len(self._taken) > 1:
            raise BrokenError(_NOT_CLOSED)
        return self.flaw() or f"{found} fields instead of {width}"

    def _pass_on(self) -> None:
        self.line += len(self._taken)
        self._taken.clear()

    def _give_back(self) -> None:
        """Keep the first line of the record only."""
        others = self._taken[1:]
        self._in_vain += sum(map(len, others))
        self._again.extendleft(reversed(others))
        del self._taken[1:]


def _reason(error: Exception, lines: int) -> str:
    if isinstance(error, BrokenError):
        return str(error)
    if lines > 1 or "end of data" in str(error):
        return _NOT_CLOSED
    return _FIELD_TOO_LONG if "field larger" in str(error) else f"broken quoting: {error}"
