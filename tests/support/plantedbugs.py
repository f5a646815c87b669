"""Bugs that are planted to see whether the tests would notice.

python -m support.plantedbugs          plants each in a copy of the project, and runs the tests named for it
python -m support.plantedbugs WORD…    only those whose description has one of the words
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUGS = ROOT / "tests" / "planted" / "bugs.toml"
PACKAGES = ("responsys-io", "tap-responsys", "target-responsys", "responsys-sandbox")
# What tests import or read besides.
_COPIED = (*PACKAGES, "tests", "bench", "demo", "scripts", "pyproject.toml")
_SIDE_BY_SIDE = 2


@dataclass(frozen=True)
class Bug:
    """A change that breaks something, and the tests of which one has to fail then."""

    breaks: str
    file: str
    line: str
    becomes: str
    tests: tuple[str, ...]

    def planted(self) -> str:
        """Return the file's text with the bug in it.

        Raises:
            ValueError: The line is not there, or more than once; or what comes out is no Python.
        """
        text = (ROOT / self.file).read_text(encoding="utf-8")
        if (found := text.count(self.line)) != 1:
            raise ValueError(f"{self.file} has the line of {self.breaks!r} {found} times instead of once")
        changed = text.replace(self.line, self.becomes)
        compile(changed, self.file, "exec")
        return changed


def bugs() -> list[Bug]:
    """Return the bugs as they stand in their file."""
    found = tomllib.loads(BUGS.read_text(encoding="utf-8"))["bug"]
    return [Bug(**{**bug, "tests": tuple(bug["tests"])}) for bug in found]


def outcome(tests: tuple[str, ...], bug: Bug | None = None) -> tuple[int, str]:
    """Run tests in a copy of the project, with a bug or without one.

    Returns:
        pytest's exit code, and the first test that failed or else its last words.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in _COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
            else:
                shutil.copy(ROOT / name, copy / name)
        if bug is not None:
            (copy / bug.file).write_text(bug.planted(), encoding="utf-8")
        # Comes before the installed packages, in the processes that tests start as well.
        paths = os.pathsep.join(str(copy / package) for package in PACKAGES)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-m", "", "-p", "no:cacheprovider", *tests],
            cwd=copy, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    said = done.stdout.splitlines()
    failed = [line.split()[1] for line in said if line.startswith(("FAILED", "ERROR"))]
    return done.returncode, failed[0] if failed else "\n".join(said[-5:])


def main(words: list[str]) -> int:
    """Plant the bugs; return 1 when one was not caught."""
    chosen = [bug for bug in bugs() if not words or any(word in bug.breaks for word in words)]
    tests = tuple(sorted({test for bug in chosen for test in bug.tests}))
    caught = 0
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
        without = threads.submit(outcome, tests)
        for bug, (code, said) in zip(
            chosen, threads.map(lambda each: outcome(each.tests, each), chosen), strict=True
        ):
            found = code == pytest.ExitCode.TESTS_FAILED
            caught += found
            print(f"{'caught' if found else 'MISSED'}  {bug.breaks}\n        {said}", flush=True)  # noqa: T201  the command's output
        code, said = without.result()
    if code:
        print(f"The tests fail without any bug as well: {said}")  # noqa: T201
    print(f"{caught} of {len(chosen)} planted bugs are caught")  # noqa: T201
    return int(bool(code) or caught < len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
