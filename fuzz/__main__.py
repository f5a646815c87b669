"""Run a target under coverage guidance: `python -m fuzz TARGET [options of libFuzzer]`.

New inputs that reach new code go to `.local/fuzz/TARGET`, those that show a fault to `.local/fuzz/faults`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["responsys_io", "tap_responsys", "target_responsys", "fuzz"], enable_loader_override=False
):
    from fuzz.targets import CORPUS, TARGETS

# Megabytes. Code that atheris instruments loses up to 10 KB a run, which the same code does not without it.
_MOST_AT_ONCE, _MOST = 512, 8192


def main(name: str, *options: str) -> None:
    """Run one target until its time is up or a fault is found."""
    found, faults = Path(".local/fuzz") / name, Path(".local/fuzz/faults")
    for folder in (found, faults):
        folder.mkdir(parents=True, exist_ok=True)
    limits = ("-timeout=10", f"-malloc_limit_mb={_MOST_AT_ONCE}", f"-rss_limit_mb={_MOST}", "-max_len=65536")
    faulty = f"-artifact_prefix={faults}/{name}-"
    atheris.Setup([sys.argv[0], *limits, faulty, *options, str(found), str(CORPUS / name)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
