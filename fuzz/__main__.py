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


def main(name: str, *options: str) -> None:
    """Run one target until its time is up or a fault is found."""
    found, faults = Path(".local/fuzz") / name, Path(".local/fuzz/faults")
    for folder in (found, faults):
        folder.mkdir(parents=True, exist_ok=True)
    limits = ("-timeout=10", "-rss_limit_mb=1024", "-max_len=65536", f"-artifact_prefix={faults}/{name}-")
    atheris.Setup([sys.argv[0], *limits, *options, str(found), str(CORPUS / name)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
