"""Records written in blocks are those that reading row by row gives: the same text, in the same order."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.exports import OPEN_HEADER, delimited, open_row, write_contacts

from responsys_io.errors import TransientError
from tap_responsys import lines, records
from tap_responsys.columntexts import column_encoder
from tap_responsys.inblocks import LinesHere, LineSink, write_in_blocks
from tap_responsys.lineprocess import LineProcess
from tap_responsys.parse import Dialect, ExportReader, Rejected, Row
from tap_responsys.recordlines import RecordForm, Written
from tap_responsys.records import Block, Records
from tap_responsys.values import converter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from support.plugins import Run

    from responsys_io.feeds import ColumnType

    Tap = Callable[..., Run]
    Export = tuple[bytes, dict[str, ColumnType], Dialect]

KINDS: tuple[ColumnType, ...] = ("integer", "number", "timestamp", "text")
_TIMES = re.compile(r',"time_extracted":"[^"]*"|(?<="version":)\d+|"table_version":\d+')
PREFIX = b'{"type":"RECORD","stream":"open","record":'
USUAL: dict[ColumnType, list[str]] = {
    "integer": ["1", "-3", "", '"5"', "0", "123456789012345678", "9223372036854775807"],
    "number": ["1.50", "2", "", '"3.25"', "-0.5"],
    "timestamp": ["03-Jan-2019 13:01:02", '"2019-03-31 02:30:00"', "", "27-oct-2019 02:30:00", "03-Jan-2019"],
    "text": [
        "a",
        "",
        '"b"',
        '""',
        '"c""d"',
        '"e,f"',
        '"g\nh"',
        '"i\r\nj"',
        "é€",
        "\\",
        "\x01\x7f",
        "\x85\u2028",
    ],
}
ODD = [
    *(
        "007",
        "+5",
        " 5",
        "9223372036854775808",
        "9" * 30,
        "1e5",
        "1E+400",
        ".5",
        "5.",
        "0.0000001",
        "٣",
        "NaN",
    ),
    *("null", "30-Feb-2019", "2019-02-30", "03-Jan-2019 24:00:00", "2019-01-01 10:00:00.123", "\0", "\t"),
    *('"', '"open', 'a"b', '"a"b', '""""', '"\n', "\ud800", "x" * 200),
]


