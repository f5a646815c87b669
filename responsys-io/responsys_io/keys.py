"""Private keys: every usual form in, a key that paramiko or the REST login takes out.

paramiko alone refuses PKCS#8 and reports most broken keys alike; parsing with `cryptography` accepts
Ed25519, ECDSA and RSA keys in OpenSSH, PEM and PKCS#8 form and lets each mistake have its own text.
"""

from __future__ import annotations

import io
import re

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from responsys_io.errors import SettingsError

MINIMUM_RSA_BITS = 2048

# A block of EC parameters may stand before the key that it belongs to.
_PRIVATE_KEY_BLOCK = re.compile(
    r"-----BEGIN (?P<label>[A-Z0-9 ]*PRIVATE KEY)-----.*?-----END (?P=label)-----", re.DOTALL
)
_PUBLIC_KEY = re.compile(r"^(ssh-|ecdsa-sha2-|-----BEGIN (RSA )?PUBLIC|---- BEGIN SSH2 PUBLIC)")
_ENCRYPTED = re.compile(r"BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED")


def load_private_keys(
    text: str, passphrase: str | None = None, *, source: str = "private_key"
) -> list[paramiko.PKey]:
    """Parse one private key, or several that stand one after the other; see `load_private_key`."""
    blocks = [block[0] for block in _PRIVATE_KEY_BLOCK.finditer(_normalised(text))]
    texts = blocks if len(blocks) > 1 else [text]
    return [load_private_key(block, passphrase, source=source) for block in texts]


def load_private_key(
    text: str, passphrase: str | None = None, *, source: str = "private_key"
) -> paramiko.PKey:
    r"""Parse a private key.

    Args:
        text: The key as it stands in its file; literal `\n` escapes and CRLF line ends are accepted,
            since a key that went through an environment variable often has them.
        passphrase: Passphrase of an encrypted key.
        source: The setting that the key came from, for error texts.

    Returns:
        The key in the form that paramiko signs in with.

    Raises:
        SettingsError: RSYS-1101 to RSYS-1107, one for each way in which a key can be unusable.
    """
    key = _parsed(text, passphrase, source, "private_key")
    if isinstance(key, dsa.DSAPrivateKey):
        raise SettingsError(
            "RSYS-1105",
            f"The key in {source} is a DSA key, which current SSH software no longer supports.",
            "Make an Ed25519 or RSA key (ssh-keygen -t rsa -b 4096) and register its public half.",
        )
    if isinstance(key, rsa.RSAPrivateKey):
        _refuse_short(key, source)
        return paramiko.RSAKey.from_private_key(_openssh(key))
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return paramiko.ECDSAKey.from_private_key(_openssh(key))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return paramiko.Ed25519Key.from_private_key(_openssh(key))
    raise SettingsError(
        "RSYS-1107",
        f"The key in {source} is of a kind that SSH does not use.",
        "Use an Ed25519, ECDSA or RSA key.",
    )


def load_rsa_key(text: str, passphrase: str | None = None, *, source: str, setting: str) -> rsa.RSAPrivateKey:
    """Parse a private key that has to be an RSA key.

    Args:
        text: As for `load_private_key`.
        passphrase: Passphrase of an encrypted key.
        source: The setting or file that the key came from, for error texts.
        setting: Name of the setting; those of its file and passphrase begin with it.

    Raises:
        SettingsError: RSYS-1101 to RSYS-1104, RSYS-1106 and RSYS-1108 for an unusable key, RSYS-1109 for one
            of another kind.
    """
    key = _parsed(text, passphrase, source, setting)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SettingsError(
            "RSYS-1109",
            f"The key in {source} is no RSA key, which the login by certificate needs.",
            "Give the RSA key whose certificate was uploaded to Responsys for the API user.",
        )
    _refuse_short(key, source)
    return key


def _refuse_short(key: rsa.RSAPrivateKey, source: str) -> None:
    if key.key_size < MINIMUM_RSA_BITS:
        raise SettingsError(
            "RSYS-1106",
            f"The RSA key in {source} has {key.key_size} bits; at least {MINIMUM_RSA_BITS} are needed.",
            "Make a new one: ssh-keygen -t rsa -b 4096.",
        )


def _normalised(text: str) -> str:
    text = text.strip()
    if "\n" not in text:
        text = text.replace("\\r", "").replace("\\n", "\n")
    return text.replace("\r\n", "\n").strip() + "\n"


def _refuse_what_is_no_private_key(pem: str, source: str) -> None:
    if pem.startswith("PuTTY-User-Key-File"):
        raise SettingsError(
            "RSYS-1101",
            f"The key in {source} is in PuTTY's own format.",
            "Export it with PuTTYgen (Conversions > Export OpenSSH key) or puttygen -O private-openssh.",
        )
    if _PUBLIC_KEY.match(pem):
        raise SettingsError(
            "RSYS-1102",
            f"{source} holds a public key.",
            "Give the private half; the public half belongs into the Responsys account settings.",
        )


def _parsed(text: str, passphrase: str | None, source: str, setting: str) -> object:
    pem = _normalised(text)
    _refuse_what_is_no_private_key(pem, source)
    password = passphrase.encode() if passphrase else None
    data = pem.encode()
    is_openssh = "BEGIN OPENSSH PRIVATE KEY" in pem
    load = serialization.load_ssh_private_key if is_openssh else serialization.load_pem_private_key
    try:
        return _load_tolerating_an_idle_passphrase(load, data, password)
    except TypeError as error:
        # Both loaders say "password was not given but the key is encrypted" this way.
        raise _encrypted(source, setting) from error
    except UnsupportedAlgorithm as error:
        raise SettingsError(
            "RSYS-1107",
            f"The key in {source} uses an algorithm that is not supported.",
            "Use an Ed25519, ECDSA or RSA key.",
        ) from error
    except ValueError as error:
        if password is None and _ENCRYPTED.search(pem):
            raise _encrypted(source, setting) from error
        if password is not None and _looks_complete(pem):
            raise SettingsError(
                "RSYS-1104",
                f"The passphrase does not open the key in {source}.",
                f"Check {setting}_passphrase.",
            ) from error
        raise SettingsError(
            "RSYS-1103",
            f"{source} does not hold a complete private key.",
            f"Give the whole text from its BEGIN line to its END line, or use {setting}_file.",
        ) from error


def _load_tolerating_an_idle_passphrase(load: object, data: bytes, password: bytes | None) -> object:
    """Load; a passphrase that is set although the key has none is no reason to fail."""
    try:
        return load(data, password)  # type: ignore[operator]
    except TypeError:
        if password is None:
            raise
        return load(data, None)  # type: ignore[operator]


def _looks_complete(pem: str) -> bool:
    return pem.lstrip().startswith("-----BEGIN") and pem.rstrip().endswith("PRIVATE KEY-----")


def _encrypted(source: str, setting: str) -> SettingsError:
    return SettingsError(
        "RSYS-1108",
        f"The key in {source} is encrypted and {setting}_passphrase is not set.",
        "Set it, or use a key without a passphrase, as Oracle recommends for the file server.",
    )


def _openssh(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> io.StringIO:
    return io.StringIO(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        ).decode()
    )
