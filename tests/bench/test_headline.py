from __future__ import annotations

from typing import TYPE_CHECKING

from bench.headline import headline
from bench.results import Measured, Result, Run, to_json
from bench.section import PARSER, TAP

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = {"cores": "2", "processor": "EPYC"}
INPUTS = {"export": "1,000 rows"}


def case(group: str, name: str, wall: float, *, own: bool = False) -> Measured:
    return Measured(group, name, 10_000, (Run(wall, wall, 80.0),), own=own)


def test_each_plugin_stands_beside_its_peers(tmp_path: Path) -> None:
    cases = (
        case("Tap", TAP, 2.0, own=True),
        case("Tap", "tap-responsys, zip", 1.0, own=True),
        case("Tap", PARSER, 1.0),
        case("Tap", "slow tap 1.0", 80.0),
        case("Tap", "slower tap", 100.0),
        case("Target, CSV", "target-responsys", 5.0, own=True),
        case("Target, CSV", "target-slow", 60.0),
    )
    result = Result("full", "2026-01-31", MACHINE, {}, INPUTS, cases)
    (tmp_path / "full.json").write_text(to_json(result), encoding="utf-8")
    text, limit = headline(tmp_path).split("\n\n")
    assert text.startswith("Measured on 2026-01-31, 2 cores (EPYC): ")
    assert "(1,000 rows) the tap makes **5 k records a second** in 80 MB of memory: " in text
    assert "memory: 40 x slow tap 1.0, 50 x slower tap. The target" in text
    assert text.endswith("writes 2 k rows a second as CSV over SFTP: 12 x target-slow.")
    assert "50% of a bare parser" in limit


def test_a_plugin_without_a_peer_is_told_by_itself(tmp_path: Path) -> None:
    result = Result("full", "2026-01-31", MACHINE, {}, INPUTS, (case("Tap", TAP, 2.0, own=True),))
    (tmp_path / "full.json").write_text(to_json(result), encoding="utf-8")
    assert headline(tmp_path).endswith("in 80 MB of memory.")


def test_without_results_it_says_how_to_get_one(tmp_path: Path) -> None:
    assert headline(tmp_path) == "No result yet: `make bench` makes one."