@st.composite
def exports(draw: st.DrawFn) -> Export:
    """An export of columns C0, C1 and so on; in most of them every row fits."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=5))
    strange = draw(st.sampled_from([0, 0, 3, 30]))
    chance = st.integers(1, 100)
    rows = []
    enclosing = draw(st.booleans())
    for _ in range(draw(st.integers(0, 20))):
        fields = [
            draw(st.sampled_from(ODD if draw(chance) <= strange else USUAL[kind])) for kind in kinds
        ] + ["more"] * (draw(chance) <= strange)
        if enclosing and draw(chance) > strange:
            fields = [field if field.startswith('"') else f'"{field}"' for field in fields]
        rows.append(",".join(fields) if draw(chance) > 3 else "")
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = end.join([",".join(f"C{place}" for place in range(len(kinds))), *rows]) + draw(
        st.sampled_from(["", end])
    )
    encoding = draw(st.sampled_from(["utf-8", "utf-16", "cp1252"]))
    # The lone surrogate stands for bytes that are none of the character set.
    data = b"\xff\xff".join(part.encode(encoding, "replace") for part in text.split("\ud800"))
    dialect = Dialect(
        ",",
        draw(st.sampled_from(['"', '"', ""])),
        encoding,
        draw(st.sampled_from(["UTC", "Europe/Berlin"])),
    )
    return data, {f"C{place}": kind for place, kind in enumerate(kinds)}, dialect


def opened(export: Export) -> tuple[ExportReader, RecordForm]:
    data, types, dialect = export
    reader = ExportReader(io.BytesIO(data), dialect, "f.txt")
    return reader, RecordForm(
        "open",
        reader.header,
        types,
        "f.txt",
        "then",
        quote_char=dialect.quote_char,
        timezone=dialect.timezone,
    )


def record(row: Row) -> bytes:
    added = {"_sdc_source_file": "f.txt", "_sdc_source_lineno": row.line, "_sdc_last_modified": "then"}
    return msgspec.json.Encoder(decimal_format="number").encode({**row.values, **added})


def in_blocks(export: Export, sink: LineSink, output: io.BytesIO, room: int, skip: int) -> list[Any]:
    """Write an export; return its records, as they were written, and what is wrong with other rows."""
    reader, form = opened(export)
    found: list[Any] = []
    for item in write_in_blocks(reader, form, sink, skip=skip, room=lambda: room):
        if isinstance(item, Written):
            *messages, rest = output.getvalue().split(b"\n")
            output.seek(0)
            output.truncate()
            assert (len(messages), rest) == (item.rows, b"")
            found += [
                message.removeprefix(PREFIX).rpartition(b',"time_extracted":')[0] for message in messages
            ]
        else:
            found.append(item if isinstance(item, Rejected) else record(item))
    return found


@given(
    exports(),
    st.sampled_from([7, 50, 200, 1 << 17]),
    st.sampled_from([1, 3, 10_000]),
    st.sampled_from([0, 0, 5]),
)
def test_blocks_hold_what_rows_hold(export: Export, fetched: int, room: int, skip: int) -> None:
    """Whatever the file, and wherever a block ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_FETCHED_AT_ONCE", fetched)
        patch.setattr(records, "_LONGEST_BLOCK", fetched)
        reader, form = opened(export)
        expected = [
            row if isinstance(row, Rejected) else record(row) for row in reader.rows(form.types, skip=skip)
        ]
        output = io.BytesIO()
        assert in_blocks(export, LinesHere(form, output), output, room, skip) == expected


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(
    st.lists(st.tuples(texts, texts), max_size=30), st.sampled_from(["\n", "\r\n"]), st.sampled_from([9, 80])
)
def test_blocks_hold_what_was_written_with_csv(rows: list[tuple[str, str]], end: str, fetched: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([("C0", "C1"), *rows])
    export: Export = (text.getvalue().encode(), {"C0": "text", "C1": "text"}, Dialect())
    output = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_FETCHED_AT_ONCE", fetched)
        patch.setattr(records, "_LONGEST_BLOCK", fetched)
        found = in_blocks(export, LinesHere(opened(export)[1], output), output, 10_000, 0)
    assert [(row["C0"], row["C1"]) for row in map(json.loads, found)] == [
        (first or None, second or None) for first, second in rows
    ]


def test_a_row_that_does_not_fit_costs_its_block_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_LONGEST_BLOCK", 1000)
    rows = [f"{number}\n" for number in range(1, 1001)]
    rows[500] = "x\n"
    reader, form = opened((("C0\n" + "".join(rows)).encode(), {"C0": "integer"}, Dialect()))
    found = list(write_in_blocks(reader, form, LinesHere(form, io.BytesIO()), room=lambda: 10_000))
    single = [item for item in found if not isinstance(item, Written)]
    assert sum(item.rows for item in found if isinstance(item, Written)) + len(single) == 1000
    assert 1 < len(single) < 500
    assert [item.line for item in single if isinstance(item, Rejected)] == [502]


def encoded(kind: ColumnType, values: list[str]) -> list[str]:
    return list(column_encoder(kind, "UTC")(values))


def test_characters_are_escaped_as_the_sdk_escapes_them() -> None:
    every = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    assert encoded("text", every) == [msgspec.json.encode(text).decode() for text in every]


@pytest.mark.parametrize(
    "values",
    [
        *(["1", "0"], ["1", "01"], ["1", "-1"], ["1", ""], ["1" * 18], ["1" * 19], [], ["0", "00"], ["-0"]),
        *(["-1", "-22", "3"], ["-1", "-01"], ["-1", ""], ["-" + "9" * 17], ["-" + "9" * 18], ["1", "+1"]),
    ],
)
def test_whole_numbers_are_written_as_json_has_them(values: list[str]) -> None:
    assert encoded("integer", values) == [json.dumps(int(value) if value else None) for value in values]


@pytest.mark.parametrize(
    "value", ["1\n2", "٣", "1.0", " 1", "1_0", "9" * 19, "9" * 5000, "-", "--1", "1-", "-\n-1", "1-1"]
)
def test_what_is_no_whole_number_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="a whole number"):
        encoded("integer", ["1", value])


