"""A key ring of gpg's for one run: in memory where the system allows, gone at the end."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import re
import shutil
import subprocess
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Self

from responsys_io.crypto import Decrypted, gpg_environment
from responsys_io.encryption import Encrypting
from responsys_io.errors import SettingsError
from responsys_io.gpgstatus import StatusLines
from responsys_io.signing import signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from responsys_io.crypto import ByteSource
    from responsys_io.pgpkeys import PgpKeys

logger = logging.getLogger(__name__)

_MEMORY = Path("/dev/shm")  # noqa: S108  a file system in memory, and the folder below it is private
_PREFIX = "responsys-pgp-"
_OLDEST_GPG = (2, 2)
_VERSION = re.compile(r"gpg \(GnuPG[^)]*\) (\d+)\.(\d+)")
_HAS_PRIVATE_KEY = 16  # flag of IMPORT_OK


class KeyRing:
    """The run's keys, imported into a folder of gpg's own when they are first needed.

    For decrypting, the private key is that of the files' receiver and the public key that of their signer;
    for encrypting, the public key is that of the receiver and the private key that of the signer.

    The folder belongs to this user alone and lies in memory, or in the temporary folder where there is no
    `/dev/shm`. It is removed on `close`, at the latest when the interpreter ends; that of a process which
    was killed is removed by the next one.

    Args:
        keys: The keys.
    """

    def __init__(self, keys: PgpKeys) -> None:
        self._keys = keys
        self._home: Path | None = None
        self._public: frozenset[str] = frozenset()
        self._private: frozenset[str] = frozenset()
        self._remove: Callable[[], object] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def has_private_key(self) -> bool:
        """Whether anything can be decrypted."""
        return bool(self._keys.private_key)

    def decrypted(self, source: ByteSource, name: str) -> Decrypted:
        """Return a stream of what a PGP message holds.

        Args:
            source: The message, armoured or binary.
            name: The file that it comes from, for error texts.

        Raises:
            SettingsError: RSYS-1301, RSYS-1306 when gpg or a key cannot be used.
        """
        if self._home is None:
            self._open()
        checks = () if self._keys.public_key else ("--skip-verify",)
        command = (*self._gpg(), "--output", "-", *checks, "--decrypt")
        return Decrypted(source, command, self._keys.passphrase, name=name, signers=self._public)

    def encrypting(self, output: int) -> Encrypting:
        """Return a stream that encrypts what is written to it for the public key.

        The message is signed where there is a private key.

        Args:
            output: Descriptor of the file that gets the message.

        Raises:
            SettingsError: RSYS-1301, RSYS-1306 when gpg or a key cannot be used.
        """
        if self._home is None:
            self._open()
        signer = self._signer()
        recipients = [part for key in self._public for part in ("--recipient", key)]
        signing = ("--sign",) if signer else ()
        command = (*self._gpg(), *signer, *recipients, "--output", "-", *signing, "--encrypt")
        return Encrypting(output, command, self._keys.passphrase)

    def try_encrypting(self) -> None:
        """Encrypt nothing, to see whether gpg can.

        Raises:
            SettingsError: RSYS-1301, RSYS-1306 to RSYS-1308 when gpg or a key cannot be used.
        """
        with Path(os.devnull).open("wb") as nowhere:
            self.encrypting(nowhere.fileno()).close()

    def signature(self, text: bytes) -> bytes:
        """Return a text's detached signature by the private key, armoured.

        Args:
            text: The text, of a size that memory holds twice.

        Raises:
            SettingsError: RSYS-1301, RSYS-1306, RSYS-1308 when gpg or the key cannot be used.
            TransientError: RSYS-5206 when gpg failed.
        """
        if self._home is None:
            self._open()
        command = (*self._gpg(), *self._signer(), "--armor", "--output", "-", "--detach-sign")
        return signature(text, command, self._keys.passphrase)

    def close(self) -> None:
        """Stop gpg's agent and remove the keys; a further call imports them again."""
        if self._remove is not None:
            self._remove()
        self._home = None

    def _open(self) -> None:
        _check_gpg()
        parent = _parent()
        sweep(parent)
        home, lock = _private_folder(parent)
        self._home = home
        self._remove = weakref.finalize(self, _removed, home, lock)
        # Without this the agent asks for smart cards before it says that it has no such key.
        (home / "gpg-agent.conf").write_text("disable-scdaemon\n", encoding="ascii")
        try:
            if self._keys.private_key:
                key = self._keys.private_key
                self._private = self._import(key, "pgp_private_key", flag=_HAS_PRIVATE_KEY)
            if self._keys.public_key:
                self._public = self._import(self._keys.public_key, "pgp_public_key")
        except BaseException:
            self.close()
            raise

    def _signer(self) -> list[str]:
        return [part for key in self._private for part in ("--local-user", key)]

    def _gpg(self) -> tuple[str, ...]:
        """Return a command that asks nobody, looks nothing up on the network and reads no one's options."""
        return (
            "gpg", "--homedir", str(self._home), "--no-options", "--batch", "--no-tty", "--pinentry-mode",
            "loopback", "--trust-model", "always", "--no-auto-key-retrieve", "--no-auto-key-locate",
            "--disable-dirmngr",
        )  # fmt: skip

    def _import(self, key: bytes, setting: str, flag: int = 0) -> frozenset[str]:
        """Import a key; return the fingerprints of the primary keys that it holds."""
        command = [*self._gpg(), "--status-fd", "1", "--import"]
        done = subprocess.run(  # noqa: S603  no shell, no value of a setting
            command, input=key, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=gpg_environment(),
            process_group=0, check=False,
        )  # fmt: skip
        found = StatusLines.of(done.stdout.decode()).args("IMPORT_OK")
        taken = frozenset(fingerprint for flags, fingerprint in found if int(flags) & flag == flag)
        if not taken:
            raise SettingsError(
                "RSYS-1306",
                f"gpg cannot import the key in {setting}.",
                "It is damaged or of a kind that this version of gpg does not know; export it anew.",
            )
        return taken


