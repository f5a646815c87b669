"""Lines made by arithmetic on columns are those that are made with a CSV parser, to the byte."""

from __future__ import annotations

import io
import random
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_responsys import columns
from tap_responsys.arraylines import ArrayWriter
from tap_responsys.recordlines import RecordForm, RecordWriter, Written

if TYPE_CHECKING:
    from responsys_io.feeds import ColumnType

KINDS: tuple[ColumnType, ...] = ("text", "integer", "timestamp", "number")
_TIME = re.compile(rb'"time_extracted":"[^"]*"')
PLAIN: dict[ColumnType, list[str]] = {
    "text": [
        "a",
        "",
        "é€",
        "customer.7@example.com",
        "with a space",
        "x" * 16,
        "y" * 40,
        "v" * 250,
        "'",
        "I",
        "O",
    ],
    "integer": ["1", "", "0", "-3", "123456789012345678", "-123456789012345678", "20", "7654321"],
    "timestamp": [
        "",
        "03-Jan-2019 13:01:02",
        "2019-01-03 13:00:59",
        "2019-01-03 00:00:00",
        "27-oct-2019 02:30:00",
        "31-Mar-2019 02:30:00",
    ],
    "number": ["", "1.50", "-0.5", "2"],
}
ODD: dict[ColumnType, list[str]] = {
    "text": [
        *(
            "b\\c",
            "\t",
            "\x01",
            "\x7f",
            "z" * 300,
            "w" * 140_000,
            "a,b",
            'c"d',
            'c"d"e',
            'c""d',
            '"a""',
            '""a"',
            '"',
            '""',
            '","',
            "e\nf",
            "g\r\nh",
        ),
        *("\r", "\x85", "\u2028", '"",""', 'x","y', '\\"', "|", "';'"),
    ],
    "integer": [
        "007",
        "+5",
        "-0",
        "-",
        "-07",
        "9223372036854775807",
        "9" * 19,
        "1.0",
        " 1",
        "x",
        "1" * 30,
        "٣",
    ],
    "timestamp": [
        *(
            "03-Jan-2019",
            "03-Jan-2019 13:01:02.5",
            "3-Jan-2019 05:00:00",
            "30-Feb-2019 10:00:00",
            "x",
            ":00:00",
        ),
        *("03-Jan-2019 24:00:00", "03-Jan-2019 13:60:00", "03-Jan-2019 13:00:60", "03-Jan-2019 13:00:0x"),
        *("03-Jan-2019  3:00:00", "13:00:00", "03-Jan-2019 1300:000", "03-Jan-2019 13.00:00", "1" * 60),
        *("\u0661\u0662-Jan-2019 13:00:00", "03-Jan-1883 12:03:57", "0" * 25 + ":00:00"),
    ],
    "number": ["1e5", "x", ".5", "5.", "NaN", "1e-400"],
}
ADDED = [columns.SOURCE_FILE, columns.SOURCE_LINE, columns.LAST_MODIFIED]
STRANGE_LINES = [
    "",
    '"',
    "a",
    '"a"b',
    'a"b,c"d',
    '"a","b',
    '"\n"',
    '""',
    " ",
    ",,,,,,,,,",
    '"a"",""b"',
    '"a"x,"b"',
]


def field(random_: random.Random, text: str, delimiter: str, quote: str, *, always: bool, neat: bool) -> str:
    if not quote:
        return text
    must = any(mark in text for mark in (delimiter, quote, "\n", "\r"))
    raw = random_.random() < (0.4 if must and text in ODD["text"] else 0.01)
    if (raw and not neat) or not (always or must):
        return text
    return f"{quote}{text.replace(quote, 2 * quote)}{quote}"