TIMES = [
    *(
        "03-Jan-2019 13:01:02",
        "2019-01-03 00:00:00",
        "31-Dec-2019 23:59:59",
        "3-Jan-2019 05:00:00",
        "03-Jan-2019",
    ),
    *("03-Jan-2019 13:01:02.123", "2019-01-03 13:01:02.5"),
]
NO_TIMES = [
    *(
        "03-Jan-2019 24:00:00",
        "03-Jan-2019 13:60:00",
        "03-Jan-2019 13:00:60",
        "03-Jan-2019 13:00:0x",
        "30-Feb-2019",
    ),
    *(
        "03-Jan-2019 13.00:00",
        "03-Jan-2019  3:00:00",
        ":00:00",
        "13:00:00",
        " 13:00:00",
        "03-Jan-2019 13:00:0\u0663",
    ),
    *("03-Jan-2019 1300:000", "03-Jan-2019 13:00:00 ", "x"),
]


@pytest.mark.parametrize("others", [[], [TIMES[0]], ["", TIMES[0]]])
def test_timestamps_are_written_as_the_sdk_gets_them(others: list[str]) -> None:
    for text in TIMES:
        column = [*others, text]
        made = [json.dumps(converter("timestamp")(value) if value else None) for value in column]
        assert encoded("timestamp", column) == made
    for text in NO_TIMES:
        with pytest.raises(ValueError, match="not a"):
            encoded("timestamp", [*others, text])


def export_of(rows: int) -> Export:
    return b"C0\n" + b"".join(b"%d\n" % number for number in range(rows)), {"C0": "integer"}, Dialect()


@pytest.mark.parametrize("room", [700, 10_000, 1_000_000])
def test_another_process_writes_the_same(room: int, tmp_path: Path) -> None:
    data, types, dialect = export_of(300_000)
    export = data.replace(b"\n150000\n", b"\nx\n"), types, dialect
    here = io.BytesIO()
    reader, form = opened(export)
    expected = list(write_in_blocks(reader, form, LinesHere(form, here), room=lambda: room))
    there = tmp_path / "lines"
    with there.open("wb") as output, closing(LineProcess(form, output.fileno())) as sink:
        found = list(write_in_blocks(opened(export)[0], form, sink, room=lambda: room))
    assert found == expected
    assert max(item.rows for item in found if isinstance(item, Written)) <= room

    def written(output: bytes) -> list[bytes]:
        return [line.rpartition(b',"time_extracted":')[0] for line in output.splitlines()]

    assert written(there.read_bytes()) == written(here.getvalue())


