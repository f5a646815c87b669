"""Memory of the whole tap does not depend on how large an export is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from bench.feedfiles import columns_of, file_name, write_export
from bench.inputs import catalog
from bench.measure import measure
from support.plugins import environment

# Without times: those of a day are kept once they were read, which fills up to a bound of its own.
COLUMNS = [column for column in columns_of("SENT", 20) if column.type != "timestamp"]


def peak(folder: Path, rows: int) -> float:
    """Read an export of so many rows; return the most memory that all processes took together, in MB."""
    folder.mkdir()
    write_export(COLUMNS, rows, folder / file_name("SENT"))
    config, wanted = folder / "config.json", folder / "catalog.json"
    config.write_text(json.dumps({"path": f"file:{folder}", "settle_seconds": 0}), encoding="utf-8")
    wanted.write_text(json.dumps(catalog({"SENT": COLUMNS})), encoding="utf-8")
    command = (sys.executable, "-m", "tap_responsys", "--config", str(config), "--catalog", str(wanted))
    run = measure(command, env=environment(), folder=folder, log=folder / "log")
    assert run.lines > rows
    return run.peak_mb


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured as Linux shows it")
def test_a_large_export_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    small = peak(tmp_path / "small", 20_000)
    large = peak(tmp_path / "large", 100_000)
    assert large - small < 4
