"""Plugins as processes of their own, without paying for their imports every time.

A helper process imports a plugin once and forks for each run. What runs is the plugin's own entry point in a
new process, with its own standard streams, working directory, environment, signals and exit code.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def exit_code_of(main: Callable[[], object]) -> int:
    """Run a plugin's entry point; return what the interpreter would exit with."""
    try:
        main()
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:  # noqa: BLE001  as the interpreter would
        traceback.print_exc()
        return 1
    return 0


class ForkServer:
    """A process that has imported a plugin's module and forks to run its `main`."""

    def __init__(self, module: str) -> None:
        ours, theirs = os.pipe()[::-1], os.pipe()
        self._jobs, self._results = os.fdopen(ours[0], "w"), os.fdopen(theirs[0])
        paths = [str(Path(__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.forkserver", module, str(ours[1]), str(theirs[1])],
            pass_fds=(ours[1], theirs[1]),
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        os.close(ours[1])
        os.close(theirs[1])

    def run(
        self,
        arguments: Sequence[str],
        *,
        stdin: Path | None,
        folder: Path,
        env: Mapping[str, str],
        seconds: float = 90,
        attributes: Mapping[str, int] | None = None,
    ) -> tuple[int, bytes, bytes]:
        """Run the plugin; return its exit code and what it wrote to stdout and stderr.

        Args:
            arguments: Command line.
            stdin: File to read, none for nothing.
            folder: Working directory.
            env: Its whole environment.
            seconds: After which it is ended.
            attributes: Constants to set in it, such as `package.module.Class.NAME`.
        """
        stdout, stderr = folder / "stdout", folder / "stderr"
        job = {
            "arguments": list(arguments),
            "stdin": str(stdin or os.devnull),
            "stdout": str(stdout),
            "stderr": str(stderr),
            "folder": str(folder),
            "env": dict(env),
            "seconds": seconds,
            "attributes": dict(attributes or {}),
        }
        self._jobs.write(json.dumps(job) + "\n")
        self._jobs.flush()
        exit_code = int(self._results.readline())
        return exit_code, stdout.read_bytes(), stderr.read_bytes()

    def close(self) -> None:
        """End the helper process."""
        self._jobs.close()
        self._process.wait()
        self._results.close()


@cache
def fork_server(module: str) -> ForkServer:
    """Return the helper for a module, one per test process."""
    server = ForkServer(module)
    atexit.register(server.close)
    return server


def _serve(module: str, jobs: IO[str], results: IO[str]) -> None:
    plugin = importlib.import_module(module)
    for line in iter(jobs.readline, ""):
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            jobs.close()
            results.close()
            _become(plugin, job)
        _, status = os.waitpid(child, 0)
        results.write(f"{os.waitstatus_to_exitcode(status)}\n")
        results.flush()


def _become(plugin: Any, job: dict[str, Any]) -> None:
    """Turn into the plugin's process; does not return."""
    signal.alarm(int(job["seconds"]))
    for number, (path, flags) in enumerate(
        ((job["stdin"], os.O_RDONLY), (job["stdout"], os.O_WRONLY), (job["stderr"], os.O_WRONLY))
    ):
        opened = os.open(path, flags | (os.O_CREAT | os.O_TRUNC if number else 0), 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["env"])
    sys.argv = [plugin.__name__, *job["arguments"]]
    for path, value in job["attributes"].items():
        module, owner, name = path.rsplit(".", 2)
        setattr(getattr(importlib.import_module(module), owner), name, value)
    exit_code = exit_code_of(plugin.main)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)


if __name__ == "__main__":
    _serve(sys.argv[1], os.fdopen(int(sys.argv[2])), os.fdopen(int(sys.argv[3]), "w"))
