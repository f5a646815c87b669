"""What gpg's status lines say about a message that has been decrypted to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from responsys_io.errors import DataError, ResponsysError, TransientError
from responsys_io.files import FileUnavailableError
from responsys_io.gpgstatus import StatusLines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_AGAIN = "Nothing of it counts as read; if it stays so, have it exported again."


@dataclass
class Verdict:
    """What the status lines of one run of gpg come to.

    Args:
        name: The file, for error texts.
        signers: Fingerprints of the keys of which one has to have signed; empty for no such demand.
    """

    name: str
    signers: Collection[str]
    _status: StatusLines = field(default_factory=StatusLines)

    def add(self, line: str) -> None:
        """Take a status line."""
        self._status.add(line)

    def problem(self, exit_code: int, *, took_all: bool) -> ResponsysError | None:
        """Return why the text must not count as read, None when it is whole and as it was encrypted.

        Args:
            exit_code: gpg's exit code, negative for a signal.
            took_all: Whether gpg has read the file to its end.
        """
        if exit_code < 0:
            return TransientError(
                "RSYS-3214", f"gpg was ended by signal {-exit_code} while it decrypted {self.name}.", _AGAIN
            )
        # gpg stops at a bad signature, before it says how the decryption went.
        failed = self._forgery() or self._decryption_problem(took_all=took_all) or self._signature_problem()
        if failed is None and exit_code and not self._is_about_others():
            return DataError("RSYS-3212", f"gpg fails on {self.name} with exit code {exit_code}.", _AGAIN)
        return failed

    def _forgery(self) -> DataError | None:
        if not self._status.has("BADSIG"):
            return None
        return DataError(
            "RSYS-3209", f"{self.name} is not what its sender has signed: it was damaged or changed.", _AGAIN
        )

    def _decryption_problem(self, *, took_all: bool) -> DataError | None:
        if (
            self._status.has("DECRYPTION_OKAY")
            and (self._status.has("GOODMDC") or self._is_aead())
            and took_all
        ):
            return None
        if not self._status.has("DECRYPTION_KEY") and (problem := self._key_problem()):
            return problem
        if not self._status.has("ENC_TO") and not self._status.has("NEED_PASSPHRASE_SYM"):
            return FileUnavailableError(
                "RSYS-3208",
                f"{self.name} holds no PGP-encrypted message.",
                "Its name or its first bytes promise one; a signature alone is not enough.",
            )
        if any(info[:1] == ["0"] for info in self._status.args("DECRYPTION_INFO")) and not self._is_aead():
            return FileUnavailableError(
                "RSYS-3207",
                f"{self.name} is encrypted without integrity protection, so a change would go unnoticed.",
                "The sender has to encrypt with a current form of PGP (with MDC or AEAD).",
            )
        return FileUnavailableError(
            "RSYS-3207", f"{self.name} is damaged or cut off, as its PGP check shows.", _AGAIN
        )

    def _key_problem(self) -> DataError | None:
        errors = [info for info in self._status.args("ERROR") if info[:1] == ["pkdecrypt_failed"]]
        if self._status.lacks_passphrase(errors):
            return DataError(
                "RSYS-3206",
                f"{self.name} cannot be decrypted: the passphrase of the private key is wrong or missing.",
                "Check pgp_passphrase.",
            )
        if self._status.has("NO_SECKEY"):
            return DataError(
                "RSYS-3205",
                f"{self.name} is encrypted for another key than the one in pgp_private_key.",
                "Give Responsys the public half of your key, or set the key that it encrypts for.",
            )
        return None

    def _signature_problem(self) -> DataError | None:
        if not self.signers:
            return None
        ours = [said for said, by in self._signatures() if by in self.signers]
        if "GOODSIG" in ours:
            return None
        if ours:
            return DataError(
                "RSYS-3211",
                f"{self.name} is signed with a key that has expired or was revoked.",
                "Set pgp_public_key to the key that the sender uses now.",
            )
        return DataError(
            "RSYS-3210",
            f"{self.name} is not signed with the key in pgp_public_key.",
            "Have the export job sign with it, or unset pgp_public_key to read unsigned files.",
        )

    def _signatures(self) -> Iterator[tuple[str, str]]:
        """Yield how each signature that fits its text was judged, and its primary key's fingerprint."""
        judged = ""
        for keyword, *args in self._status.said:
            if keyword in {"GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG"}:
                judged = keyword
            elif keyword == "VALIDSIG" and judged and args:
                yield judged, args[-1]
                judged = ""

    def _is_about_others(self) -> bool:
        """Tell whether gpg only complains of keys that other recipients or further signers have."""
        failures = ("DECRYPTION_FAILED", "FAILURE", "NODATA", "UNEXPECTED")
        return (self._status.has("NO_SECKEY") or self._status.has("ERRSIG")) and not any(
            map(self._status.has, failures)
        )

    def _is_aead(self) -> bool:
        return any(info[2:] > ["0"] for info in self._status.args("DECRYPTION_INFO"))