def made(seed: int) -> tuple[RecordForm, bytes]:
    """Make a block: most of its values are plain, most of its rows are whole."""
    random_ = random.Random(seed)
    kinds = random_.choices(KINDS, k=random_.randint(1, 7))
    delimiter, quote = (
        random_.choice([",", ",", ";", "\t", "|", "\\"]),
        random_.choice(['"', '"', '"', "'", ""]),
    )
    end = random_.choice(["\n", "\n", "\r\n"])
    odd = {kind: random_.choice([0, 0, 0.02]) for kind in KINDS}
    plain = {kind: random_.sample(values, random_.randint(1, len(values))) for kind, values in PLAIN.items()}
    always, strange = random_.random() < 0.5, random_.choice([0, 0, 0, 0.02])
    neat = random_.random() < 0.5
    lines = []
    for _ in range(random_.randint(1, 120)):
        values = [random_.choice((ODD if random_.random() < odd[kind] else plain)[kind]) for kind in kinds]
        lines.append(
            delimiter.join(
                field(random_, text, delimiter, quote, always=always, neat=neat) for text in values
            )
        )
        if random_.random() < strange:
            lines.append(random_.choice(STRANGE_LINES))
    data = end.join(lines) + (end if random_.random() < 0.9 else "")
    if random_.random() < 0.4:
        place = random_.randint(0, min(len(data), random_.choice([1, 100, 1 << 20])))
        other = random_.choice(["", quote, delimiter, end, "x", " ", "\r", "\n"])
        data = data[:place] + other + data[place + random_.randint(0, 1) :]
    header = tuple(f"C{place}" for place in range(len(kinds)))
    types = {name: kind for name, kind in zip(header, kinds, strict=True) if random_.random() < 0.9}
    timestamps = [name for name, kind in types.items() if kind == "timestamp"]
    form = RecordForm(
        "open",
        header,
        types,
        "é.txt",
        "then",
        required=tuple(random_.sample(list(types), min(len(types), random_.choice([0, 0, 1])))),
        left_out=tuple(random_.sample([*header, *ADDED], random_.choice([0, 0, 1, 2]))),
        is_contacts=random_.random() < 0.2,
        moments=random_.choice(timestamps) if timestamps else "",
        version=random_.choice([None, 7]),
        delimiter=delimiter,
        quote_char=quote,
        timezone=random_.choice(["UTC", "utc", "Europe/Berlin", "Australia/Lord_Howe", "America/New_York"]),
    )
    return form, (data or end).encode()


def written(writer: ArrayWriter | RecordWriter, data: bytes, line: int = 2) -> tuple[Written | None, bytes]:
    output = io.BytesIO()
    told = writer.write(line, data, output)
    return told, _TIME.sub(b"", output.getvalue())


@settings(max_examples=1500)
@given(st.integers(0, 1 << 40))
def test_both_ways_lead_to_the_same_bytes(seed: int) -> None:
    form, data = made(seed)
    assert written(ArrayWriter(form), data) == written(RecordWriter(form), data)


ROWS = [("4000001", "05-Jan-2026 13:11:54", "yahoo.com", "1.5"), ("-7", "05-Jan-2026 02:23:48", "", "")]
FORM = RecordForm(
    "open",
    ("ID", "AT", "NAME", "PRICE"),
    {"ID": "integer", "AT": "timestamp", "NAME": "text", "PRICE": "number"},
    "f.txt",
    "then",
    moments="AT",
)


def block(*lines: str, end: str = "\n") -> bytes:
    """Return lines among a hundred plain ones."""
    rows = [",".join(f'"{text}"' for text in ROWS[number % 2]) for number in range(100)]
    return "".join(line + end for line in [*rows[:50], *lines, *rows[50:]]).encode()


def columnwise(monkeypatch: pytest.MonkeyPatch, data: bytes, line: int = 2) -> list[int]:
    """Return how many lines the parser gets, each time; that what is written is the same is seen to."""
    expected = written(RecordWriter(FORM), data, line)
    parsed: list[int] = []
    one_by_one = RecordWriter.one_by_one

    def counted(
        self: RecordWriter, texts: dict[int, bytes], extracted: str
    ) -> tuple[dict[int, bytes], Written]:
        parsed.append(len(texts))
        return one_by_one(self, texts, extracted)

    with monkeypatch.context() as patch:
        patch.setattr(RecordWriter, "one_by_one", counted)
        patch.setattr(RecordWriter, "write", lambda *_: pytest.fail("the parser was given the block"))
        assert written(ArrayWriter(FORM), data, line) == expected
    return parsed


def test_records_that_are_all_the_same() -> None:
    """Nothing that differs from row to row is selected."""
    form = RecordForm("open", ("A", "B"), {}, "f.txt", "then", left_out=(columns.SOURCE_LINE,))
    data = b"1,2\n" * 3
    assert written(ArrayWriter(form), data) == written(RecordWriter(form), data)