def sweep(parent: Path) -> None:
    """Remove the key rings that processes which were killed have left in a folder."""
    for home in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            lock = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            if os.fstat(lock).st_uid == os.getuid() and _locked(lock):
                _removed(home, lock)
            else:
                os.close(lock)


def _parent() -> Path:
    if os.access(_MEMORY, os.W_OK | os.X_OK):
        return _MEMORY
    parent = Path(tempfile.gettempdir())
    logger.warning("There is no writable %s: for this run the PGP keys lie in %s", _MEMORY, parent)
    return parent


def _private_folder(parent: Path) -> tuple[Path, int]:
    """Make a folder that only its owner may enter; the lock on it goes when this process ends."""
    while True:
        home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        # Another process may have swept it in between, taking it for an abandoned one.
        with contextlib.suppress(OSError):
            lock = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
            if _locked(lock) and home.is_dir():
                return home, lock
            os.close(lock)


def _locked(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _removed(home: Path, lock: int) -> None:
    for ending in (("--kill", "all"), ("--remove-socketdir",)):
        with contextlib.suppress(OSError):
            subprocess.run(  # noqa: S603
                ["gpgconf", "--homedir", str(home), *ending],  # noqa: S607  found on the PATH, as gpg is
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=gpg_environment(), check=False,
            )  # fmt: skip
    shutil.rmtree(home, ignore_errors=True)
    os.close(lock)


def _check_gpg() -> None:
    try:
        done = subprocess.run(
            ["gpg", "--version"],  # noqa: S607  where it is differs between systems
            capture_output=True, text=True, env=gpg_environment(), check=False,
        )  # fmt: skip
    except OSError as error:
        raise _unusable_gpg(f"cannot be run: {error.strerror}") from error
    version = _VERSION.match(done.stdout)
    if version is None:
        raise _unusable_gpg("does not answer to --version")
    if (int(version[1]), int(version[2])) < _OLDEST_GPG:
        raise _unusable_gpg(f"is too old: {version[1]}.{version[2]}")


def _unusable_gpg(reason: str) -> SettingsError:
    return SettingsError(
        "RSYS-1301",
        f"There are files to decrypt or to encrypt with PGP, and gpg {reason}.",
        "Install GnuPG 2.2 or later, so that the program gpg is on the PATH.",
    )
