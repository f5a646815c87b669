"""From rows to the bytes of files: cells, lines, character sets, parts and packing."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import tempfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responsys_io.errors import DataError, TransientError
from target_responsys.cells import CellMaker
from target_responsys.csvspool import CsvSpool, UnwritableRecordError
from target_responsys.datemask import DEFAULT, mask_problem, masked
from target_responsys.filenames import FileNaming
from target_responsys.packing import Packing
from target_responsys.routing import Constant, Field, Route
from target_responsys.rows import UnfitRecordError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAMING = FileNaming("upload/Carts")


def files(rows: Sequence[Sequence[str]], **config: Any) -> list[bytes]:
    with contextlib.closing(CsvSpool(["A", "B"], NAMING, config, None)) as spool:
        for row in rows:
            spool.write(row)
        return [part.content.readall() for part in spool.finished()]


def written(rows: Sequence[Sequence[str]], **config: Any) -> bytes:
    (only,) = files(rows, **config)
    return only


def test_every_field_is_enclosed_and_lines_end_with_lf() -> None:
    assert written([["1", 'say "é"']]) == '"A","B"\n"1","say ""é"""\n'.encode()


@pytest.mark.parametrize(
    ("config", "data"),
    [
        ({"include_header": False}, b'"1","2"\n'),
        ({"delimiter": "tab"}, b'"A"\t"B"\n"1"\t"2"\n'),
        ({"delimiter": "|", "quote_char": "'"}, b"'A'|'B'\n'1'|'2'\n"),
        ({"quote_char": ""}, b"A,B\n1,2\n"),
        ({"line_end": "crlf"}, b'"A","B"\r\n"1","2"\r\n'),
        ({"encoding": "utf-16-le"}, '"A","B"\n"1","2"\n'.encode("utf-16-le")),
        ({"encoding": "utf-16"}, '"A","B"\n"1","2"\n'.encode("utf-16")),
        ({"encoding": "utf-8-sig"}, '"A","B"\n"1","2"\n'.encode("utf-8-sig")),
        ({"encoding": "iso2022_jp"}, '"A","B"\n"1","2"\n'.encode("iso2022_jp")),
    ],
)
def test_the_settings_of_the_format(config: dict[str, Any], data: bytes) -> None:
    assert written([["1", "2"]], **config) == data


@pytest.mark.parametrize(
    ("encoding", "fine"),
    [
        ("utf-8", "é日"),
        ("utf-16", "é日"),
        ("utf-8-sig", "é日"),
        ("cp1252", "é"),
        ("gb18030", "日本"),
        ("iso2022_jp", "日本"),
        ("iso2022_kr", "日本"),
        ("hz", "日本"),
    ],
)
@pytest.mark.parametrize("include_header", [True, False])
def test_a_refused_row_leaves_no_trace_in_any_character_set(
    encoding: str, fine: str, include_header: bool
) -> None:
    """Byte order marks and shift states belong to the file, not to the row."""
    config = {"encoding": encoding, "include_header": include_header}
    with contextlib.closing(CsvSpool(["A", "B"], NAMING, config, None)) as spool:
        for row in ([f"{fine}\ud800", ""], [fine, "1"], [fine, f"{fine}\ud800 secret"], [fine, "2"]):
            with contextlib.suppress(UnwritableRecordError):
                spool.write(row)
        (part,) = spool.finished()
        assert (spool.rows, part.rows) == (2, 2)
        text = part.content.readall().decode(encoding)
    header = '"A","B"\n' if include_header else ""
    assert text == f'{header}"{fine}","1"\n"{fine}","2"\n'


def test_a_character_that_the_encoding_has_not() -> None:
    with pytest.raises(
        UnwritableRecordError, match="a value has a character that latin-1 cannot write"
    ) as raised:
        written([["1", "secret €"]], encoding="latin-1")
    assert "secret" not in str(raised.value)


def test_a_header_that_the_encoding_has_not() -> None:
    with (
        contextlib.closing(CsvSpool(["\u20ac"], NAMING, {"encoding": "latin-1"}, None)) as spool,
        pytest.raises(DataError, match="RSYS-5201.*latin-1"),
    ):
        spool.write(["x"])


def test_a_delimiter_in_a_value_without_enclosure() -> None:
    with pytest.raises(UnfitRecordError, match="has the delimiter") as raised:
        written([["1", "secret,secret"]], quote_char="")
    assert "secret" not in str(raised.value)


@given(
    st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2), min_size=1),
    st.sampled_from([",", "\t", "|"]),
    st.sampled_from(['"', "'"]),
    st.sampled_from(["lf", "crlf"]),
    st.integers(0, 3),
    st.integers(0, 60),
)
def test_what_is_written_reads_back_whatever_the_parts(
    rows: list[list[str]], delimiter: str, quote: str, line_end: str, most_rows: int, most_bytes: int
) -> None:
    made = files(
        rows,
        delimiter=delimiter,
        quote_char=quote,
        line_end=line_end,
        split_rows=most_rows,
        split_bytes=most_bytes,
    )
    found = []
    for data in made:
        text = io.StringIO(data.decode(), newline="")
        header, *part = csv.reader(text, delimiter=delimiter, quotechar=quote, strict=True)
        assert header == ["A", "B"]
        assert len(part) <= (most_rows or len(rows))
        assert len(part) == 1 or len(data) <= (most_bytes or len(data))
        found += part
    assert found == rows


