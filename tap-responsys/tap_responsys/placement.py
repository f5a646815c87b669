"""Columns of JSON to lines: each value is put where its line has got to, those of all rows at once.

A value is put there as whole words. What these leave behind it is covered by what follows it in the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tap_responsys.celltexts import WORD, bytes_from_each
from tap_responsys.columntexts import NULL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tap_responsys.celltexts import Column

_NULL = NULL.encode()


def placed(
    rows: int, columns: Sequence[Column], pieces: Sequence[bytes]
) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Return lines one after the other, and where each begins; where the last one ends comes last.

    Args:
        rows: How many lines there are.
        columns: The values that differ from line to line.
        pieces: What stands in each line before the first of them, between two and behind the last one, where
            it is a word or more.
    """
    quotes = [b'"' * column.quoted for column in columns]
    between = [
        before + piece + after
        for before, piece, after in zip([b"", *quotes], pieces, [*quotes, b""], strict=True)
    ]
    sizes = np.array([column.lengths for column in columns], np.intp).reshape(-1, rows)
    for size, column in zip(sizes, columns, strict=True):
        size[column.empty] = len(_NULL) - 2 * column.quoted
    begins = np.zeros(rows + 1, np.intp)
    np.cumsum(np.add.reduce(sizes, axis=0) + sum(map(len, between)), out=begins[1:])
    lines = np.empty(int(begins[-1]), np.uint8)
    at = begins[:-1].copy()
    _put(lines, at, between[0])
    for column, size, piece, following in zip(columns, sizes, between, between[1:], strict=False):
        at += len(piece)
        # Nothing is put beyond the end of the line, whatever values follow.
        _put_words(lines, at, column, len(pieces[-1]) // WORD)
        nulls = at[column.empty] - column.quoted
        at += size
        _put(lines, at, following)
        if nulls.size:
            _put(lines, nulls, _NULL)
    return lines, begins


def _put(lines: NDArray[np.uint8], places: NDArray[np.intp], text: bytes) -> None:
    bytes_from_each(lines, len(text))[places] = np.void(text)


def _put_words(lines: NDArray[np.uint8], places: NDArray[np.intp], column: Column, most: int) -> None:
    """Put a column's values, not more than so many words at once."""
    for begin in range(0, column.words.shape[1], most):
        words = np.ascontiguousarray(column.words[:, begin : begin + most])
        each = bytes_from_each(lines, words.shape[1] * WORD)
        # Where a value has ended before, its end is as far as this goes.
        begun = np.minimum(column.lengths, begin * WORD) if begin else 0
        each[places + begun] = words.view(each.dtype)[:, 0]
