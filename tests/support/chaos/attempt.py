"""One run of the pair, and what is killed in it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.chaos.hooks import Point
    from support.chaos.launcher import Job, Launcher

# A process that has got a signal is gone after these: a bound, not a measure of speed.
GONE_SECONDS = 10.0
# What is not killed ends by itself when its other half is gone.
ENDED_SECONDS = 60.0


@dataclass(frozen=True)
class Kill:
    """What is killed, how, and when.

    Args:
        victims: Of tap, target, gpg, sshd, api.
        signals: One after the other, each with the seconds before it.
        point: At a point of the code; None for a time.
        after: How far into a run, from 0 to 1, where it is a time.
    """

    victims: tuple[str, ...]
    signals: tuple[tuple[float, signal.Signals], ...]
    point: Point | None = None
    after: float = 0.0

    def __str__(self) -> str:
        names = "+".join(number.name for _, number in self.signals)
        when = str(self.point) if self.point else f"{self.after:.0%} of a run"
        return f"{names} to {' and '.join(self.victims)} at {when}"


@dataclass
class Ended:
    """How a run has ended.

    Args:
        codes: Exit codes by process.
        states: What the target has reported, in order.
        struck: Whether there was something to kill when the moment came.
        signalled: The processes of the pair that were signalled while they ran.
        problems: What must not be.
    """

    codes: dict[str, int]
    states: list[dict[str, Any]]
    struck: bool
    signalled: set[str]
    problems: list[str]


def attempt(
    launcher: Launcher,
    job: Job,
    kill: Kill | None,
    servers: dict[str, Callable[[], None]],
    run_seconds: float,
) -> Ended:
    """Run the pair to whatever end it comes to.

    Args:
        launcher: Starts it.
        job: What is run.
        kill: What is killed on the way; None for nothing.
        servers: Kills each of the servers, and starts it again.
        run_seconds: How long a run takes.
    """
    pids = launcher.start(job)
    with _handles(pids) as handles:
        problems: list[str] = []
        struck = bool(kill and _wait_for(kill, launcher.told, handles, run_seconds))
        signalled: set[str] = set()
        if kill and struck:
            signalled, struck = _strike(kill, pids, handles, servers)
            if kill.point and kill.point.process not in signalled:
                launcher.go_on()
        for name, handle in handles.items():
            patience = GONE_SECONDS if name in signalled else ENDED_SECONDS
            if not _has_ended(handle, patience):
                problems.append(f"{name} was still there after {patience:.0f} s")
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                _has_ended(handle, patience)
        codes = launcher.ended()
    folder = Path(job.folder)
    problems += _wrong_endings(kill, codes, signalled, folder)
    return Ended(codes, _states(folder / "states"), struck, signalled, problems)


@contextlib.contextmanager
def _handles(pids: dict[str, int]) -> Iterator[dict[str, int]]:
    handles = {name: os.pidfd_open(pid) for name, pid in pids.items()}
    try:
        yield handles
    finally:
        for handle in handles.values():
            os.close(handle)


def _has_ended(handle: int, seconds: float = 0.0) -> bool:
    return bool(select.select([handle], [], [], seconds)[0])


def _wait_for(kill: Kill, told: int, handles: dict[str, int], run_seconds: float) -> bool:
    """Wait for the moment; return whether it came before both had ended."""
    until = time.monotonic() + (ENDED_SECONDS if kill.point else kill.after * run_seconds)
    running = set(handles.values())
    while running:
        left = until - time.monotonic()
        if left <= 0:
            return kill.point is None
        ready, _, _ = select.select([told, *running], [], [], left)
        if told in ready:
            os.read(told, 1)
            return True
        running -= set(ready)
    return False


def _strike(
    kill: Kill, pids: dict[str, int], handles: dict[str, int], servers: dict[str, Callable[[], None]]
) -> tuple[set[str], bool]:
    """Kill; return which of the pair got a signal while they ran, and whether anything was killed at all."""
    found = False
    signalled = {name for name in kill.victims if name in handles and not _has_ended(handles[name])}
    for pause, number in kill.signals:
        time.sleep(pause)
        for victim in kill.victims:
            if victim in handles:
                signal.pidfd_send_signal(handles[victim], number)
            elif victim == "gpg":
                for pid in _gpg_of(pids["tap"]):
                    found = True
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)
    for victim in kill.victims:
        if victim in servers:
            servers[victim]()
            found = True
    return signalled, found or bool(signalled)


def _gpg_of(pid: int) -> list[int]:
    """Return the processes that a process has started, which are nothing but gpg."""
    with contextlib.suppress(FileNotFoundError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(child) for child in children.split()]
    return []


def _states(path: Path) -> list[dict[str, Any]]:
    """Return the states that were written whole, which are those that Meltano would have."""
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def _wrong_endings(
    kill: Kill | None, codes: dict[str, int], signalled: set[str], folder: Path
) -> Iterator[str]:
    for name, code in codes.items():
        log = (folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        if "Traceback" in log or "Exception ignored" in log:
            yield f"{name} has left a traceback"
        if "canary" in log:
            yield f"{name} has logged a value of a row"
        if name not in signalled:
            # An error of its own, an end that nobody reads, or success.
            if code not in {0, 1, 2, 3}:
                yield f"{name} ended with {code}, and nobody had killed it"
            continue
        assert kill is not None
        sent = {number for _, number in kill.signals}
        if code in {-number for number in sent} | {128 + number for number in sent}:
            continue
        arrived = (folder / f"{name}.signals").read_bytes()
        if code == 0 and (arrived or (kill.point and kill.point.process == name)):
            yield f"{name} ended with 0 after a signal"
