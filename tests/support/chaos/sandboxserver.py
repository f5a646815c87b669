"""A sandbox in a process of its own, which can be killed and started again at the same ports.

python -m support.chaos.sandboxserver FOLDER LOGIN_PORT API_PORT
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.delivery import new_sandbox, settings_of
from support.openssh import free_port
from support.plugins import environment

if TYPE_CHECKING:
    from typing import Self

PASSWORD = "the sandbox's own"


@dataclass
class SandboxServer:
    """A sandbox's process.

    Args:
        folder: The sandbox's folder.
    """

    folder: Path
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))
    settings: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def database(self) -> Path:
        return self.folder / "account.sqlite"

    def start(self) -> None:
        """Start it; the settings are there when it listens."""
        command = [sys.executable, "-m", "support.chaos.sandboxserver", str(self.folder)]
        tests = str(Path(__file__).parents[2])
        self._process = subprocess.Popen(
            [*command, *map(str, self.ports)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(PYTHONPATH=tests),
        )  # fmt: skip
        assert self._process.stdout is not None
        self.settings, self.environment = json.loads(self._process.stdout.readline())

    def kill(self) -> None:
        """End it as the kernel does."""
        self._process.kill()
        self._process.communicate()


def _serve(folder: Path, ports: tuple[int, int]) -> None:
    options = {"password": PASSWORD, "ports": ports, "async_queued": 0.02, "async_running": 0.02}
    with new_sandbox(folder, **options) as sandbox:
        print(json.dumps([settings_of(sandbox), sandbox.settings]), flush=True)  # noqa: T201  the settings
        sys.stdin.read()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), (int(sys.argv[2]), int(sys.argv[3])))
