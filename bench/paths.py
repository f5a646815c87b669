"""Where the benchmark finds and puts things; all of it lies inside the checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "bench"
PROGRAMS = HERE / "programs"
REQUIREMENTS = HERE / "environments"
RESULTS = HERE / "results"
WORK = ROOT / ".local" / "bench"
ENVIRONMENTS = WORK / "environments"
# The environment that the benchmark itself runs in holds the project's packages.
OWN_BIN = Path(sys.executable).parent


def clean_environment(**more: str) -> dict[str, str]:
    """Return this process's environment without settings of plugins or of Python.

    Whatever runs in it keeps its caches and temporary files inside the checkout.
    """
    prefixes = ("TAP_", "TARGET_", "MELTANO_", "PYTHON", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    home = WORK / "home"
    home.mkdir(parents=True, exist_ok=True)
    temporary = ROOT / ".local" / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {**kept, "HOME": str(home), "TMPDIR": str(temporary), **more}
