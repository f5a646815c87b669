"""The stop-watch itself, on commands whose figures are known."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench.measure import CommandError, measure

if TYPE_CHECKING:
    from bench.results import Run

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")

MEGABYTE = 2**20


def run(tmp_path: Path, script: str, stdin: Path | None = None) -> Run:
    command = [sys.executable, "-c", script]
    return measure(command, env=os.environ, folder=tmp_path, log=tmp_path / "log", stdin=stdin)


def test_output_is_counted(tmp_path: Path) -> None:
    found = run(tmp_path, """print('{"type":"STATE","value":{}}\\n' * 5000 + "end")""")
    assert (found.lines, found.states) == (5001, 5000)
    assert found.first_byte is not None
    assert 0 < found.first_byte <= found.wall


def test_memory_of_children_counts_too(tmp_path: Path) -> None:
    child = f"block = bytearray({100 * MEGABYTE}); input()"
    script = (
        f"import subprocess, sys; block = bytearray({100 * MEGABYTE})\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdin=subprocess.PIPE)\n"
        "import os; path = f'/proc/{child.pid}/status'\n"
        "resident = lambda: int(next(l for l in open(path) if l.startswith('VmRSS')).split()[1])\n"
        f"while resident() < {100 * 1024}: pass\n"
        "import time; time.sleep(0.3); child.communicate(b'x')"
    )
    assert run(tmp_path, script).peak_mb > 200


def test_a_command_reads_a_file(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("a\nb\n", encoding="utf-8")
    found = run(tmp_path, "import sys; sys.stdout.write(sys.stdin.read())", tmp_path / "in")
    assert found.lines == 2


def test_a_failure_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="ended with 3: last words"):
        run(tmp_path, "import sys; print('last words', file=sys.stderr); sys.exit(3)")
