"""The files that the cases read; made once, kept until `make clean`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench.feedfiles import columns_of, file_name, write_export
from bench.paths import WORK
from responsys_sandbox.pgp import PgpKeyFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from responsys_io.feeds import Column

SENT_COLUMNS = 20
STREAM = "sent"
# Older than any look-back or settling time cares for.
_MTIME = 1_767_700_000


@dataclass(frozen=True)
class SentFiles:
    """The same export as text and packed, each alone in a folder, with a ready file.

    Args:
        folder: Holds the folders `plain`, `zip`, `gzip` and `pgp`.
        rows: Of the export.
    """

    folder: Path
    rows: int

    @property
    def plain(self) -> Path:
        """The export as text."""
        return self.folder / "plain" / file_name("SENT")

    @property
    def keys(self) -> PgpKeyFolder:
        """The key pair that the encrypted file is for."""
        return PgpKeyFolder(WORK / "keys")


def columns() -> list[Column]:
    """Return the columns of the SENT export: the documented ones and three custom ones."""
    return columns_of("SENT", SENT_COLUMNS)


def sent_files(rows: int, *, packed: bool = True) -> SentFiles:
    """Make the export of so many rows, unless it is there.

    Args:
        rows: How many.
        packed: Whether zip, gzip and PGP are wanted, too.
    """
    files = SentFiles(WORK / "inputs" / f"sent-{rows}", rows)
    _made(files.plain, partial(write_export, columns(), rows))
    if packed:
        _made(files.folder / "zip" / file_name("SENT", suffix=".txt.zip"), partial(_zip, files.plain))
        _made(files.folder / "gzip" / file_name("SENT", suffix=".txt.gz"), partial(_gzip, files.plain))
        _made(files.folder / "pgp" / file_name("SENT", suffix=".txt.pgp"), partial(_pgp, files))
    return files


def scale_files(stem: str, folder: Path, *, rows: int, files: int = 1, count: int | None = None) -> None:
    """Make exports of a feed with `rows` rows in all, spread evenly over `files` files."""
    wanted = columns_of(stem, count)
    for number in range(files):
        share = rows // files + (number < rows % files)
        _made(folder / file_name(stem, number), partial(write_export, wanted, share))


def catalog(stem_columns: dict[str, list[Column]]) -> dict[str, object]:
    """Return a Singer catalog that selects streams of these columns, with both source columns.

    Args:
        stem_columns: Columns by stem of the feed.
    """
    return {"streams": [_stream(stem.lower(), found) for stem, found in stem_columns.items()]}


def _stream(name: str, found: list[Column]) -> dict[str, object]:
    properties: dict[str, object] = {column.name: _schema(column) for column in found}
    properties |= {
        "_sdc_source_file": {"type": "string"},
        "_sdc_source_lineno": {"type": "integer"},
        "_sdc_source_last_modified": {"type": ["null", "string"], "format": "date-time"},
    }
    key = ["_sdc_source_file", "_sdc_source_lineno"]
    return {
        "tap_stream_id": name,
        "stream": name,
        "key_properties": key,
        "schema": {"type": "object", "properties": properties},
        "metadata": [
            {
                "breadcrumb": [],
                "metadata": {"selected": True, "inclusion": "available", "table-key-properties": key},
            },
            *(
                {
                    "breadcrumb": ["properties", name],
                    "metadata": {"selected": True, "inclusion": "available"},
                }
                for name in properties
            ),
        ],
    }


def _schema(column: Column) -> dict[str, object]:
    if column.type == "timestamp":
        return {"type": ["null", "string"], "format": "date-time"}
    return {"type": ["null", {"text": "string"}.get(column.type, column.type)]}


def write_json(path: Path, value: object) -> Path:
    """Write a settings file and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def _made(path: Path, make: Callable[[Path], object]) -> None:
    """Make a file under another name first, so that one that was broken off is never taken for whole."""
    ready = path.with_name(f"{path.name}.ready")
    if ready.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    make(part)
    os.utime(part, (_MTIME, _MTIME))
    part.rename(path)
    ready.touch()


def _pgp(files: SentFiles, target: Path) -> None:
    files.keys.encrypt(files.plain, target, armoured=False, signed=False)


def _zip(source: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(source, source.name)


def _gzip(source: Path, target: Path) -> None:
    gzip = shutil.which("gzip") or "gzip"
    with target.open("wb") as packed:
        subprocess.run([gzip, "--stdout", str(source)], stdout=packed, check=True)  # noqa: S603
