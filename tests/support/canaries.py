"""Values that must turn up nowhere: put into settings and rows, then searched for in what a run leaves."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPY = f"""#!{sys.executable}
import os, sys
with open({{record!r}}, "ab") as record:
    arguments = b"\\0".join(map(os.fsencode, sys.argv))
    record.write(arguments + b"\\n" + open("/proc/self/environ", "rb").read() + b"\\n")
os.execv({{program!r}}, [{{program!r}}, *sys.argv[1:]])
"""


@dataclass
class Canaries:
    """What is searched for.

    Args:
        values: By what they stand for. None is part of another one or of anything that belongs into a log.
    """

    values: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, value: str) -> str:
        """Remember a value; return it."""
        self.values[what] = value
        return value

    def found_in(self, data: bytes) -> list[str]:
        """Return which of them are in some bytes: as they are, in an address, or in base64."""
        return [what for what, value in self.values.items() if any(form in data for form in _forms(value))]

    def leaks(self, places: Iterable[tuple[str, bytes]]) -> list[str]:
        """Return which of them are where, a line each."""
        return [f"{what} in {place}" for place, data in places for what in self.found_in(data)]


def _forms(value: str) -> set[bytes]:
    plain = value.encode()
    # The middle of the three ways in which base64 can fall, whatever stands around it.
    inside = {base64.b64encode(b" " * shift + plain)[4:-4] for shift in range(3)}
    return {plain, quote(value, safe="").encode(), quote_plus(value).encode(), *inside}


def key_lines(key: bytes | str) -> str:
    """Return a line from the middle of an armoured or PEM key: what would show that it has leaked."""
    text = key.decode() if isinstance(key, bytes) else key
    lines = [line for line in text.splitlines() if len(line) > 40 and "-" not in line and ":" not in line]
    return lines[len(lines) // 2]


def files_in(*folders: Path, but: Iterable[Path] = ()) -> list[tuple[str, bytes]]:
    """Return the name and content of each file in some folders; names are searched as well."""
    left_out = {path.resolve() for path in but}
    return [
        (str(path), os.fsencode(path) + b"\n" + path.read_bytes())
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.resolve() not in left_out
    ]


def processes_about(*words: str) -> list[tuple[str, bytes]]:
    """Return arguments and environment of each process that has one of some words in its arguments."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            arguments = (process / "cmdline").read_bytes()
            if any(word.encode() in arguments for word in words):
                found += [("arguments", arguments), ("environment", (process / "environ").read_bytes())]
    return found


def spies(folder: Path, *programs: str) -> Path:
    """Put programs into a folder that note with what arguments and environment they were started.

    The folder goes to the front of PATH. Returns the file with the notes.
    """
    folder.mkdir()
    record = folder / "started"
    record.touch()
    for program in programs:
        spy = folder / program
        spy.write_text(_SPY.format(record=str(record), program=shutil.which(program)), encoding="utf-8")
        spy.chmod(0o700)
    return record
