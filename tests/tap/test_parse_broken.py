"""Rows that do not fit: each is rejected as it stands in the file, and the very next line is read."""

from __future__ import annotations

import io
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_responsys.lines import LONGEST_LINE
from tap_responsys.parse import Dialect, ExportReader, Rejected, Row
from tap_responsys.records import LONGEST_FIELD, Records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responsys_io.feeds import ColumnType

TYPES: dict[str, ColumnType] = {"RIID": "integer", "EMAIL": "text"}
HEADER = b'"RIID","EMAIL"\n'
NOT_CLOSED = "broken quoting: an enclosure is not closed"


def read(data: bytes, dialect: Dialect | None = None) -> list[Row | Rejected]:
    return list(ExportReader(io.BytesIO(data), dialect or Dialect(), "1_OPEN.txt").rows(TYPES))


def row(line: int, riid: int, email: str | None) -> Row:
    return Row(line, {"RIID": riid, "EMAIL": email})


@pytest.mark.parametrize(
    ("line", "reason", "text"),
    [
        (b'"1","a"x', "broken quoting: ',' expected after '\"'", '"1","a"x'),
        (b'"1","a', NOT_CLOSED, '"1","a'),
        (b'"1",' + b"a" * (LONGEST_FIELD + 1), "a field of more than 131,072 characters", None),
        (b'"1","a\0b"', "a NUL character", '"1","a\\x00b"'),
        (b'"1","Zo\xeb"', "bytes that are not utf-8", '"1","Zo\\xeb"'),
        (b'"1","\xe2\x82"', "bytes that are not utf-8", '"1","\\xe2\\x82"'),
        (b'"1","\xed\xa0\x80"', "bytes that are not utf-8", '"1","\\xed\\xa0\\x80"'),
        (b'"x\xeb","a', "bytes that are not utf-8", '"x\\xeb","a'),
        (b'"1","a","\xff"', "bytes that are not utf-8", '"1","a","\\xff"'),
        (b"1,2,3", "3 fields instead of 2", "1,2,3"),
        (b' "1" , "a" ', "RIID is not a whole number", ' "1" , "a" '),
        (b" ", "1 fields instead of 2", " "),
    ],
)
@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_a_broken_row_costs_itself_only(ends: bytes, line: bytes, reason: str, text: str | None) -> None:
    data = ends.join([b'"RIID","EMAIL"', b'"1","before"', line, b'"2","after"', b'"3","\xc3\xa9"'])
    assert read(data) == [
        row(2, 1, "before"),
        Rejected(3, reason, line.decode() if text is None else text),
        row(4, 2, "after"),
        row(5, 3, "é"),
    ]


def test_a_field_of_the_longest_length_fits() -> None:
    longest = "é" * LONGEST_FIELD
    assert read(HEADER + f'"1","{longest}"\n'.encode()) == [row(2, 1, longest)]


def test_a_quoted_line_break_is_part_of_the_field_and_counts_as_a_line() -> None:
    data = HEADER + b'"1","a\nb\r\nc"\n\n"2","d"\n"x","e\nf"\n"3","g\0\nh"\n'
    assert read(data) == [
        row(2, 1, "a\nb\r\nc"),
        row(6, 2, "d"),
        Rejected(7, "RIID is not a whole number", '"x","e\nf"'),
        Rejected(9, "a NUL character", '"3","g\\x00\nh"'),
    ]


def test_lines_that_an_open_enclosure_swallowed_are_read_again() -> None:
    data = HEADER + b'"1","open\n2,b\n3,c\n4,"d"\n"5","e"\n'
    assert read(data) == [
        Rejected(2, NOT_CLOSED, '"1","open'), row(3, 2, "b"), row(4, 3, "c"), row(5, 4, "d"), row(6, 5, "e")
    ]  # fmt: skip


def test_lines_that_make_a_row_of_another_width_are_read_one_by_one() -> None:
    data = HEADER + b'"1","a\n"2","b"\n'.replace(b'"2"', b'",2"')
    assert [(found.line, isinstance(found, Rejected)) for found in read(data)] == [(2, True), (3, True)]


@pytest.mark.parametrize("lines", [5, 100_000])
def test_an_enclosure_that_is_never_closed_costs_one_row(lines: int) -> None:
    rows = read(HEADER + b'1,"open\n' + b"2,b\n" * lines)
    assert rows[0] == Rejected(2, NOT_CLOSED, '1,"open')
    assert rows[1:] == [row(line, 2, "b") for line in range(3, lines + 3)]


class CountedRecords(Records):
    """Counts the characters that are looked at, those looked at again among them."""

    fed = 0

    def _feed(self) -> Iterator[str]:
        for line in super()._feed():
            self.fed += len(line)
            yield line


