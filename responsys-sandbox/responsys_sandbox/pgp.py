"""The account's PGP keys, made once and kept in the folder, and the files encrypted with them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import weakref
from typing import TYPE_CHECKING

from responsys_sandbox.keys import write_secret

if TYPE_CHECKING:
    from pathlib import Path

_CUSTOMER, _SENDER = "pgp_customer", "pgp_sender"


class PgpKeyFolder:
    """The key pairs of the customer, for whom exports are encrypted, and of Responsys, which sends them.

    Needs the program gpg as soon as something is asked of it.

    Args:
        folder: Where the pairs are kept, `<name>.asc` and `<name>.pub.asc`; made if missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._home = ""

    def customer_private_key(self) -> Path:
        """Return the file of the private key that exports are encrypted for."""
        return self._ensured(_CUSTOMER)

    def sender_public_key(self) -> Path:
        """Return the file of Responsys's public key: signatures are checked and uploads encrypted with it."""
        return self._public(self._ensured(_SENDER))

    def encrypt(self, clear: Path, sealed: Path, *, armoured: bool, signed: bool) -> None:
        """Encrypt a file for the customer.

        Args:
            clear: What to encrypt.
            sealed: Where the message goes.
            armoured: Whether it is text, not binary.
            signed: Whether the sender signs.
        """
        command = ["--output", str(sealed), "--recipient-file", str(self._public(self._ensured(_CUSTOMER)))]
        if armoured:
            command.append("--armor")
        if signed:
            self._gpg("--import", str(self._ensured(_SENDER)))
            command += ["--local-user", _SENDER, "--sign"]
        self._gpg(*command, "--encrypt", str(clear))

    def decrypt(self, sealed: Path, clear: Path) -> None:
        """Decrypt a file for Responsys, which is the sender of exports, whoever has signed it.

        Args:
            sealed: The message.
            clear: Where its text goes.

        Raises:
            ValueError: It is no message for that key.
        """
        self._gpg("--import", str(self._ensured(_SENDER)))
        self._gpg("--skip-verify", "--output", str(clear), "--decrypt", str(sealed))

    def _ensured(self, name: str) -> Path:
        """Return the file of a private key after making the pair, unless it is there."""
        path = self._folder / f"{name}.asc"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            user = f"Sandbox {name} <{name}@example.com>"
            self._gpg("--quick-generate-key", user, "future-default", "default", "never")
            self._public(path).write_bytes(self._gpg("--armor", "--export", user))
            write_secret(path, self._gpg("--armor", "--export-secret-keys", user))
        return path

    def _public(self, private: Path) -> Path:
        return private.with_name(f"{private.stem}.pub.asc")

    def _gpg(self, *arguments: str) -> bytes:
        """Run gpg over a key ring that lasts as long as this object.

        Raises:
            OSError: gpg is not there.
            ValueError: It has failed.
        """
        if not self._home:
            # The agent's socket lies in it, and the path of a socket has to be short.
            self._home = tempfile.mkdtemp(prefix="sandbox-pgp-", dir="/tmp")
            weakref.finalize(self, _removed, self._home)
        options = (
            "--batch",
            "--yes",
            "--quiet",
            "--no-tty",
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            "",
        )
        done = subprocess.run(  # noqa: S603
            ["gpg", "--homedir", self._home, *options, "--trust-model", "always", *arguments],  # noqa: S607
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise ValueError(f"gpg failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout


def _removed(home: str) -> None:
    if shutil.which("gpgconf"):
        command = ["gpgconf", "--homedir", home, "--kill", "all"]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    shutil.rmtree(home, ignore_errors=True)
