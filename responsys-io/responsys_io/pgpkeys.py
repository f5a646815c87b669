"""PGP keys from the settings: which key is wrong and why, before gpg is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from responsys_io.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PRIVATE, _PUBLIC = "PRIVATE", "PUBLIC"
# RFC 9580: a transferable key begins with its key packet, in either packet format.
_KEY_TAGS = {5: _PRIVATE, 6: _PUBLIC}
_BEGIN, _END = "-----BEGIN PGP {} KEY BLOCK-----", "-----END PGP {} KEY BLOCK-----"


@dataclass(frozen=True)
class PgpKeys:
    """What exports are decrypted and their signatures checked with, or uploads encrypted and signed.

    Args:
        private_key: Our private key as gpg exports it, armoured or binary; empty for none.
        passphrase: Its passphrase; empty for none.
        public_key: The other side's public key; empty where there is none.
    """

    private_key: bytes = field(default=b"", repr=False)
    passphrase: str = field(default="", repr=False)
    public_key: bytes = field(default=b"", repr=False)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Pick the keys out of a plugin's settings.

        Raises:
            SettingsError: RSYS-1302 to RSYS-1305 for a key that cannot be one.
        """
        return cls(
            private_key=_key(config, "pgp_private_key", _PRIVATE),
            passphrase=config.get("pgp_passphrase") or "",
            public_key=_key(config, "pgp_public_key", _PUBLIC),
        )


def packet_tag(data: bytes) -> int | None:
    """Return the tag of the OpenPGP packet that bytes begin with, None where no packet begins."""
    if not data or not data[0] & 0x80:
        return None
    return data[0] & 0x3F if data[0] & 0x40 else data[0] >> 2 & 0x0F


def _key(config: Mapping[str, Any], setting: str, wanted: str) -> bytes:
    """Return the key of a setting or of the file that its `_file` setting names."""
    if text := config.get(setting):
        return _checked(_normalised(text), setting, wanted)
    path = config.get(f"{setting}_file")
    if not path:
        return b""
    try:
        key = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise SettingsError(
            "RSYS-1302",
            f"{setting}_file {path} cannot be read: {error.strerror}.",
            "Check the path and its permissions.",
        ) from error
    return _checked(key, f"{setting}_file {path}", wanted)


def _normalised(text: str) -> bytes:
    r"""Return the key's own lines: literal `\n` escapes and CRLF come from environment variables."""
    text = text.strip()
    if "\n" not in text:
        text = text.replace("\\r", "").replace("\\n", "\n")
    return text.replace("\r\n", "\n").strip().encode() + b"\n"


def _checked(key: bytes, source: str, wanted: str) -> bytes:
    kind = _kind(key)
    if kind == wanted:
        if key.startswith(b"-----") and _END.format(kind).encode() not in key:
            raise SettingsError(
                "RSYS-1305", f"The PGP key in {source} is cut off.", "Give its whole text, with its END line."
            )
        return key
    if kind is None:
        raise SettingsError(
            "RSYS-1303",
            f"{source} holds no PGP key.",
            f"Give the text that begins with {_BEGIN.format(wanted)}; gpg --armor --export"
            f"{'-secret-keys' if wanted == _PRIVATE else ''} prints it.",
        )
    raise SettingsError(
        "RSYS-1304",
        f"{source} holds a {kind.lower()} PGP key instead of a {wanted.lower()} one.",
        "pgp_private_key is your own key, pgp_public_key that of the other side.",
    )


def _kind(key: bytes) -> str | None:
    start = key.lstrip()
    for kind in _KEY_TAGS.values():
        if start.startswith(_BEGIN.format(kind).encode()):
            return kind
    tag = packet_tag(key)
    return None if tag is None else _KEY_TAGS.get(tag)
