"""Where the runs take place: OpenSSH's server, a sandbox, and a helper that starts the pair."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from responsys_sandbox.store import Store
from support.chaos.launcher import Launcher
from support.chaos.sandboxserver import SandboxServer
from support.openssh import openssh_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.openssh import OpenSshServer


@dataclass
class World:
    """All that is there beside the pair.

    Args:
        folder: For whatever the runs need.
        sshd: The file server: exports come from it, files go to it.
        api: The sandbox that has the REST API.
        store: What it has stored.
        launcher: Starts the pair.
        run_seconds: How long a run takes here, by mode of delivery.
    """

    folder: Path
    sshd: OpenSshServer
    api: SandboxServer
    store: Store
    launcher: Launcher
    run_seconds: dict[str, float] = field(default_factory=dict)

    @property
    def servers(self) -> dict[str, Callable[[], None]]:
        """Kills each server, with its sessions, and starts it again."""
        return {"sshd": self._restart_sshd, "api": self._restart_api}

    def _restart_sshd(self) -> None:
        self.sshd.process.send_signal(signal.SIGKILL)
        self.sshd.process.wait()
        self.sshd.cut_sessions()
        self.sshd.start()

    def _restart_api(self) -> None:
        self.api.kill()
        self.api.start()


@contextlib.contextmanager
def new_world(folder: Path) -> Iterator[World]:
    """Start everything in a new folder; stop it afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        openssh_server(folder / "sshd") as sshd,
        SandboxServer(folder / "sandbox") as api,
        Store(api.database) as store,
        Launcher() as launcher,
    ):
        yield World(folder, sshd, api, store, launcher)
