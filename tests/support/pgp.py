"""PGP keys and messages, made by gpg in a key ring of the tests' own."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HAS_GPG = shutil.which("gpg") is not None
# Few rounds to guard a key: the agent measures them by the clock otherwise, and takes 0.3 s a key. It serves
# a whole test process, and without room to grow its locked memory is 32 KB.
_AGENT = "disable-scdaemon\ns2k-count 65536\nauto-expand-secmem 0x100000\n"
needs_gpg = pytest.mark.skipif(not HAS_GPG, reason="gpg is not installed")


@dataclass(frozen=True)
class PgpPair:
    """A key pair in the tests' key ring."""

    name: str
    private: bytes
    public: bytes


def gpg(*arguments: str, data: bytes = b"", passphrase: str = "") -> bytes:
    """Run gpg over the tests' key ring; return what it prints."""
    options = ("--batch", "--no-tty", "--pinentry-mode", "loopback", "--trust-model", "always", "--yes")
    command = ["gpg", "--homedir", _home(), *options, "--passphrase", passphrase, *arguments]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    # gpg's own words: which of a hundred calls failed says nothing about why.
    assert done.returncode == 0, f"gpg {' '.join(arguments)}: {done.stderr.decode(errors='replace')}"
    return done.stdout


@cache
def pair(name: str, *, passphrase: str = "", expires: str = "never", made: str | None = None) -> PgpPair:
    """Make a key pair, once per test process.

    Args:
        name: Whose it is.
        passphrase: The passphrase of its private half.
        expires: When it expires, `YYYY-MM-DD`.
        made: When it was made, `YYYYMMDDTHHMMSS`; now if None.
    """
    clock = ("--faked-system-time", made) if made else ()
    user = f"{name} <{name}@example.com>"
    gpg(*clock, "--quick-gen-key", user, "future-default", "default", expires, passphrase=passphrase)
    private = gpg("--armor", "--export-secret-keys", user, passphrase=passphrase)
    return PgpPair(name, private, gpg("--armor", "--export", user))


def encrypted(
    data: bytes, to: PgpPair, *options: str, signed_by: PgpPair | None = None, armoured: bool = False
) -> bytes:
    """Encrypt for a key, with further options of gpg's."""
    arguments = [*options, "--recipient", to.name, "--encrypt"]
    if signed_by:
        arguments += ["--local-user", signed_by.name, "--sign"]
    return gpg(*(["--armor"] if armoured else []), *arguments, data=data)


@contextmanager
def imported(*keys: Path) -> Iterator[str]:
    """Make a key ring of nothing but the keys in some files; yields its folder."""
    home = tempfile.mkdtemp(prefix="pgp-tests-", dir="/tmp")
    try:
        command = ["gpg", "--homedir", home, "--batch", "--quiet", "--import", *map(str, keys)]
        subprocess.run(command, check=True, capture_output=True)
        yield home
    finally:
        _remove(home)


@cache
def _home() -> str:
    # A short path: the agent's socket lies in it.
    home = tempfile.mkdtemp(prefix="pgp-tests-", dir="/tmp")
    Path(home, "gpg-agent.conf").write_text(_AGENT, encoding="ascii")
    atexit.register(_remove, home)
    return home


def _remove(home: str) -> None:
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
    shutil.rmtree(home, ignore_errors=True)