@pytest.mark.parametrize(
    ("row", "parsed"),
    [
        ('"1","05-Jan-2026 13:11:54","size 42""","1"', 0),
        ('"1","05-Jan-2026 13:11:54","""","1"', 0),
        ('"1","05-Jan-2026 13:11:54","""""","1"', 0),
        ('"1","05-Jan-2026 13:11:54","Smith, John","1"', 0),
        ('"1","05-Jan-2026 13:11:54","Smith, ""J"", Jo","1"', 0),
        ('1,05-Jan-2026 13:11:54,"Smith, John",1', 0),
        ("1,05-Jan-2026 13:11:54,naïve,1", 0),
        ('"1","","","1"', 0),
        ('"1","05-Jan-2026 13:11:54","a\\b","1"', 1),
        ('"1","05-Jan-2026 13:11:54","a\tb","1"', 1),
        ('"1","05-Jan-2026 13:11:54",a"b,"1"', 1),
        ('"1","05-Jan-2026 13:11:54",a""b,"1"', 1),
        (f'"1","05-Jan-2026 13:11:54","{"long" * 99}","1"', 1),
        (f'"1","05-Jan-2026 13:11:54","{"long" * 99}, ""so""","1"', 1),
        ("", 1),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_a_line_that_needs_the_parser_gets_it(
    row: str, parsed: int, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert columnwise(monkeypatch, block(row, end=end)) == [parsed]


@pytest.mark.parametrize(
    "row", ['"a\nb","c","d"', '"a","b\r\nc","d"', '"a","b","c\nd"', '"a\nb",c,d', '"a,"",\n","b","c"']
)
def test_a_row_that_goes_on_in_the_next_line_is_one_of_two_lines(row: str) -> None:
    form = RecordForm("open", ("A", "B", "C"), dict.fromkeys("ABC", "text"), "f.txt", "then")
    plain = '"1","2","3"\n' * 9
    data = f"{plain}{row}\n{plain}".encode()
    assert written(ArrayWriter(form), data) == written(RecordWriter(form), data)


@pytest.mark.parametrize(
    "row",
    [
        'x"a","b","c"',
        '"a"x,"b","c"',
        '"a",x"b","c"',
        '"a","b","c"x',
        '"a"x"b","c"',
        '"a"\n"b","c"',
        '"a"\r"b","c"',
        '"a","b"x"c"',
        '"a","b","c"\r',
        '"a","b","c"\r\n"d","e","f"',
        '"a","b","c"\n"d","e","f"',
        '"a","b","c","d","e","f"\n',
        '"a","b","c"x"d","e","f"\n',
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("before", "after"), [(0, 9), (9, 9), (9, 0)])
def test_enclosures_around_almost_every_value(row: str, end: str, before: int, after: int) -> None:
    form = RecordForm("open", ("A", "B", "C"), dict.fromkeys("ABC", "text"), "f.txt", "then")
    plain = f'"1","2, ""3""",""{end}'
    data = f"{before * plain}{row}{end}{after * plain}".encode()
    assert written(ArrayWriter(form), data) == written(RecordWriter(form), data)


def test_a_long_column_is_no_strange_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{number},,{'long' * (900 + number % 7)},\n" for number in range(60)]
    assert columnwise(monkeypatch, "".join(rows).encode()) == [0]


@pytest.mark.parametrize("first", [2, 950, 99_999_950, 10**17 - 50])
def test_lines_are_numbered_past_every_length(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert columnwise(monkeypatch, block("", "", ""), first) == [3]


def test_more_distinct_times_than_are_told_apart_at_first() -> None:
    days = [
        f"{day:02}-Jan-2026 {hour:02}:{minute:02}:07"
        for day in (1, 2, 3)
        for hour in range(24)
        for minute in range(60)
    ]
    zone = RecordForm(
        FORM.stream, FORM.header, FORM.types, "f.txt", "then", moments="AT", timezone="Asia/Tokyo"
    )
    data = "".join(f"1,{text},,\n" for text in days).encode()
    assert written(ArrayWriter(zone), data) == written(RecordWriter(zone), data)
    told, _ = written(ArrayWriter(zone), data)
    assert told == Written(len(days), "2025-12-31T15:00:07+00:00", "2026-01-03T14:59:07+00:00")
