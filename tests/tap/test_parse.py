from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responsys_io.errors import DataError
from responsys_io.feeds import feeds
from tap_responsys.parse import Dialect, ExportReader, Rejected, Row

if TYPE_CHECKING:
    from responsys_io.feeds import ColumnType

TYPES: dict[str, ColumnType] = {"RIID": "integer", "EMAIL": "text", "EVENT_CAPTURED_DT": "timestamp"}
HEADER = b'"RIID","EMAIL","EVENT_CAPTURED_DT"\n'


def read(
    data: bytes, types: dict[str, ColumnType] | None = None, dialect: Dialect | None = None, **more: Any
) -> list[Row | Rejected]:
    reader = ExportReader(io.BytesIO(data), dialect or Dialect(), "1_OPEN.txt")
    reader.check_header(())
    return list(reader.rows(TYPES if types is None else types, **more))


def test_rows_are_typed_by_header_name_in_any_order_and_case() -> None:
    data = b'"event_captured_dt","Riid","LOYALTY","EMAIL"\n"03-Jan-2019 13:05:32","17","gold",""\n'
    assert read(data) == [
        Row(2, {"RIID": 17, "EMAIL": None, "EVENT_CAPTURED_DT": "2019-01-03T13:05:32+00:00"})
    ]


def test_text_is_kept_as_it_is() -> None:
    data = '"RIID","EMAIL"\n"1"," "\n"2","${x} <#include ""a"">, \\ \u2028 é"\n3,\n'.encode()
    assert [row.values["EMAIL"] for row in read(data) if isinstance(row, Row)] == [
        " ",
        '${x} <#include "a">, \\ \u2028 é',
        None,
    ]


def test_rows_that_do_not_fit_say_why_and_the_others_go_on() -> None:
    data = HEADER + b'"1","a"\n"x","b",""\n"2","c","31-Feb-2019 00:00:00"\n"3","d","","more"\n"4","e",""\n'
    rows = read(data)
    assert [(row.line, row.reason) for row in rows if isinstance(row, Rejected)] == [
        (2, "2 fields instead of 3"),
        (3, "RIID is not a whole number"),
        (4, "EVENT_CAPTURED_DT is not a date"),
        (5, "4 fields instead of 3"),
    ]
    assert [row.text for row in rows if isinstance(row, Rejected)][1] == '"x","b",""'
    assert rows[-1] == Row(6, {"RIID": 4, "EMAIL": "e", "EVENT_CAPTURED_DT": None})


def test_an_empty_key_does_not_fit() -> None:
    rows = read(HEADER + b'"","a",""\n', required=("RIID",))
    assert rows == [Rejected(2, "RIID is empty", '"","a",""')]


def test_skipped_rows_keep_their_line_numbers() -> None:
    data = HEADER + b'"1","a",""\n"bad","b",""\n"3","c",""\n'
    assert [row.line for row in read(data, skip=2)] == [4]


def test_unselected_columns_are_not_even_converted() -> None:
    assert read(HEADER + b'"x","a","never"\n', {"EMAIL": "text"}) == [Row(2, {"EMAIL": "a"})]


@pytest.mark.parametrize("data", [b"", HEADER, HEADER[:-1], HEADER + b"\n\n"])
def test_files_without_rows_are_no_error(data: bytes) -> None:
    assert read(data) == []


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(ends: str, last: bool) -> None:
    text = ends.join(['"RIID","EMAIL"', '"1","a"', '"2","b"']) + ends * last
    assert [row.line for row in read(text.encode())] == [2, 3]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quote_char", ['"', "'", "~", ""])
@given(
    cells=st.lists(
        st.text(st.characters(exclude_characters="\r\n\0,;\t|\"'~", codec="utf-8")), min_size=2, max_size=5
    )
)
def test_every_delimiter_and_enclosure(delimiter: str, quote_char: str, cells: list[str]) -> None:
    if quote_char:
        cells = [*cells, f"a{quote_char}b{delimiter}c"]
    text = io.StringIO()
    quoting: Literal[1, 3] = csv.QUOTE_ALL if quote_char else csv.QUOTE_NONE
    writer = csv.writer(
        text, delimiter=delimiter, quotechar=quote_char or None, quoting=quoting, lineterminator="\n"
    )
    names = [f"C{number}" for number in range(len(cells))]
    writer.writerows([names, cells])
    rows = read(text.getvalue().encode(), dict.fromkeys(names, "text"), Dialect(delimiter, quote_char))
    assert rows == [Row(2, {name: cell or None for name, cell in zip(names, cells, strict=True)})]


