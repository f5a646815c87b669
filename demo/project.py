"""This checkout's Meltano project, run with bookmarks, run files and logs in a folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent


class MeltanoError(Exception):
    """A run of Meltano failed; the text is one line and names the log."""


class Project:
    """Runs Meltano on this checkout's meltano.yml.

    What Meltano keeps between runs (bookmarks above all) lies in `folder`, not in the checkout's own
    `.meltano`: two projects with different folders do not disturb each other or their user's state.
    The installed plugins are shared.

    Args:
        folder: An empty or missing folder.
        variables: Environment variables with the plugins' settings, beside those of this process.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self.folder = folder
        self.variables = dict(variables)
        self._runs = 0
        folder.mkdir(parents=True, exist_ok=True)
        for plugins in ("extractors", "loaders", "utilities"):
            (folder / plugins).symlink_to(ROOT / ".meltano" / plugins, target_is_directory=True)

    def run(self, *tasks: str, variables: Mapping[str, str] | None = None) -> Path:
        """Run jobs or pairs of plugins (`meltano run`).

        Args:
            tasks: What to run, and options of `meltano run` before it.
            variables: Further environment variables for this run.

        Returns:
            The run's log.

        Raises:
            MeltanoError: If the run fails.
        """
        self._runs += 1
        log = self.folder / f"run-{self._runs}-{tasks[-1]}.log"
        done = self._meltano(("run", *tasks), log, variables or {})
        if done != 0:
            reason = _reason(log.read_text(encoding="utf-8", errors="replace"))
            raise MeltanoError(f"`meltano run {' '.join(tasks)}` failed: {reason} The whole log: {log}")
        return log

    def invoke(self, command: str, *arguments: str, variables: Mapping[str, str] | None = None) -> Path:
        """Run a plugin's command (`meltano invoke`).

        Args:
            command: Plugin and command, with a colon between them.
            arguments: What to add to its arguments.
            variables: Further environment variables.

        Returns:
            Its log.

        Raises:
            MeltanoError: If it fails.
        """
        log = self.folder / f"{command.replace(':', '-')}.log"
        if self._meltano(("invoke", command, *arguments), log, variables or {}) != 0:
            reason = _reason(log.read_text(encoding="utf-8", errors="replace"))
            raise MeltanoError(f"`meltano invoke {command}` failed: {reason} The whole log: {log}")
        return log

    def state(self, state_id: str) -> Any:
        """Return the bookmarks that are kept under an id (`meltano state get`).

        Raises:
            MeltanoError: If there are none.
        """
        log = self.folder / "state.log"
        if self._meltano(("state", "get", state_id), log, {}) != 0:
            raise MeltanoError(f"`meltano state get {state_id}` failed. The log: {log}")
        return json.loads(log.read_text(encoding="utf-8").splitlines()[-1])

    def start(
        self,
        *arguments: str,
        log: Path,
        variables: Mapping[str, str] | None = None,
        own_session: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start a command of Meltano's, and return its process while it runs.

        Args:
            arguments: Command line.
            log: File for all that it says.
            variables: Further environment variables.
            own_session: Whether it leads a session of its own, by which whatever it starts can be found.
        """
        own = {
            "MELTANO_SYS_DIR_ROOT": str(self.folder),
            "TARGET_RESPONSYS_RECEIPT_FILE": str(self.folder / "receipts" / "{execution_id}.json"),
            "DBT_TARGET_PATH": str(self.folder / "transform"),
            "DBT_LOG_PATH": str(self.folder / "transform" / "logs"),
            "NO_COLOR": "1",
        }
        with log.open("wb") as output:
            return subprocess.Popen(  # noqa: S603 - a program of this checkout
                [ROOT / "scripts" / "meltano", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.variables, **(variables or {}), **own},
                start_new_session=own_session,
            )

    def _meltano(self, arguments: tuple[str, ...], log: Path, variables: Mapping[str, str]) -> int:
        return self.start(*arguments, log=log, variables=variables).wait()


def _reason(log: str) -> str:
    """Return the line that says most: an error with a code of ours, else the first error, else the end."""
    lines = [line.strip() for line in log.splitlines() if line.strip()] or ["it said nothing."]
    errors = [line for line in lines if "[error" in line]
    return next((line for line in errors if "RSYS-" in line), (errors or lines[-1:])[0])
