"""Where the time of a tap or target goes: py-spy's samples, added up by module and by function."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

from bench.environments import ensure
from bench.inputs import sent_files
from bench.messages import audience
from bench.paths import WORK, clean_environment
from bench.rounds import say
from bench.servers import file_server
from bench.tapcases import settings, tap_command
from bench.targetcases import csv_cases

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SHOWN = 15
_FRAME = re.compile(r"^(?P<function>.*) \((?P<file>[^()]*?)(?::\d+)?\)$")


def by_place(raw: str) -> tuple[Counter[str], Counter[str]]:
    """Add up py-spy's raw output: a line per stack, frames from the outermost on, and its samples.

    Returns:
        Samples by file and by function in which the innermost Python frame was.
    """
    files: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for line in raw.splitlines():
        stack, _, samples = line.rpartition(" ")
        frame = _FRAME.match(stack.rpartition(";")[2])
        if not frame or not samples.isdecimal():
            continue
        file = frame["file"].rpartition("site-packages/")[2]
        files[file] += int(samples)
        functions[f"{frame['function']} ({file})"] += int(samples)
    return files, functions


def top(title: str, samples: Counter[str]) -> Iterable[str]:
    """Yield lines of the places with most samples, as shares."""
    total = samples.total() or 1
    yield title
    for place, count in samples.most_common(_SHOWN):
        yield f"  {count / total:6.1%}  {place}"


def profile(rows: int) -> list[Path]:
    """Profile the tap over an export and the target over messages; print where the time goes.

    Returns:
        Flame graphs.
    """
    files = sent_files(rows, packed=False)
    (WORK / "profiles").mkdir(parents=True, exist_ok=True)
    with file_server() as server:
        tap = tap_command("tap-profile", settings(server, f"{files.folder.name}/plain"))
        target = csv_cases(server, rows)[0].command
        return [
            _profiled("tap-responsys", tap, None),
            _profiled("target-responsys", target, audience(rows)),
        ]


def _profiled(name: str, command: tuple[str, ...], stdin: Path | None) -> Path:
    py_spy = str(ensure("profile") / "py-spy")
    graph = WORK / "profiles" / f"{name}.svg"
    raw = graph.with_suffix(".txt")
    # Two runs: py-spy writes one format at a time.
    for form, path in (("raw", raw), ("flamegraph", graph)):
        say(f"{name}, {form}")
        recorder = [
            py_spy,
            "record",
            "--subprocesses",
            "--rate",
            "200",
            "--format",
            form,
            "--output",
            str(path),
        ]
        with stdin.open("rb") if stdin else (WORK / "profiles" / ".empty").open("w+b") as source:
            done = subprocess.run(  # noqa: S603 - our own plugins
                [*recorder, "--", *command],
                stdin=source,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                env=clean_environment(),
                cwd=WORK,
            )
        if done.returncode:
            raise SystemExit(f"py-spy failed: {done.stderr[-1000:]}")
    in_files, in_functions = by_place(raw.read_text(encoding="utf-8"))
    print("\n".join((*top(f"{name}: by file", in_files), *top("by function", in_functions))))  # noqa: T201
    return graph