@pytest.mark.parametrize(
    ("data", "dialect", "code"),
    [
        (b'"A","B","A"\n', Dialect(), "RSYS-3101"),
        (b'"A","a"\n', Dialect(), "RSYS-3101"),
        (b'"A","",""\n', Dialect(), "RSYS-3101"),
        (b'"A","B"x\n', Dialect(), "RSYS-3102"),
        (b'"A","B\n', Dialect(), "RSYS-3102"),
        (b'"A","' + b"a" * 5_000_000, Dialect(), "RSYS-3102"),
        (b'"A","Zo\xeb"\n', Dialect(), "RSYS-3105"),
        (b'"A","B\xeb\n', Dialect(), "RSYS-3105"),
        (HEADER.decode().encode("utf-16"), Dialect(), "RSYS-3105"),
        (HEADER.decode().encode("utf-16-be"), Dialect(), "RSYS-3105"),
    ],
)
def test_what_cannot_be_read_at_all_is_one_clear_error(data: bytes, dialect: Dialect, code: str) -> None:
    with pytest.raises(DataError) as caught:
        read(data, dialect=dialect)
    assert caught.value.code == code
    assert "1_OPEN.txt" in str(caught.value)


@pytest.mark.parametrize(
    ("first_line", "code"),
    [
        (
            b'"EVENT_TYPE_ID";"ACCOUNT_ID";"RIID"\n',
            "RSYS-3102: The first line .* .*set delimiter",
        ),
        (b'"5","1234","77"\n', "RSYS-3103: The first line .* names none"),
    ],
)
def test_a_first_line_that_is_no_header_names_the_setting(first_line: bytes, code: str) -> None:
    with pytest.raises(DataError, match=code):
        ExportReader(io.BytesIO(first_line), Dialect(), "1_OPEN.txt").check_header(feeds()["OPEN"].columns)


def test_a_header_of_one_column_is_a_wrong_delimiter_without_enclosure() -> None:
    dialect = Dialect(quote_char="")
    with pytest.raises(DataError, match="RSYS-3102"):
        ExportReader(io.BytesIO(b"EVENT_TYPE_ID;ACCOUNT_ID\n"), dialect, "1_OPEN.txt").check_header(
            feeds()["OPEN"].columns
        )


LAYOUT = ("RIID", "EMAIL", "EVENT_CAPTURED_DT")
HEADERLESS = Dialect(has_header=False)


def read_headerless(data: bytes, layout: tuple[str, ...] = LAYOUT) -> list[Row | Rejected]:
    return list(ExportReader(io.BytesIO(data), HEADERLESS, "1_OPEN.txt", layout).rows(TYPES))


def test_without_a_header_the_layout_names_the_columns_and_line_1_is_a_row() -> None:
    first, second = read_headerless(b'\xef\xbb\xbf"1","a",""\n"2","b"\n', ("riid", "Email ", "STORE"))
    assert first == Row(1, {"RIID": 1, "EMAIL": "a"})
    assert second == Rejected(2, "2 fields instead of 3", '"2","b"')


def test_a_first_row_that_is_broken_is_rejected_without_a_header_too() -> None:
    assert [(row.line, isinstance(row, Row)) for row in read_headerless(b'"1","a"x,""\n"2","b",""\n')] == [
        (1, False),
        (2, True),
    ]


@pytest.mark.parametrize("data", [b"", b"\n\n"])
@pytest.mark.parametrize("layout", [LAYOUT, ()])
def test_without_rows_nobody_needs_a_layout(data: bytes, layout: tuple[str, ...]) -> None:
    assert read_headerless(data, layout) == []


@pytest.mark.parametrize(
    ("data", "layout", "error"),
    [
        (b'"1","a",""\n', (), "RSYS-3108: 1_OPEN.txt has no header.*column_names"),
        (b'"1","a\n', (), "RSYS-3108"),
        (b'"1","a"\n', LAYOUT, "RSYS-3109: .* has 2 fields, its layout 3 columns.*column_names"),
        (HEADER, LAYOUT, "RSYS-3110: The first line .*has_header to true"),
        (b"riid,email,shoe_size,event_captured_dt\n", LAYOUT, "RSYS-3110"),
        (b"1,a\n", ("RIID", "riid"), "RSYS-3101: .*column 'RIID' twice in its layout"),
    ],
)
def test_a_layout_that_is_not_the_files_says_what_to_set(
    data: bytes, layout: tuple[str, ...], error: str
) -> None:
    with pytest.raises(DataError, match=error):
        read_headerless(data, layout)


def test_a_layout_that_names_no_documented_column_is_the_users_business() -> None:
    reader = ExportReader(io.BytesIO(b"1,2\n"), HEADERLESS, "1_OPEN.txt", ("MINE", "OURS"))
    reader.check_header(feeds()["OPEN"].columns)
    assert reader.header == ("MINE", "OURS")


def test_lines_without_a_character_before_the_header_count_as_lines() -> None:
    assert [row.line for row in read(b"\n\n" + HEADER + b'"1","a",""\n')] == [4]


def test_a_duplicate_name_is_shown_once_the_first_line_is_known_to_be_a_header() -> None:
    data = b'"RIID","SHOE","SHOE"\n'
    with pytest.raises(DataError, match="RSYS-3101: 1_OPEN.txt has column 'SHOE' twice in its header"):
        ExportReader(io.BytesIO(data), Dialect(), "1_OPEN.txt").check_header(feeds()["OPEN"].columns)
    with pytest.raises(DataError, match="RSYS-3101") as caught:
        read(data)
    assert "SHOE" not in str(caught.value)
