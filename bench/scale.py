"""How the tap's rate moves with rows, files, columns and feeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.case import Case
from bench.feedfiles import columns_of
from bench.inputs import catalog, scale_files, write_json
from bench.paths import OWN_BIN, WORK
from bench.tapcases import CONFIGS
from responsys_io.feeds import feeds

if TYPE_CHECKING:
    from bench.servers import FileServer

_FOLDER = "scale"


@dataclass(frozen=True)
class Sizes:
    """What is measured.

    Args:
        rows: Rows of one file.
        files: Numbers of files that `shared_rows` are spread over.
        columns: Numbers of columns of a file with `shared_rows`.
        feeds: Numbers of feeds that `shared_rows` are spread over.
        shared_rows: Rows of all series but the first.
    """

    rows: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
    files: tuple[int, ...] = (1, 10, 100, 1_000, 10_000)
    columns: tuple[int, ...] = (5, 10, 20, 50, 100)
    feeds: tuple[int, ...] = (1, 4, 16, 64)
    shared_rows: int = 200_000


def scale_cases(server: FileServer, sizes: Sizes) -> list[Case]:
    """Return all series, with their files made."""
    return [
        *(_one_feed(server, "rows", rows, rows=rows) for rows in sizes.rows),
        *(_one_feed(server, "files", files, rows=sizes.shared_rows, files=files) for files in sizes.files),
        *(
            _one_feed(server, "columns", count, rows=sizes.shared_rows, count=count)
            for count in sizes.columns
        ),
        *(_feeds(server, count, sizes.shared_rows) for count in sizes.feeds),
    ]


def _one_feed(
    server: FileServer, series: str, at: int, *, rows: int, files: int = 1, count: int = 20
) -> Case:
    folder = f"{_FOLDER}/{series}-{at}"
    scale_files("SENT", WORK / "inputs" / folder, rows=rows, files=files, count=count)
    return _case(server, series, at, folder, rows, ["SENT"], count)


def _feeds(server: FileServer, count: int, rows: int) -> Case:
    stems = list(feeds())[:count]
    folder = f"{_FOLDER}/feeds-{count}"
    share = rows // len(stems)
    for stem in stems:
        scale_files(stem, WORK / "inputs" / folder, rows=share, count=20)
    return _case(server, "feeds", count, folder, share * len(stems), stems, 20)


def _case(
    server: FileServer, series: str, at: int, folder: str, rows: int, stems: list[str], count: int
) -> Case:
    streams = [stem.lower() for stem in stems]
    config = {
        **server.config,
        "path": f"inputs/{folder}",
        "ready_extension": "ready",
        "streams": streams,
    }
    name = f"{series}-{at}"
    wanted = catalog({stem: columns_of(stem, count) for stem in stems})
    command = (
        str(OWN_BIN / "tap-responsys"),
        "--config",
        str(write_json(CONFIGS / f"scale-{name}.json", config)),
        "--catalog",
        str(write_json(CONFIGS / f"scale-{name}-catalog.json", wanted)),
    )
    return Case(series, f"{at:,} {series}", command, rows, least_lines=rows, own=True, at=at)
