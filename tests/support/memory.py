"""Memory of the plugins over inputs of two sizes that are made as they are read.

python -m support.memory [MEGABYTES]   the larger size, 1000 if not given

The smaller size is 10. Gzipped it is one whose lines a process of its own writes, as for all larger ones:
below that a fifth less memory is needed, which says nothing about growth.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from bench.inputs import catalog
from bench.measure import measure

from support.delivery import new_sandbox, schema, settings_of
from support.endlessfile import COLUMNS, endless_server, export
from support.plugins import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.results import Run

LARGE = 1_000
SMALL = {"tap, text": 10, "tap, gzip": 100, "target": 10}
MOST_TIMES = 1.10
MOST_MB = {"tap, text": 150, "tap, gzip": 150, "target": 200}
_KEYS = 2_000
_FILLER = "x" * 3_000


def tap(folder: Path, megabytes: int, *, packed: bool) -> Run:
    """Read an export of so many megabytes of text."""
    name, content = export(megabytes, packed=packed)
    with endless_server(folder / "server", name, content) as server:
        # The bound for unpacking counts what is packed: this text repeats itself beyond measure.
        config = {**server.config, "settle_seconds": 0, "max_uncompressed_bytes": 10**12}
        (folder / "config.json").write_text(json.dumps({**config, "path": "download"}), encoding="utf-8")
        (folder / "catalog.json").write_text(json.dumps(catalog({"SENT": COLUMNS})), encoding="utf-8")
        command = (
            sys.executable, "-m", "tap_responsys", "--config", str(folder / "config.json"),
            "--catalog", str(folder / "catalog.json"),
        )  # fmt: skip
        run = measure(command, env=environment(), folder=folder, log=folder / "log")
    assert run.megabytes > megabytes / 2
    return run


def _messages(megabytes: int) -> Iterator[bytes]:
    """Yield Singer messages; keys come again, so that the table on the other side stays small."""
    properties = {"email": "string", "score": "integer", "note": {"type": "string", "maxLength": 4_000}}
    yield json.dumps(schema("people", **properties)).encode() + b"\n"
    size = 0
    for number in itertools.count():
        values = {"email": f"p{number % _KEYS}@example.com", "score": number, "note": _FILLER}
        line = json.dumps({"type": "RECORD", "stream": "people", "record": values}).encode() + b"\n"
        yield line
        size += len(line)
        if number % 1_000 == 0:
            yield b'{"type": "STATE", "value": {"at": %d}}\n' % number
        if size >= megabytes * 1e6:
            break
    yield b'{"type": "STATE", "value": {"at": "end"}}\n'


def target(folder: Path, megabytes: int) -> Run:
    """Deliver so many megabytes of messages over REST, eight calls at a time."""
    pipe = folder / "input"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb") as stream:
            stream.writelines(_messages(megabytes))

    with new_sandbox(folder / "sandbox") as sandbox:
        config = {**settings_of(sandbox), "create_tables": "apply", "campaign_id": "c1"}
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        command = (sys.executable, "-m", "target_responsys", "--config", str(folder / "config.json"))
        threading.Thread(target=write, daemon=True).start()
        return measure(command, env=environment(), folder=folder, log=folder / "log", stdin=pipe)


def compare(megabytes: int) -> list[str]:
    """Measure both sizes; return what is not within its bounds, and print all of it."""
    cases = {
        "tap, text": lambda folder, size: tap(folder, size, packed=False),
        "tap, gzip": lambda folder, size: tap(folder, size, packed=True),
        "target": target,
    }
    wrong = []
    for name, run in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            found = []
            for size in (SMALL[name], megabytes):
                place = Path(folder) / str(size)
                place.mkdir()
                found.append(run(place, size))
        small, large = (each.peak_mb for each in found)
        print(  # noqa: T201  the command's output
            f"{name:<10} {SMALL[name]} MB: {small:.0f} MB   {megabytes} MB: {large:.0f} MB   "
            f"x {large / small:.2f}   {found[1].wall:.0f} s",
            flush=True,
        )
        if large > MOST_TIMES * small:
            wrong.append(f"{name}: {large / small:.2f} times as much memory, {MOST_TIMES} is allowed")
        if large > MOST_MB[name]:
            wrong.append(f"{name}: {large:.0f} MB, {MOST_MB[name]} are allowed")
    return wrong


if __name__ == "__main__":
    problems = compare(int(sys.argv[1]) if sys.argv[1:] else LARGE)
    sys.exit("\n".join(problems) or None)