@pytest.mark.parametrize("line", ['"1","a"x', '"1","a', 'a","b', '"a","' + "b" * 200 + '","'])
def test_a_stray_quote_in_every_row_is_no_quadratic_effort(line: str) -> None:
    """Some of these leave the enclosure open from line to line, however many there are."""
    data = ('"1","start\n' + f"{line}\n" * 200_000).encode()
    records = CountedRecords(io.BytesIO(data), delimiter=",", quote_char='"', encoding="utf-8")
    found = [(records.line, bool(flaw)) for _, flaw in records.read(2)]
    assert found == [(line, True) for line in range(1, 200_002)]
    assert records.fed < len(data) + 256 * 200_001 + 2_000_000


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_a_line_without_end_is_passed_over_in_bounded_memory(ends: bytes) -> None:
    parts = iter([HEADER.strip() + ends + b'"1","', *[b"a" * 8_000] * 6_250, b'"' + ends + b'"2","b"'])

    class Endless(io.RawIOBase):
        """50 MB in one line, made while it is read."""

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            part = next(parts, b"")
            buffer[: len(part)] = part
            return len(part)

    tracemalloc.start()
    stream = io.BufferedReader(Endless(), 1 << 16)
    rejected, after = list(ExportReader(stream, Dialect(), "1_OPEN.txt").rows(TYPES))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after == row(3, 2, "b")
    assert isinstance(rejected, Rejected)
    assert (rejected.line, rejected.reason) == (2, "a line of 4,194,304 characters or more")
    assert rejected.text == '"1","' + "a" * 131_067 + " [cut off here: the line goes on]"
    assert peak < 30_000_000


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("more", range(-4, 5))
def test_the_lines_after_one_of_about_the_bound_keep_their_numbers(more: int, ends: str) -> None:
    line = '"1","' + "a" * (LONGEST_LINE + more - 6) + '"'
    rows = read((ends.join(['"RIID","EMAIL"', line, '"2","b"', '"3","c"']) + ends).encode())
    assert isinstance(rows[0], Rejected)
    assert rows[1:] == [row(3, 2, "b"), row(4, 3, "c")]


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e"])
def test_only_line_feeds_and_carriage_returns_end_lines(mark: str) -> None:
    assert read(HEADER + f'"1","a{mark}b"\n1,c{mark}d\n'.encode()) == [
        row(2, 1, f"a{mark}b"),
        row(3, 1, f"c{mark}d"),
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1", "shift_jis"],
)
@pytest.mark.parametrize("mark", [False, True])
def test_character_sets(encoding: str, ends: str, mark: bool) -> None:
    text = ends.join(['"RIID","EMAIL"', '"1","Zoe ¶"', '"2","b"', ""])
    if mark and encoding in {"utf-8", "utf-16-le", "utf-16-be"}:
        text = "\ufeff" + text
    assert read(text.encode(encoding), Dialect(encoding=encoding)) == [row(2, 1, "Zoe ¶"), row(3, 2, "b")]


@pytest.mark.parametrize(
    ("encoding", "bad", "shown"),
    [
        ("cp1252", b'"1","\x81"', '"1","\\x81"'),
        ("ascii", b'"1","\xe9"', '"1","\\xe9"'),
        ("shift_jis", b'"1","\x81"', '"1","\\x81"'),
        (
            "utf-16-le",
            '"1","'.encode("utf-16-le") + b"\x00\xd8" + '"'.encode("utf-16-le"),
            '"1","\\x00\\xd8"',
        ),
    ],
)
def test_bytes_that_are_not_of_the_character_set(encoding: str, bad: bytes, shown: str) -> None:
    start, end = '"RIID","EMAIL"\n'.encode(encoding), '\n"2","b"\n'.encode(encoding)
    assert read(start + bad + end, Dialect(encoding=encoding)) == [
        Rejected(2, f"bytes that are not {encoding}", shown),
        row(3, 2, "b"),
    ]


@pytest.mark.parametrize(
    ("encoding", "missing", "end"),
    [
        ("utf-8", 1, "\\xc3"),
        ("utf-16", 1, "\\xe9"),
        ("utf-16-be", 1, "\\x00"),
        ("utf-32-le", 2, "\\xe9\\x00"),
    ],
)
def test_a_file_that_ends_inside_a_character_ends_in_a_rejected_row(
    encoding: str, missing: int, end: str
) -> None:
    data = '"RIID","EMAIL"\n1,a\n2,é'.encode(encoding)[:-missing]
    assert read(data, Dialect(encoding=encoding)) == [
        row(2, 1, "a"),
        Rejected(3, f"bytes that are not {encoding}", f"2,{end}"),
    ]


def test_without_enclosure_a_quotation_mark_is_text() -> None:
    data = b'RIID,EMAIL\n1,"a\n2,b"c\n"3",d\n'
    assert read(data, Dialect(quote_char="")) == [
        row(2, 1, '"a'), row(3, 2, 'b"c'), Rejected(4, "RIID is not a whole number", '"3",d')
    ]  # fmt: skip


GOOD = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_characters='\r\n\0"', codec="utf-8"), min_size=1, max_size=20),
)
BAD = st.one_of(
    st.integers(0, 9).map(lambda n: b'"%d","a"x' % n),
    st.just(b'"1","never closed'),
    st.just(b'"1","a\0b"'),
    st.sampled_from([b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80"]).map(lambda bad: b'"1","%s"' % bad),
    st.sampled_from([1, 3, 4]).map(lambda width: b",".join([b'"1"'] * width)),
    st.just(b'"1","' + b"a" * (LONGEST_FIELD + 1) + b'"'),
    st.just(b'"one","a"'),
)


@given(rows=st.lists(st.one_of(GOOD, BAD), max_size=12), ends=st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_exactly_the_good_rows_come_out(rows: list[tuple[int, str] | bytes], ends: bytes) -> None:
    lines = [line if isinstance(line, bytes) else '"{}","{}"'.format(*line).encode() for line in rows]
    found = read(ends.join([HEADER.strip(), *lines]))
    assert [record.line for record in found] == list(range(2, len(rows) + 2))
    for record, wanted, line in zip(found, rows, lines, strict=True):
        if isinstance(wanted, tuple):
            assert record == row(record.line, *wanted)
        else:
            assert isinstance(record, Rejected)
            text = line.decode(errors="backslashreplace").replace("\0", "\\x00")
            assert record.text == text
