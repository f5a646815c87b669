"""Memory of a process and all its descendants, as Linux shows it in /proc."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Self

_PROC = Path("/proc")
_KIB = 1024


def status_memory(status: str) -> tuple[int, int]:
    """Return resident memory now and its high-water mark, in bytes, from the text of /proc/PID/status.

    A kernel thread or a process that has just ended shows neither: 0.
    """
    found = {"VmRSS": 0, "VmHWM": 0}
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name in found:
            found[name] = int(value.split()[0]) * _KIB
    return found["VmRSS"], found["VmHWM"]


def descendants(pid: int) -> list[int]:
    """Return a process and all its descendants; those that end meanwhile may be missing."""
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        try:
            threads = list((_PROC / str(current) / "task").iterdir())
        except OSError:
            continue
        for thread in threads:
            try:
                waiting += map(int, (thread / "children").read_text(encoding="ascii").split())
            except OSError:
                continue
    return found


class PeakMemory:
    """Watches a process tree for as long as a `with` block lasts.

    The peak is the highest sum of resident memory over the tree at one look, or the high-water mark of a
    single process where that is higher (a peak between two looks). Pages that processes share count in each,
    but a process counts from the second look on that it is there for: until it runs its own program it shows
    all the memory of the one that has started it. `ru_maxrss` would not do: it knows single processes only,
    and begins with that of the process forked from.

    Args:
        pid: The tree's root.
        seconds: Between two looks.
    """

    def __init__(self, pid: int, seconds: float = 0.05) -> None:
        self.peak_bytes = 0
        self._pid, self._seconds = pid, seconds
        self._known = {pid}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self._look()
            if self._ended.wait(self._seconds):
                return

    def _look(self) -> None:
        total, found = 0, descendants(self._pid)
        for pid in self._known.intersection(found):
            try:
                status = (_PROC / str(pid) / "status").read_text(encoding="utf-8")
            except OSError:
                continue
            now, highest = status_memory(status)
            total += now
            self.peak_bytes = max(self.peak_bytes, highest)
        self.peak_bytes = max(self.peak_bytes, total)
        self._known = {self._pid, *found}
