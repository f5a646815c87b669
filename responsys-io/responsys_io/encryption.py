"""Encrypting with the gpg program by pipe: what is written goes to the disk as a message only."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from responsys_io.crypto import started_gpg
from responsys_io.errors import ResponsysError, SettingsError, TransientError
from responsys_io.gpgstatus import StatusLines
from responsys_io.signing import signing_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import ReadableBuffer

_STATUS_BLOCK = 1 << 16


class Encrypting(io.RawIOBase):
    """A write-only stream; gpg appends the message to a file while text is written.

    Closing it waits for gpg and raises what went wrong; after `abort` nothing more happens.

    Args:
        output: Descriptor of the file that gets the message, from its present position on.
        command: The gpg command that encrypts standard input to standard output.
        passphrase: The signing key's passphrase, empty for none.

    Raises:
        SettingsError: RSYS-1307 when writing or closing, for a public key that nothing can be encrypted to;
            RSYS-1308 for a private key that cannot sign.
        TransientError: RSYS-5203 when gpg failed for another reason.
    """

    def __init__(self, output: int, command: Sequence[str], passphrase: str) -> None:
        self._process, self._status = started_gpg(command, passphrase, output=output)
        assert self._process.stdin is not None  # noqa: S101  a pipe, as ordered
        self._stdin = self._process.stdin
        self._aborted = False

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Give gpg the next bytes, as many as it takes."""
        if self._aborted:
            return memoryview(data).nbytes
        try:
            return os.write(self._stdin.fileno(), data)
        except BrokenPipeError:
            self._finish()
            raise encryption_problem("", self._process.returncode) from None

    def abort(self) -> None:
        """End gpg; what is still written is dropped."""
        self._aborted = True
        self._process.kill()

    def close(self) -> None:
        """Have gpg complete the message."""
        if self.closed:
            return
        super().close()
        if not self._status.closed:
            self._finish()

    def _finish(self) -> None:
        self._stdin.close()
        with self._status:
            said = b"".join(iter(lambda: self._status.read(_STATUS_BLOCK), b""))
        exit_code = self._process.wait()
        if exit_code and not self._aborted:
            self._aborted = True
            raise encryption_problem(said.decode(errors="replace"), exit_code)


def encryption_problem(status: str, exit_code: int) -> ResponsysError:
    """Return why gpg did not encrypt, by its status lines.

    Args:
        status: The lines.
        exit_code: gpg's exit code, negative for a signal.
    """
    lines = StatusLines.of(status)
    if problem := signing_problem(lines):
        return problem
    if lines.has("INV_RECP"):
        return SettingsError(
            "RSYS-1307",
            "gpg cannot encrypt for the key in pgp_public_key: it has expired, was revoked or is of another "
            "use.",
            "Ask for the public key that files for the import job are encrypted with now.",
        )
    how = f"was ended by signal {-exit_code}" if exit_code < 0 else f"failed with exit code {exit_code}"
    return TransientError(
        "RSYS-5203",
        f"gpg {how} while it encrypted a file.",
        "Nothing of the file was published. Look at the free space of the temporary folder.",
    )
