"""Runs Meltano for a shard or a campaign, in a system folder that nobody else uses."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrate.errors import PlanError
from orchestrate.outcome import Outcome, outcome, read_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrate.work import Work

ROOT = Path(__file__).resolve().parent.parent
PLUGIN_FOLDERS = ("extractors", "loaders", "utilities")


class MeltanoRun:
    """A run of Meltano.

    Two runs in one `.meltano` overwrite each other's catalog and settings: each gets a new one, with the
    installed plugins linked into it, and removed at its end. Bookmarks are in the state backend.

    Args:
        work: What to run.
        say: Takes each line of the log.
    """

    def __init__(self, work: Work, say: Callable[[str], None]) -> None:
        self._work = work
        self._say = say
        self._process: subprocess.Popen[str] | None = None

    def run(self) -> Outcome:
        """Run it to its end.

        Raises:
            PlanError: RSYS-7003 or RSYS-7004 of the environment, RSYS-7006 if the plugins are not installed.
        """
        variables = self._work.environment(os.environ)
        installed = ROOT / ".meltano"
        if not (installed / PLUGIN_FOLDERS[0]).is_dir():
            raise PlanError("RSYS-7006", "Meltano's plugins are not installed here.", "Run `make setup`.")
        with tempfile.TemporaryDirectory(prefix="meltano-") as name:
            folder = Path(name)
            for plugins in PLUGIN_FOLDERS:
                (folder / plugins).symlink_to(installed / plugins, target_is_directory=True)
            own = {
                "MELTANO_SYS_DIR_ROOT": name,
                "DBT_TARGET_PATH": str(folder / "transform"),
                "DBT_LOG_PATH": str(folder / "transform" / "logs"),
                "NO_COLOR": "1",
            }
            return self._follow({**variables, **own})

    def stop(self) -> None:
        """End it as Ctrl-C does: the plugins write down how far they have come."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def _follow(self, variables: dict[str, str]) -> Outcome:
        command = [str(ROOT / "scripts" / "meltano"), *self._work.arguments]
        codes: list[int] = []
        with subprocess.Popen(  # noqa: S603 - a program of this checkout
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=variables,
            cwd=ROOT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            self._process = process
            for raw in process.stdout or ():
                line = read_line(raw)
                codes.extend(line.exit_codes)
                self._say(line.text)
        return outcome(process.returncode, tuple(codes))
