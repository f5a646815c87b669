"""Plugins run as the commands that they are, in processes of their own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.forkserver import fork_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass
class Run:
    """What came out of a plugin."""

    exit_code: int
    stdout: str
    stderr: str
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def records(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for message in self.messages:
            if message["type"] == "RECORD":
                found[message["stream"]].append(message["record"])
        return dict(found)

    @property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """The last SCHEMA of each stream."""
        return {message["stream"]: message for message in self.messages if message["type"] == "SCHEMA"}

    @property
    def state(self) -> dict[str, Any]:
        states = [message["value"] for message in self.messages if message["type"] == "STATE"]
        return states[-1] if states else {}

    @property
    def errors(self) -> list[str]:
        """The error lines, without time and logger."""
        return [line.split("|", 3)[3].strip() for line in self.stderr.splitlines() if "| ERROR " in line]


def environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of plugins."""
    prefixes = ("TAP_", "TARGET_", "MELTANO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)} | more


def run_tap(
    tmp_path: Path,
    config: Mapping[str, Any],
    *arguments: str,
    state: Mapping[str, Any] | None = None,
    catalog: Mapping[str, Any] | None = None,
    attributes: Mapping[str, int] | None = None,
) -> Run:
    """Run tap-responsys with settings, state and catalog given as files; see `ForkServer.run`."""
    command = ["--config", _written(tmp_path / "config.json", config)]
    if state is not None:
        command += ["--state", _written(tmp_path / "state.json", state)]
    if catalog is not None:
        command += ["--catalog", _written(tmp_path / "catalog.json", catalog)]
    exit_code, stdout, stderr = fork_server("tap_responsys.tap").run(
        [*command, *arguments], stdin=None, folder=tmp_path, env=environment(), attributes=attributes
    )
    lines = [] if arguments else [json.loads(line) for line in stdout.splitlines()]
    return Run(exit_code, stdout.decode(), stderr.decode(), lines)


@contextlib.contextmanager
def started(tmp_path: Path, settings: Mapping[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """Run the tap in a process of its own, killed at the latest when the block ends."""
    config = tmp_path / "own.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "tap_responsys", "--config", str(config)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    ) as running:  # fmt: skip
        yield running
        running.kill()


def _written(path: Path, content: Mapping[str, Any]) -> str:
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)
