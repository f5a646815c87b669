"""Memory of a process tree, read from a folder that looks like /proc."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bench import proctree
from bench.proctree import PeakMemory

if TYPE_CHECKING:
    from pathlib import Path

ROOT_PROCESS, CHILD = 10, 11


class Processes:
    """The folder.

    Args:
        folder: Where it is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def show(self, megabytes: dict[int, int]) -> None:
        """Have processes with so many megabytes each; others than the root are its children."""
        tasks = self._folder / str(ROOT_PROCESS) / "task" / str(ROOT_PROCESS)
        tasks.mkdir(parents=True, exist_ok=True)
        (tasks / "children").write_text(" ".join(map(str, megabytes.keys() - {ROOT_PROCESS})))
        for pid, size in megabytes.items():
            (self._folder / str(pid)).mkdir(exist_ok=True)
            (self._folder / str(pid) / "status").write_text(
                f"VmHWM:\t{size * 1024} kB\nVmRSS:\t{size * 1024} kB\n"
            )


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Processes:
    monkeypatch.setattr(proctree, "_PROC", tmp_path)
    return Processes(tmp_path)


def test_a_process_that_has_not_begun_its_own_program_counts_for_nothing(processes: Processes) -> None:
    memory = PeakMemory(ROOT_PROCESS)
    processes.show({ROOT_PROCESS: 70})
    memory._look()
    processes.show({ROOT_PROCESS: 70, CHILD: 70})
    memory._look()
    processes.show({ROOT_PROCESS: 70, CHILD: 30})
    memory._look()
    assert memory.peak_bytes == 100 * 2**20


def test_the_root_counts_from_the_first_look_on(processes: Processes) -> None:
    memory = PeakMemory(ROOT_PROCESS)
    processes.show({ROOT_PROCESS: 70, CHILD: 30})
    memory._look()
    assert memory.peak_bytes == 70 * 2**20
    memory._look()
    assert memory.peak_bytes == 100 * 2**20