def test_parts_are_complete_files_with_counts_of_their_own() -> None:
    config = {"split_rows": 2, "count_header": True}
    with contextlib.closing(CsvSpool(["A", "B"], NAMING, config, None)) as spool:
        assert [spool.write([str(number), ""]) for number in range(5)] == [1, 1, 2, 2, 3]
        parts = spool.finished()
        assert [(part.rows, part.count) for part in parts] == [(2, 3), (2, 3), (1, 2)]
        assert parts[1].content.readall() == b'"A","B"\n"2",""\n"3",""\n'
        assert parts[0].content.readall() == b'"A","B"\n"0",""\n"1",""\n'


def test_compressed_files_hold_the_text_and_are_the_same_every_time() -> None:
    rows = [[str(number), "x" * 100] for number in range(1000)]
    plain = written(rows)
    packed = written(rows, compression="gzip")
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain)
    assert packed[4:8] == bytes(4), "no time in it"
    zipped = written(rows, compression="zip")
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        assert archive.namelist() == ["Carts.csv"]
        assert archive.read("Carts.csv") == plain
    assert (written(rows, compression="gzip"), written(rows, compression="zip")) == (packed, zipped)


def test_every_part_is_an_archive_of_its_own() -> None:
    naming = FileNaming("upload/Carts", extension=".zip", numbered=True)
    config = {"split_rows": 1, "compression": "zip"}
    with contextlib.closing(CsvSpool(["A"], naming, config, None)) as spool:
        for text in ("x", "y"):
            spool.write([text])
        for number, part in enumerate(spool.finished(), 1):
            archive = zipfile.ZipFile(io.BytesIO(part.content.readall()))
            assert archive.testzip() is None
            assert archive.namelist() == [f"Carts_{number:03}.csv"]


@pytest.mark.parametrize("compression", ["none", "gzip", "zip"])
def test_a_full_disk_is_one_clear_error(compression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    full = open("/dev/full", "r+b", buffering=0)  # noqa: SIM115, PTH123  the spool closes it
    full.seek(0)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: full)
    spool = CsvSpool(["A"], NAMING, {"compression": compression}, None)
    with pytest.raises(TransientError, match="RSYS-5202: The temporary folder takes no more .*No space"):
        spool.write(["x"])
        spool.finished()
    spool.close()


def test_giving_up_is_silent(tmp_path: Path) -> None:
    with (tmp_path / "spool").open("w+b", buffering=0) as file:
        packing = Packing(file, compression="zip", member="x.csv", ring=None)
        packing.write(b"x")
        packing.abort()


def route() -> Route:
    fields = (
        Field("at", "AT", "timestamp", "TIMESTAMP"),
        Field("day", "DAY", "date", "TIMESTAMP"),
        Field("name", "NAME", "text", "STR500"),
    )
    constants = (Constant("CAMPAIGN_ID", "c1", "STR100", "campaign_id"),)
    return Route("s", "F", "T", constants, fields, ("name",), "CAMPAIGN_ID", "c1")


ROW = ["c1", "2026-07-01 08:05:09", "2026-12-31 00:00:00", "Tea"]


@pytest.mark.parametrize(
    ("config", "cells"),
    [
        ({}, ROW),
        (
            {"date_mask": "DD-Mon-YYYY HH24:MI:SS"},
            ["c1", "01-Jul-2026 08:05:09", "31-Dec-2026 00:00:00", "Tea"],
        ),
        ({"date_mask": "YYYYMMDD"}, ["c1", "20260701", "20261231", "Tea"]),
        ({"null_text": "NULL"}, ROW),
    ],
)
def test_cells(config: dict[str, Any], cells: list[str]) -> None:
    assert CellMaker(route(), config)(ROW) == cells


def test_null_text_stands_for_whatever_is_blank() -> None:
    make = CellMaker(route(), {"null_text": "NULL", "date_mask": "YYYY/MM/DD"})
    assert make(["c1", "", "2026-12-31 00:00:00", ""]) == ["c1", "NULL", "2026/12/31", "NULL"]


@pytest.mark.parametrize("text", ["=1+1", "+49 30 1234", "-5", "@SUM(A1)", "\t=1"])
def test_formulas_are_disarmed_on_request_only(text: str) -> None:
    row = ["c1", "", "", text]
    assert CellMaker(route(), {})(row) == row
    assert CellMaker(route(), {"csv_safe_cells": True})(row) == ["c1", "", "", f"'{text}"]


@pytest.mark.parametrize("mark", ["\0", "\x07", "\x1b", "\x1c", "\x7f", "\x9b"])
def test_control_characters_are_refused(mark: str) -> None:
    with pytest.raises(UnfitRecordError) as raised:
        CellMaker(route(), {})(["c1", "", "", f"secret{mark}"])
    assert str(raised.value) == f"column NAME: it has the control character U+{ord(mark):04X}"


@pytest.mark.parametrize(
    ("mask", "text"),
    [
        (DEFAULT, "2026-07-01 08:05:09"),
        ("DD-MON-YYYY", "01-JUL-2026"),
        ("MM/DD/YYYY HH24:MI", "07/01/2026 08:05"),
        ("YYYYMMDD HH24MISS", "20260701 080509"),
    ],
)
def test_masks(mask: str, text: str) -> None:
    assert mask_problem(mask) is None
    assert masked(mask)("2026-07-01 08:05:09") == text
    assert masked(mask)("") == ""


@pytest.mark.parametrize("mask", ["", "%Y-%m-%d", "YYYY-MM", "HH24:MI:SS", "YYYY-MM-DD HH:MI", "yyyy-mm-dd"])
def test_masks_that_are_none(mask: str) -> None:
    assert mask_problem(mask)
