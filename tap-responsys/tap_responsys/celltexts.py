"""Columns of cells to columns of JSON, eight bytes of each value at a time.

A column of texts is an array of rows by words: eight bytes are a word, NUL stands where a value has ended.
What is not certain here is left to `tap_responsys.columntexts`, which gives the same texts one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tap_responsys.columntexts import NULL, begins_of_timestamps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Words = NDArray[np.uint64]
    Lengths = NDArray[np.intp]

WORD = 8
"""Bytes."""
WORD_TYPE = "<u8"
NULL_WORD = np.uint64(int.from_bytes(NULL.encode(), "little"))
"""What stands in the first word of an empty value."""
_LONGEST_CERTAIN = 18  # digits that are 64 bits whatever they are
_MINUS, _ZERO = b"-0"
_ZEROS, _TO_TEN, _HIGH_HALVES = (
    np.uint64(int.from_bytes(text * WORD, "little")) for text in (b"0", b"\6", b"\xf0")
)
_MOST_WORDS_OF_INTEGER = -(-(_LONGEST_CERTAIN + 1) // WORD)
_MOST_MASKED = 16  # words; more need tables that grow with the square
_MOST_PLACES = 1 << 16
_HASH = 0x9E3779B97F4A7C15
_LONGEST_BEGIN = 3 * WORD
_LONGEST_NUMBER = 2 * WORD
_UTC = "+00:00"


_NONE = np.empty(0, np.intp)


@dataclass(frozen=True)
class Column:
    """A column as JSON.

    Args:
        words: The values, rows by words; an empty one is any.
        before: What stands in front of each, ASCII.
        after: What stands behind each.
        empty: The rows that have null instead of all three.
        oldest: The least of the values with what follows, for timestamps.
        newest: The greatest.
    """

    words: Words
    before: str = ""
    after: str = ""
    empty: NDArray[np.intp] = field(default_factory=lambda: _NONE)
    oldest: str = ""
    newest: str = ""


def taken(data: NDArray[np.uint8], begins: NDArray[np.intp], lengths: Lengths, words: int) -> Words:
    """Return the values that begin at these places, with room for as many words."""
    found = _from(data, begins, words)
    if words <= _MOST_MASKED:
        found &= _masks(words).take(lengths, axis=0)
    else:
        for place in range(words):
            found[:, place] &= _masks(1)[:, 0].take(np.clip(lengths - place * WORD, 0, WORD))
    return found


def as_column(texts: Sequence[str]) -> Column:
    """Return texts of JSON, in which a character is a byte, as a column."""
    moments = [text.strip('"') for text in texts if text != NULL]
    padded = np.array([text.encode("latin-1") for text in texts], np.bytes_)
    rows, size = len(texts), padded.dtype.itemsize
    words = np.zeros((rows, -(-size // WORD) * WORD), np.uint8)
    words[:, :size] = padded.view(np.uint8).reshape(rows, size)
    return Column(words.view(WORD_TYPE), oldest=min(moments, default=""), newest=max(moments, default=""))


def texts(data: NDArray[np.uint8], begins: NDArray[np.intp], lengths: Lengths) -> list[Column | None]:
    """Return columns of values that JSON takes as they are between quotes.

    Args:
        data: The bytes.
        begins: Where values begin: columns by rows.
        lengths: How long they are.
    """
    columns: list[Column | None] = [None] * len(lengths)
    for places, words in _by_size(data, begins, lengths):
        for place, column in zip(places, words, strict=True):
            columns[place] = Column(column, '"', '"')
    return _with_nulls(columns, lengths)


def integers(data: NDArray[np.uint8], begins: NDArray[np.intp], lengths: Lengths) -> list[Column | None]:
    """Return columns of whole numbers, None for each that has others; see `texts`.

    Others are all that may not be of 64 bits, or are not written as JSON writes them.
    """
    columns: list[Column | None] = [None] * len(lengths)
    for places, words in _by_size(data, begins, lengths):
        if words.shape[2] <= _MOST_WORDS_OF_INTEGER:
            fit = _are_integers(words.reshape(-1, words.shape[2]), lengths[places].ravel())
            for place, column, fits in zip(places, words, fit.reshape(len(places), -1), strict=True):
                columns[place] = Column(column) if fits.all() else None
    return _with_nulls(columns, lengths)


def _by_size(
    data: NDArray[np.uint8], begins: NDArray[np.intp], lengths: Lengths
) -> Iterator[tuple[list[int], Words]]:
    """Yield columns that need as many words, with these: columns by rows by words."""
    needed = [_words_for(longest) for longest in lengths.max(axis=1).tolist()]
    for size in set(needed):
        places = [place for place, words in enumerate(needed) if words == size]
        words = taken(data, begins[places].ravel(), lengths[places].ravel(), size)
        yield places, words.reshape(len(places), -1, size)


def _with_nulls(columns: list[Column | None], lengths: Lengths) -> list[Column | None]:
    """Return columns that know which of their values are empty."""
    for place, shortest in enumerate(lengths.min(axis=1).tolist()):
        if not shortest and (column := columns[place]) is not None:
            columns[place] = replace(column, empty=(lengths[place] == 0).nonzero()[0])
    return columns


def _are_integers(words: Words, lengths: Lengths) -> NDArray[np.bool_]:
    first = words[:, 0] & 0xFF
    digits = words ^ (_masks(words.shape[1]).take(lengths, axis=0) & _ZEROS)
    negative = first == _MINUS
    if negative.any():
        # A minus passes for a zero, which leads nothing.
        digits[:, 0] ^= negative * np.uint64(_MINUS ^ _ZERO)
        first = np.where(negative, words[:, 0] >> 8 & 0xFF, first)
        lengths = lengths - negative
    strange: NDArray[np.bool_] = np.bitwise_or.reduce((digits | digits + _TO_TEN) & _HIGH_HALVES, axis=1) != 0
    strange |= (first == _ZERO) & ((lengths > 1) | negative)
    strange |= negative & (lengths == 0)
    strange |= lengths > _LONGEST_CERTAIN
    return ~strange


def line_numbers(first: int, rows: NDArray[np.intp]) -> Column:
    """Return the numbers of lines, of which the first one of the block has this one."""
    digits = len(str(first))
    if digits != len(str(first + int(rows[-1]))) or digits > _LONGEST_NUMBER:
        return as_column(list(map(str, (rows + first).tolist())))
    text = np.zeros((len(rows), -(-digits // WORD) * WORD), np.uint8)
    rest = (rows + first).astype(np.uint64)
    for place in reversed(range(digits)):
        tens = rest // 10
        text[:, place] = rest - tens * 10 + ord("0")
        rest = tens
    return Column(text.view(WORD_TYPE))


class Timestamps:
    """Turns timestamps into JSON where all have a day and a time to the second.

    Args:
        timezone: IANA name of the zone that they are written in.
    """

    def __init__(self, timezone: str) -> None:
        self._tail, self._iso = begins_of_timestamps(timezone)
        # A time to the second ends in :MM:SS; what is lost of the first word is not looked at.
        marks = ":00:00"[-self._tail :]
        most = "\x0f\x0a\x06\x0f\x0a\x06"[-self._tail :]
        self._marks, self._most, self._high, self._mask = (
            np.uint64(int.from_bytes(text.encode("latin-1"), "little"))
            for text in (marks, most, "\xf0" * self._tail, "\xff" * self._tail)
        )
        self._place = np.empty(_MOST_PLACES, np.intp)

    def column(self, data: NDArray[np.uint8], begins: NDArray[np.intp], lengths: Lengths) -> Column | None:
        """Return the values as JSON, None where they may be others, or none at all."""
        filled = np.flatnonzero(lengths)
        if len(filled) == len(lengths):
            return self._filled(data, begins, lengths)
        if not len(filled):
            return Column(np.zeros((len(lengths), 1), WORD_TYPE), empty=np.flatnonzero(lengths == 0))
        column = self._filled(data, begins[filled], lengths[filled])
        if column is None:
            return None
        words = np.zeros((len(lengths), column.words.shape[1]), WORD_TYPE)
        words[filled] = column.words
        empty = np.flatnonzero(lengths == 0)
        return Column(words, column.before, column.after, empty, column.oldest, column.newest)

    def _filled(self, data: NDArray[np.uint8], begins: NDArray[np.intp], lengths: Lengths) -> Column | None:
        ends = begins + lengths
        lengths = lengths - self._tail
        if lengths.min() < 0 or lengths.max() > _LONGEST_BEGIN:
            return None
        tails = _from(data, ends - self._tail, 1)[:, 0] & self._mask
        differing = tails ^ self._marks
        if ((differing | differing + self._most) & self._high).any():
            return None
        begin = taken(data, begins, lengths, _words_for(int(lengths.max())))
        found = self._distinct(begin)
        if found is None:
            return None
        shown, which = found
        try:
            isos = [self._iso(text.tobytes().rstrip(b"\0").decode("latin-1")) for text in begin[shown]]
        except ValueError:
            return None
        words = np.empty((len(lengths), 3), WORD_TYPE)
        words[:, :2] = np.frombuffer(
            "".join(iso.ljust(16, "\0") for iso in isos).encode(), WORD_TYPE
        ).reshape(-1, 2)[which]
        words[:, 2] = tails
        _, ranks = np.unique(isos, return_inverse=True)
        order = ranks.astype(np.uint64)[which] << np.uint64(48)
        order |= tails.byteswap() >> np.uint64(16)
        oldest, newest = (
            words[place].tobytes().replace(b"\0", b"").decode() + _UTC
            for place in (order.argmin(), order.argmax())
        )
        return Column(words, '"', f'{_UTC}"', oldest=oldest, newest=newest)

    def _distinct(self, words: Words) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
        """Return a row for each value that there is, and for each row the number of its value."""
        mixed = words[:, 0] * np.uint64(_HASH)
        for place in range(1, words.shape[1]):
            mixed = (mixed ^ words[:, place]) * np.uint64(_HASH)
        rows = np.arange(len(words))
        places = (mixed >> np.uint64(48)).astype(np.intp)
        self._place[places] = rows
        shown = self._place[places]
        if (words == words[shown]).all():
            distinct = np.flatnonzero(shown == rows)
            self._place[places[distinct]] = np.arange(len(distinct))
            return distinct, self._place[places]
        _, distinct, which = np.unique(mixed, return_index=True, return_inverse=True)
        return (distinct, which) if (words == words[distinct[which]]).all() else None


def _words_for(size: int) -> int:
    return max(1, -(-size // WORD))


def _from(data: NDArray[np.uint8], begins: NDArray[np.intp], words: int) -> Words:
    """Return what begins at these places, so many words each."""
    size = words * WORD
    if (missing := int(begins.max()) + size - len(data)) > 0:
        data = np.concatenate((data, np.zeros(missing, np.uint8)))
    each = np.ndarray((len(data) - size + 1,), f"V{size}", data.data, strides=(1,))
    return each[begins].view(WORD_TYPE).reshape(-1, words)


@lru_cache(maxsize=_MOST_MASKED)
def _masks(words: int) -> Words:
    """Return for each length what leaves as many bytes of so many words."""
    size = words * WORD
    return (np.tri(size + 1, size, -1, np.uint8) * np.uint8(0xFF)).view(WORD_TYPE)