@pytest.mark.parametrize("fetched", [7, 1 << 17])
def test_blocks_that_lead_to_a_state_are_as_long(fetched: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is read from the server at once."""
    monkeypatch.setattr(lines, "_FETCHED_AT_ONCE", fetched)
    monkeypatch.setattr(records, "_LONGEST_BLOCK", 2500)
    text = b"".join(b"%08d\r\n" % number for number in range(2000))
    found = Records(io.BytesIO(text), delimiter=",", quote_char='"', encoding="utf-8")
    for rounds in range(3):
        room, blocks = 600, []
        while room and (block := found.read_block(room)):
            room -= block.lines
            blocks.append(block.lines)
        assert blocks == ([250, 175, 175] if rounds == 0 else [200, 200, 200])


def test_what_is_read_ahead_is_still_to_be_read() -> None:
    found = Records(io.BytesIO(b"1\n2\n3\n4\n"), delimiter=",", quote_char='"', encoding="utf-8")
    assert found.block_ahead(9) == Block(1, 4, "1\n2\n3\n4\n")
    assert found.read_block(1) == Block(1, 1, "1\n")
    assert found.block_ahead(1) == Block(2, 1, "2\n")
    assert found.read_block(1) == Block(2, 1, "2\n")
    ahead = found.block_ahead(9)
    assert ahead == Block(3, 2, "3\n4\n")
    assert next(found.read(1)) == (["3"], "")
    assert found.line == 3


@pytest.mark.parametrize("text", ["1", "x"])
@pytest.mark.parametrize("is_next", [True, False])
def test_lines_made_ahead_are_written_if_their_block_is_given_next(
    text: str, is_next: bool, tmp_path: Path
) -> None:
    form = RecordForm("open", ("C0",), {"C0": "integer"}, "f.txt", "then")
    path, ahead, other = tmp_path / "lines", Block(3, 1, f"{text}\n"), Block(3, 1, "2\n")
    with path.open("wb", buffering=0) as output, closing(LineProcess(form, output.fileno())) as sink:
        sink.put(Block(2, 1, "0\n"))
        sink.expect(ahead)
        assert sink.written() == [Written(1)]
        sink.put(ahead if is_next else other)
        sink.put(Block(4, 1, "3\n"))
        expected = ([] if text == "x" else [1, 3]) if is_next else [2, 3]
        assert sink.written() == [Written(1) for _ in expected]
    written = [json.loads(line)["record"] for line in path.read_bytes().splitlines()]
    assert [record["C0"] for record in written] == [0, *expected]
    assert [record["_sdc_source_lineno"] for record in written] == [2, 3, 4][: len(written)]


Sink = Callable[[RecordForm, BinaryIO], LineSink]


def there(form: RecordForm, output: BinaryIO) -> LineSink:
    return LineProcess(form, output.fileno())


@pytest.mark.parametrize("sink", [LinesHere, there])
def test_a_reader_that_has_gone_ends_the_writing(sink: Sink) -> None:
    reader, form = opened(export_of(10))
    reading, writing = os.pipe()
    os.close(reading)
    with (
        os.fdopen(writing, "wb", buffering=0) as output,
        closing(sink(form, output)) as lines_to,
        pytest.raises(BrokenPipeError),
    ):
        list(write_in_blocks(reader, form, lines_to, room=lambda: 10_000))


@pytest.mark.parametrize("sink", [LinesHere, there])
def test_an_output_that_is_full_is_told(sink: Sink) -> None:
    reader, form = opened(export_of(10))
    with (
        Path("/dev/full").open("wb", buffering=0) as output,
        closing(sink(form, output)) as lines_to,
        pytest.raises(TransientError, match="RSYS-9001: .*: No space left on device"),
    ):
        list(write_in_blocks(reader, form, lines_to, room=lambda: 10_000))


def values(items: Iterable[Row | Rejected | Written]) -> list[int]:
    return [item.values["C0"] for item in items if isinstance(item, Row)]


class Cut(io.BytesIO):
    """A file that cannot be read to its end, and that says so once only."""

    cut = False

    def read1(self, size: int | None = -1, /) -> bytes:
        data = super().read1(size)
        if not data and not self.cut:
            self.cut = True
            raise EOFError("cut off")
        return data


@pytest.mark.parametrize("end", ["1\n", "x\n", '"1', '"1\n', "x\n1\n2"])
@pytest.mark.parametrize("sink", [LinesHere, there])
def test_what_comes_before_the_place_where_a_file_breaks_off_is_written(
    sink: Sink, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_LONGEST_BLOCK", 1000)
    text = ("C0\n" + "".join(f"{number}\n" for number in range(10_000)) + end).encode()

    def read() -> tuple[ExportReader, RecordForm]:
        reader = ExportReader(Cut(text), Dialect(), "f.txt")
        return reader, RecordForm("open", reader.header, {"C0": "integer"}, "f.txt", "then")

    def taken(rows: Iterator[Row | Rejected | Written]) -> list[Row | Rejected | Written]:
        found: list[Row | Rejected | Written] = []
        with pytest.raises(EOFError, match="cut off"):
            found.extend(rows)  # what comes before the error stays
        return found

    reader, form = read()
    expected = taken(reader.rows(form.types))
    reader, form = read()
    path = tmp_path / "lines"
    with path.open("wb", buffering=0) as output, closing(sink(form, output)) as lines_to:
        found = taken(write_in_blocks(reader, form, lines_to, room=lambda: 3000))
    written = [json.loads(line)["record"]["C0"] for line in path.read_bytes().splitlines()]
    assert len(written) == sum(item.rows for item in found if isinstance(item, Written))
    assert sorted([*written, *values(found)]) == sorted(values(expected))
    assert [item for item in found if isinstance(item, Rejected)] == [
        item for item in expected if isinstance(item, Rejected)
    ]


def test_a_process_that_was_killed_is_told(tmp_path: Path) -> None:
    reader, form = opened(export_of(1_000_000))
    with (tmp_path / "lines").open("wb") as output, closing(LineProcess(form, output.fileno())) as sink:
        written = write_in_blocks(reader, form, sink, room=lambda: 10_000)
        next(written)
        os.kill(sink._process.pid, signal.SIGKILL)
        with pytest.raises(TransientError, match="RSYS-3112: .* exit code -9"):
            list(written)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc to look into")
def test_another_process_is_given_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAP_RESPONSYS_SFTP_PASSWORD", "canary")
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    reader, form = opened(export_of(10))
    with (tmp_path / "lines").open("wb") as output, closing(LineProcess(form, output.fileno())) as sink:
        # Once it has written something it runs its program, and its environment can be seen.
        list(write_in_blocks(reader, form, sink, room=lambda: 10))
        given = Path(f"/proc/{sink._process.pid}/environ").read_bytes().split(b"\0")
    assert b"PYTHONWARNINGS=ignore" in given
    assert not [variable for variable in given if b"canary" in variable]


def sync_both_ways(tap: Tap, settings: dict[str, Any], **more: Any) -> tuple[list[str], list[str]]:
    """Return the messages of a run, and of one in which the SDK handles each record; without times.

    Of STATE only the last one: the SDK writes more of them where rows are rejected.
    """
    found = []
    for way in ({}, {"flattening_enabled": True, "flattening_max_depth": 1}):
        run = tap(settings={**settings, **way}, **more)
        assert run.exit_code == 0, run.stderr
        messages = [_TIMES.sub("", line) for line in run.stdout.splitlines()]
        states = [line for line in messages if line.startswith('{"type":"STATE"')]
        found.append([*(line for line in messages if line not in states), states[-1]])
    return found[0], found[1]


def test_the_sdk_writes_the_same_messages(tap: Tap, download: Path) -> None:
    rows = [open_row(riid, *(['say "hi"\n\\'] if riid % 7 else [""])) for riid in range(25_000)]
    rows[12_345][3] = "nobody"
    (download / "1234_OPEN_20190103_060500.txt").write_bytes(delimited([[*OPEN_HEADER, "NOTE"], *rows]))
    fast, slow = sync_both_ways(tap, {"streams": ["open"], "timezone": "America/New_York"})
    assert fast == slow
    assert sum('"RECORD","stream":"open"' in line for line in fast) == 24_999


def test_the_sdk_writes_the_same_contacts(tap: Tap, download: Path) -> None:
    dates = [f"2019-01-0{day} 10:00:00" for day in (3, 1, 2)]
    write_contacts(download, "contacts_1.txt", [(n, "IOX"[n % 3], dates[n % 3]) for n in range(1, 400)])
    settings = {
        "contacts_file_pattern": "contacts_*",
        "detect_deleted_contacts": True,
        "full_contacts_file_pattern": "contacts_*",
    }
    fast, slow = sync_both_ways(tap, settings)
    assert fast == slow
    assert sum('"subscription_status":"subscribed"' in line for line in fast) == 133
    assert sum('"type":"ACTIVATE_VERSION"' in line for line in fast) == 1


@pytest.mark.parametrize("worth_a_process", [1, 1 << 30])
def test_what_is_not_selected_is_not_written(worth_a_process: int, tap: Tap, download: Path) -> None:
    write_contacts(download, "contacts_1.txt", [(n, "IO"[n % 2], f"2019-01-{n:02}") for n in range(1, 29)])
    settings = {"contacts_file_pattern": "contacts_*", "streams": ["contacts"]}
    catalog = json.loads(tap("--discover", settings=settings).stdout)
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            hidden = {"EMAIL_PERMISSION_STATUS_", "MODIFIED_DATE_", "LOYALTY", "_sdc_source_lineno"}
            entry["metadata"]["selected"] = not hidden & {*entry["breadcrumb"]}
    attributes = {"tap_responsys.inblocks._WORTH_A_PROCESS": worth_a_process}
    fast, slow = sync_both_ways(tap, settings, catalog=catalog, attributes=attributes)
    assert fast == slow
    messages = [json.loads(line) for line in fast if '"RECORD"' in line]
    assert {frozenset(message["record"]) for message in messages} == {
        frozenset(
            {"RIID_", "EMAIL_ADDRESS_", "subscription_status", "_sdc_source_file", "_sdc_last_modified"}
        )
    }
