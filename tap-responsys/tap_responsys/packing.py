"""How a file is packed, as its first bytes tell."""

from __future__ import annotations

from typing import Literal

from responsys_io.pgpkeys import packet_tag

Packing = Literal["zip", "gzip", "pgp"]

ENOUGH = 64
"""How many first bytes are looked at."""

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_ARMOUR = b"-----BEGIN PGP "
_PGP_SUFFIXES = {"gpg", "pgp", "asc"}
# RFC 9580: what a message can begin with. Session keys (1, 3) begin an encrypted one; signed, compressed
# and literal messages are no exports, and gpg says so.
_MESSAGE_TAGS = {1, 2, 3, 4, 8, 9, 10, 11, 18, 20}
_SESSION_KEY_TAGS = {1: {3, 6}, 3: {4, 5, 6}}


def packing(start: bytes, name: str) -> Packing | None:
    """Return how a file is packed, None for text.

    The bytes of zip, gzip and armoured PGP leave no doubt, whatever the file is called. Binary PGP begins
    with bytes that a letter can have, too: they count where the name says so, or where the version of a
    session key follows, which is a control character.

    Args:
        start: The first bytes, up to `ENOUGH`.
        name: The file's name.
    """
    if start.startswith(_ZIP):
        return "zip"
    if start.startswith(_GZIP):
        return "gzip"
    if start.lstrip().startswith(_ARMOUR):
        return "pgp"
    tag = packet_tag(start)
    if tag in _MESSAGE_TAGS and (_is_named_pgp(name) or _is_session_key(tag, start)):
        return "pgp"
    return None


def _is_named_pgp(name: str) -> bool:
    return not _PGP_SUFFIXES.isdisjoint(name.lower().split(".")[1:])


def _is_session_key(tag: int | None, start: bytes) -> bool:
    """Tell whether a session key packet of a known version begins here."""
    versions = _SESSION_KEY_TAGS.get(tag or 0, set())
    at = _length_of_head(start)
    return len(start) > at and start[at] in versions


def _length_of_head(start: bytes) -> int:
    """Return where a packet's content begins: after the tag and one to five bytes of length."""
    if not start[0] & 0x40:
        return 1 + (1, 2, 4, 0)[start[0] & 3]
    first = start[1] if len(start) > 1 else 0
    if first < 192:  # noqa: PLR2004  RFC 9580, section 4.2.1: lengths of one, two and five bytes
        return 2
    return 6 if first == 255 else 3  # noqa: PLR2004
