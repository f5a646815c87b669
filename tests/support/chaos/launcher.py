"""Tap and target as two processes with a pipe between them, started in a moment.

A helper has imported both and forks for each run; what runs is their own entry points, each in a process of
its own. They can be signalled: none is reaped before whoever started it has seen its end, so that no number
is another process's meanwhile.

python -m support.chaos.launcher COMMANDS RESULTS TELL WAIT   (file descriptors)
"""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from termios import FIONREAD
from typing import IO, TYPE_CHECKING, Any, NoReturn

from support.chaos.hooks import Point, stop_at
from support.forkserver import exit_code_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

FILES = ("tap.log", "tap.signals", "target.log", "target.signals", "states")
MODULES = {"tap": "tap_responsys.tap", "target": "target_responsys.target"}
# Longer than any run here takes; ends what hangs.
LONGEST_SECONDS = 120


@dataclass
class Job:
    """A run of the pair.

    Args:
        folder: Working directory; output and errors go to `tap.log`, `target.log`, `states`.
        arguments: Command line by process.
        env: The whole environment of both.
        constants: Constants to set, such as `package.module.NAME` or `package.module.Class.NAME`.
        point: Where to stop.
    """

    folder: str
    arguments: dict[str, list[str]]
    env: dict[str, str]
    constants: Mapping[str, float] = field(default_factory=dict)
    point: Point | None = None


class Launcher:
    """Starts pairs, one after the other."""

    def __enter__(self) -> Self:
        commands, results = os.pipe(), os.pipe()
        tell, wait = os.pipe(), os.pipe()
        self.told, self._go = tell[0], wait[1]
        self._commands = os.fdopen(commands[1], "w")
        self._results = os.fdopen(results[0])
        theirs = (commands[0], results[1], tell[1], wait[0])
        tests = str(Path(__file__).parents[2])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.chaos.launcher", *map(str, theirs)],
            pass_fds=theirs,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")])},
        )
        for end in theirs:
            os.close(end)
        os.set_blocking(self.told, False)
        return self

    def __exit__(self, *_: object) -> None:
        self._commands.close()
        self._process.wait()
        self._results.close()
        for end in (self.told, self._go):
            os.close(end)

    def start(self, job: Job) -> dict[str, int]:
        """Start a pair; return the process ids."""
        self._drain()
        print(json.dumps(asdict(job)), file=self._commands, flush=True)
        pids: dict[str, int] = json.loads(self._results.readline())
        return pids

    def go_on(self) -> None:
        """Let a process that has come to its point go on."""
        os.write(self._go, b".")

    def ended(self) -> dict[str, int]:
        """Reap the pair, which has ended; return the exit codes as subprocess gives them."""
        print(file=self._commands, flush=True)
        codes: dict[str, int] = json.loads(self._results.readline())
        return codes

    def _drain(self) -> None:
        try:
            while os.read(self.told, 100):
                pass
        except BlockingIOError:
            return


def _serve(commands: IO[str], results: IO[str], tell: int, wait: int) -> None:
    plugins = {name: importlib.import_module(module) for name, module in MODULES.items()}
    for line in iter(commands.readline, ""):
        job = json.loads(line)
        # Here: a process that is killed at once opens none, and those of the run before would be read.
        for each in FILES:
            os.close(os.open(Path(job["folder"], each), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        between = os.pipe()
        pids = {}
        for name, plugin in plugins.items():
            pids[name] = os.fork()
            if pids[name] == 0:
                commands.close()
                results.close()
                _become(name, plugin, job, between, tell, wait)
        for end in between:
            os.close(end)
        print(json.dumps(pids), file=results, flush=True)
        commands.readline()
        statuses = {name: os.waitpid(pid, 0)[1] for name, pid in pids.items()}
        codes = {name: os.waitstatus_to_exitcode(status) for name, status in statuses.items()}
        _take_back(wait)
        print(json.dumps(codes), file=results, flush=True)


def _pass_on(note: int) -> None:
    """Wait until the plugin's own thread has passed on what it was told of signals."""
    while note >= 0 and stat.S_ISFIFO(os.fstat(note).st_mode) and any(fcntl.ioctl(note, FIONREAD, bytes(4))):
        time.sleep(0)


def _take_back(wait: int) -> None:
    """Forget a permission to go on that nobody has taken."""
    os.set_blocking(wait, False)
    try:
        os.read(wait, 100)
    except BlockingIOError:
        pass
    finally:
        os.set_blocking(wait, True)


def _become(
    name: str, plugin: Any, job: dict[str, Any], between: tuple[int, int], tell: int, wait: int
) -> NoReturn:
    """Turn into one of the processes."""
    signal.alarm(LONGEST_SECONDS)
    log = os.open(Path(job["folder"], f"{name}.log"), os.O_WRONLY)
    if name == "tap":
        streams = (os.open(os.devnull, os.O_RDONLY), between[1], log)
    else:
        streams = (between[0], os.open(Path(job["folder"], "states"), os.O_WRONLY), log)
    for number, opened in enumerate(streams):
        os.dup2(opened, number)
    for opened in {*streams, *between}:
        os.close(opened)
    arrived = os.open(Path(job["folder"], f"{name}.signals"), os.O_WRONLY | os.O_NONBLOCK)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["env"])
    sys.argv = [plugin.__name__, *job["arguments"][name]]
    for path, value in job["constants"].items():
        _set(path, value)
    point = job["point"]
    if point and point["process"] == name:
        stop_at(Point(**point), tell, wait)

    def main() -> None:
        # Every signal that a handler of Python's takes leaves a byte, whatever then becomes of it.
        signal.set_wakeup_fd(arrived, warn_on_full_buffer=False)
        plugin.main()

    exit_code = exit_code_of(main)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    _pass_on(signal.set_wakeup_fd(-1))
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            exit_code = exit_code or 120
    os._exit(exit_code)


def _set(path: str, value: float) -> None:
    module, _, name = path.partition(":")
    *owners, name = name.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    if not hasattr(owner, name):
        raise AttributeError(path)
    setattr(owner, name, value)


if __name__ == "__main__":
    _commands, _results, _tell, _wait = map(int, sys.argv[1:])
    _serve(os.fdopen(_commands), os.fdopen(_results, "w"), _tell, _wait)
