"""Columns of cells to columns of JSON, eight bytes of each value at a time.

A column of texts is an array of rows by words: eight bytes are a word, NUL stands where a value has ended.
What is not certain here is left to `tap_responsys.columntexts`, which gives the same texts one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tap_responsys.columntexts import MOST_REMEMBERED, NULL, begins_of_timestamps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Words = NDArray[np.uint64]
    Lengths = NDArray[np.intp]

WORD = 8
"""Bytes."""
WORD_TYPE = "<u8"
_LONGEST_CERTAIN = 18  # digits that are 64 bits whatever they are
_MINUS, _ZERO = b"-0"
_ZEROS, _TO_TEN, _HIGH_HALVES = (
    np.uint64(int.from_bytes(text * WORD, "little")) for text in (b"0", b"\6", b"\xf0")
)
_MOST_WORDS_OF_INTEGER = -(-(_LONGEST_CERTAIN + 1) // WORD)
_MOST_PLACES = 1 << 16
_HASH = 0x9E3779B97F4A7C15
_LONGEST_BEGIN = 3 * WORD
_LONGEST_NUMBER = 2 * WORD
_TO_SECONDS = len("2019-01-03T13:01:02")
_UTC = "+00:00"
_SIZE_OF_TIME = _TO_SECONDS + len(_UTC)
_WORDS_OF_TIME = -(-_SIZE_OF_TIME // WORD)
_NUL = "\0"


_NONE = np.empty(0, np.intp)


@dataclass(frozen=True)
class Column:
    """A column as JSON.

    Args:
        words: The values, rows by words; an empty one is any.
        lengths: Bytes of each.
        quoted: Whether each stands between quotes.
        empty: The rows that have null instead, without quotes.
        oldest: The least of the values with what follows, for timestamps.
        newest: The greatest.
    """

    words: Words
    lengths: Lengths
    quoted: bool = False
    empty: NDArray[np.intp] = field(default_factory=lambda: _NONE)
    oldest: str = ""
    newest: str = ""


def taken(data: NDArray[np.uint8], begins: NDArray[np.intp], lengths: Lengths, words: int) -> Words:
    """Return the values that begin at these places, with room for as many words and NUL behind each."""
    found = words_at(data, begins, words)
    found &= _masks(words).take(lengths, axis=0)
    return found


def as_column(texts: Sequence[str]) -> Column:
    """Return texts of JSON, in which a character is a byte, as a column."""
    moments = [text.strip('"') for text in texts if text != NULL]
    padded = np.array([text.encode("latin-1") for text in texts], np.bytes_)
    rows, size = len(texts), padded.dtype.itemsize
    words = np.zeros((rows, -(-size // WORD) * WORD), np.uint8)
    words[:, :size] = padded.view(np.uint8).reshape(rows, size)
    lengths = np.array(list(map(len, texts)), np.intp)
    return Column(
        words.view(WORD_TYPE), lengths, oldest=min(moments, default=""), newest=max(moments, default="")
    )


def texts(data: NDArray[np.uint8], begins: NDArray[np.intp], lengths: Lengths) -> list[Column | None]:
    """Return columns of values that JSON takes as they are between quotes.

    Args:
        data: The bytes.
        begins: Where values begin: columns by rows.
        lengths: How long they are.
    """
    columns: list[Column | None] = [None] * len(lengths)
    empty = _empty(lengths)
    for places, size in _by_size(lengths):
        words = words_at(data, begins[places].ravel(), size).reshape(len(places), -1, size)
        for place, column in zip(places, words, strict=True):
            columns[place] = Column(column, lengths[place], quoted=True, empty=empty[place])
    return columns


def integers(data: NDArray[np.uint8], begins: NDArray[np.intp], lengths: Lengths) -> list[Column | None]:
    """Return columns of whole numbers, None for each that has others; see `texts`.

    Others are all that may not be of 64 bits, or are not written as JSON writes them.
    """
    columns: list[Column | None] = [None] * len(lengths)
    empty = _empty(lengths)
    for places, size in _by_size(lengths):
        if size > _MOST_WORDS_OF_INTEGER:
            continue
        words = words_at(data, begins[places].ravel(), size)
        fits = _are_integers(words, lengths[places].ravel()).reshape(len(places), -1)
        for place, column, fit in zip(places, words.reshape(len(places), -1, size), fits, strict=True):
            columns[place] = Column(column, lengths[place], empty=empty[place]) if fit.all() else None
    return columns


def _by_size(lengths: Lengths) -> Iterator[tuple[list[int], int]]:
    """Yield columns that need as many words, and how many these are."""
    needed = [_words_for(longest) for longest in lengths.max(axis=1).tolist()]
    for size in set(needed):
        yield [place for place, words in enumerate(needed) if words == size], size


def _empty(lengths: Lengths) -> list[NDArray[np.intp]]:
    """Return which values of each column are empty."""
    return [
        _NONE if shortest else (column == 0).nonzero()[0]
        for column, shortest in zip(lengths, lengths.min(axis=1).tolist(), strict=True)
    ]


def _are_integers(words: Words, lengths: Lengths) -> NDArray[np.bool_]:
    digits = words ^ _ZEROS
    digits &= _masks(words.shape[1]).take(lengths, axis=0)
    first = digits[:, 0] & 0xFF
    negative = first == _MINUS ^ _ZERO
    if negative.any():
        # A minus passes for a zero, which leads nothing.
        digits[:, 0] ^= negative * np.uint64(_MINUS ^ _ZERO)
        first = np.where(negative, digits[:, 0] >> 8 & 0xFF, first)
        lengths = lengths - negative
    strange: NDArray[np.bool_] = np.bitwise_or.reduce((digits | digits + _TO_TEN) & _HIGH_HALVES, axis=1) != 0
    strange |= (first == 0) & ((lengths > 1) | negative)
    strange |= lengths > _LONGEST_CERTAIN
    return ~strange


def line_numbers(first: int, rows: NDArray[np.intp]) -> Column:
    """Return the numbers of lines, of which the first one of the block has this one."""
    digits = len(str(first))
    if digits != len(str(first + int(rows[-1]))) or digits > _LONGEST_NUMBER:
        return as_column(list(map(str, (rows + first).tolist())))
    fours = np.empty((len(rows), -(-digits // 4)), np.uint32)
    rest = rows + first
    for place in reversed(range(fours.shape[1])):
        rest, four = np.divmod(rest, 10_000)
        fours[:, place] = _four_digits()[four]
    text = np.zeros((len(rows), _words_for(digits) * WORD), np.uint8)
    text[:, :digits] = fours.view(np.uint8)[:, -digits:]
    return Column(text.view(WORD_TYPE), np.full(len(rows), digits))


@lru_cache(maxsize=1)
def _four_digits() -> NDArray[np.uint32]:
    """Return all numbers below 10,000 as text of four digits each."""
    digits = np.indices((10,) * 4, np.uint8).reshape(4, -1).T + _ZERO
    return np.ascontiguousarray(digits, np.uint8).view(np.uint32)[:, 0]


class Timestamps:
    """Turns timestamps into JSON where all have a day and a time to the second.

    Args:
        timezone: IANA name of the zone that they are written in.
    """

    def __init__(self, timezone: str) -> None:
        self._tail, iso = begins_of_timestamps(timezone)

        @lru_cache(maxsize=MOST_REMEMBERED)
        def around(begin: bytes) -> bytes:
            text = iso(begin.decode("latin-1")).ljust(_TO_SECONDS, _NUL) + _UTC
            return text.ljust(_WORDS_OF_TIME * WORD, _NUL).encode()

        self._around = around
        # A time to the second ends in :MM:SS; what is lost of the first word is not looked at.
        marks = ":00:00"[-self._tail :]
        most = "\x0f\x0a\x06\x0f\x0a\x06"[-self._tail :]
        self._marks, self._most, self._high, self._mask = (
            np.uint64(int.from_bytes(text.encode("latin-1"), "little"))
            for text in (marks, most, "\xf0" * self._tail, "\xff" * self._tail)
        )
        self._place = np.empty(_MOST_PLACES, np.intp)

    def column(
        self,
        data: NDArray[np.uint8],
        begins: NDArray[np.intp],
        lengths: Lengths,
        *,
        with_extremes: bool,
    ) -> Column | None:
        """Return the values as JSON, None where they may be others.

        Args:
            data: The bytes.
            begins: Where values begin.
            lengths: How long they are.
            with_extremes: Whether to look for the oldest and the newest.
        """
        filled = np.flatnonzero(lengths)
        if len(filled) == len(lengths):
            return self._filled(data, begins, lengths, with_extremes=with_extremes)
        empty = np.flatnonzero(lengths == 0)
        if not len(filled):
            return Column(np.zeros((len(lengths), 1), WORD_TYPE), lengths, empty=empty)
        column = self._filled(data, begins[filled], lengths[filled], with_extremes=with_extremes)
        if column is None:
            return None
        words = np.zeros((len(lengths), column.words.shape[1]), WORD_TYPE)
        words[filled] = column.words
        return replace(column, words=words, lengths=np.full(len(lengths), _SIZE_OF_TIME), empty=empty)

    def _filled(
        self, data: NDArray[np.uint8], begins: NDArray[np.intp], lengths: Lengths, *, with_extremes: bool
    ) -> Column | None:
        ends = begins + lengths
        lengths = lengths - self._tail
        if lengths.min() < 0 or lengths.max() > _LONGEST_BEGIN:
            return None
        tails = words_at(data, ends - self._tail, 1)[:, 0] & self._mask
        differing = tails ^ self._marks
        if ((differing | differing + self._most) & self._high).any():
            return None
        begin = taken(data, begins, lengths, _words_for(int(lengths.max())))
        found = self._distinct(begin)
        if found is None:
            return None
        shown, which = found
        try:
            around = [self._around(words.tobytes().rstrip(b"\0")) for words in begin[shown]]
        except ValueError:
            return None
        words = np.frombuffer(b"".join(around), WORD_TYPE).reshape(-1, _WORDS_OF_TIME)[which]
        seconds = tails.view(np.uint8).reshape(-1, WORD)[:, : self._tail]
        words.view(np.uint8)[:, _TO_SECONDS - self._tail : _TO_SECONDS] = seconds
        column = Column(words, np.full(len(lengths), _SIZE_OF_TIME), quoted=True)
        if not with_extremes:
            return column
        _, ranks = np.unique(around, return_inverse=True)
        order = ranks.astype(np.uint64)[which] << np.uint64(48)
        order |= tails.byteswap() >> np.uint64(16)
        oldest, newest = (
            words[place].tobytes().rstrip(b"\0").decode() for place in (order.argmin(), order.argmax())
        )
        return replace(column, oldest=oldest, newest=newest)

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


def words_at(data: NDArray[np.uint8], begins: NDArray[np.intp], words: int) -> Words:
    """Return what begins at these places, so many words each."""
    size = words * WORD
    if (missing := int(begins.max()) + size - len(data)) > 0:
        data = np.concatenate((data, np.zeros(missing, np.uint8)))
    return bytes_from_each(data, size)[begins].view(WORD_TYPE).reshape(-1, words)


def bytes_from_each(data: NDArray[np.uint8], size: int) -> NDArray[np.void]:
    """Return an array whose items are the so many bytes from each byte on."""
    return np.ndarray((len(data) - size + 1,), _void(size), data.data, strides=(1,))


@lru_cache
def _void(size: int) -> np.dtype[np.void]:
    return np.dtype((np.void, size))


@lru_cache
def _masks(words: int) -> Words:
    """Return for each length what leaves as many bytes of so many words."""
    size = words * WORD
    return (np.tri(size + 1, size, -1, np.uint8) * np.uint8(0xFF)).view(WORD_TYPE)
