"""Export files in Connect's form, of any number of rows and columns: the same bytes every time."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from responsys_io.feeds import Column, feeds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ACCOUNT = 1234
_POOL = 997  # a prime: the columns' pools never fall into step
_SECONDS_OF_A_DAY = 86_400
_STEP = 7_919
_BLOCK_ROWS = 10_000
_BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
_ISPS = ("gmail.com", "Yahoo! Mail", "outlook.com", "GMX Freemail", "other")
_WORDS = ("spring", "news, weekly", 'size 42"', "loyalty", "São Paulo", "", "A/B test", "welcome")


def file_name(stem: str, number: int = 0, suffix: str = ".txt") -> str:
    """Return a name as Connect makes it; files of a feed differ by `number` seconds."""
    stamp = _BEGIN + timedelta(days=1, seconds=number)
    return f"{ACCOUNT}_{stem}_{stamp:%Y%m%d_%H%M%S}{suffix}"


def columns_of(stem: str, count: int | None = None) -> list[Column]:
    """Return a feed's documented columns, cut or filled up with custom text columns to `count`."""
    documented = list(feeds()[stem].columns)
    if count is None:
        return documented
    custom = (
        Column(f"CUSTOM_{index:02}", "text", "") for index in range(1, max(0, count - len(documented)) + 1)
    )
    return [*documented, *custom][:count]


def write_export(columns: Sequence[Column], rows: int, path: Path) -> None:
    """Write an export with comma and double quotes, header first.

    Every tenth text is empty or holds a delimiter, a quote or a letter beyond ASCII. The number of the row
    stands in RIID, so that rows differ.
    """
    with path.open("wb") as file:
        file.write(_line(column.name for column in columns).encode())
        for block in _blocks(columns, rows):
            file.write(block)


def _blocks(columns: Sequence[Column], rows: int) -> Iterator[bytes]:
    pools = _pools(tuple(columns))
    numbered = next((index for index, column in enumerate(columns) if column.name in {"RIID", "RIID_"}), None)
    for start in range(0, rows, _BLOCK_ROWS):
        lines = []
        for row in range(start, min(start + _BLOCK_ROWS, rows)):
            fields = [pool[row * step % len(pool)] for step, pool in pools]
            if numbered is not None:
                fields[numbered] = str(4_000_000 + row)
            lines.append('"' + '","'.join(fields) + '"\n')
        yield "".join(lines).encode()


@cache
def _pools(columns: tuple[Column, ...]) -> list[tuple[int, list[str]]]:
    """Return for each column by how much a row steps on in its values, and these; once for many files."""
    generator = random.Random(20260105)  # noqa: S311 - made-up data
    return [(number * _STEP, _pool(column, generator)) for number, column in enumerate(columns, start=1)]


def _pool(column: Column, generator: random.Random) -> list[str]:
    """Return values of a column, quotes doubled; of a timestamp all seconds of a day."""
    if column.type == "timestamp":
        stamps = (_BEGIN + timedelta(seconds=second) for second in range(_SECONDS_OF_A_DAY))
        return [f"{stamp:%d-%b-%Y %H:%M:%S}" for stamp in stamps]
    makers = {"integer": _integer, "number": _number, "text": _text}
    return [makers[column.type](column.name, generator).replace('"', '""') for _ in range(_POOL)]


def _integer(name: str, generator: random.Random) -> str:
    constants = {"EVENT_TYPE_ID": "1", "ACCOUNT_ID": str(ACCOUNT), "LIST_ID": "77"}
    return constants.get(name) or str(generator.randrange(1_000, 99_999))


def _number(_name: str, generator: random.Random) -> str:
    return f"{generator.uniform(1, 500):.2f}"


def _text(name: str, generator: random.Random) -> str:
    number = generator.randrange(1_000_000)
    special = {
        "EMAIL": f"customer.{number}@example.com",
        "EMAIL_ISP": generator.choice(_ISPS),
        "EMAIL_FORMAT": generator.choice("HT"),
        "CUSTOMER_ID": f"C{number:08}",
    }
    if name in special:
        return special[name]
    return generator.choice(_WORDS) if generator.random() < 0.1 else f"v{number}"  # noqa: PLR2004


def _line(fields: Iterator[str]) -> str:
    return '"' + '","'.join(fields) + '"\n'
