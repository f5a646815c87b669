"""Signing with the gpg program: detached signatures, which anybody with the public key can check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responsys_io.crypto import started_gpg
from responsys_io.errors import SettingsError, TransientError
from responsys_io.gpgstatus import StatusLines

if TYPE_CHECKING:
    from collections.abc import Sequence


def signature(text: bytes, command: Sequence[str], passphrase: str) -> bytes:
    """Return the signature of a text, armoured.

    Args:
        text: The text, of a size that memory holds twice.
        command: The gpg command that signs standard input to standard output.
        passphrase: The signing key's passphrase, empty for none.

    Raises:
        SettingsError: RSYS-1308 for a private key that cannot sign.
        TransientError: RSYS-5206 when gpg failed for another reason.
    """
    process, status = started_gpg(command, passphrase)
    with status:
        # What gpg says of a run is short: the pipe holds all of it.
        signed, _ = process.communicate(text)
        said = status.readall()
    if process.returncode == 0:
        return signed
    problem = signing_problem(StatusLines.of(said.decode(errors="replace")))
    raise problem or TransientError(
        "RSYS-5206",
        f"gpg ended with {process.returncode} while it signed the receipt.",
        "The run has done what its log says. Look at the free memory and gpg's installation.",
    )


def signing_problem(lines: StatusLines) -> SettingsError | None:
    """Return why gpg could not sign, None where it was not the key.

    Args:
        lines: What gpg has said.
    """
    if lines.lacks_passphrase([*lines.args("ERROR"), *lines.args("FAILURE")]):
        return SettingsError(
            "RSYS-1308",
            "gpg cannot sign with the key in pgp_private_key: its passphrase is wrong or missing.",
            "Check pgp_passphrase.",
        )
    if lines.has("INV_SGNR"):
        return SettingsError(
            "RSYS-1308",
            "gpg cannot sign with the key in pgp_private_key: it has expired, was revoked or is of another "
            "use.",
            "Set a key that can sign, or unset pgp_private_key to do without signatures.",
        )
    return None
