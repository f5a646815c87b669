"""Settings that both plugins share, and what can be said about a wrong one without repeating its value."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING, Any, cast

import jsonschema

if TYPE_CHECKING:
    from collections.abc import Mapping


SECRET = {"secret": True, "writeOnly": True}


def setting(kind: str, title: str, description: str, **more: Any) -> dict[str, Any]:
    """Describe one optional setting in JSON Schema.

    Args:
        kind: JSON type.
        title: Short name for people.
        description: What it does, and what follows from it.
        more: Further keywords, for example `default`, `enum`, `examples`, or `**SECRET`.
    """
    return {"type": [kind, "null"], "title": title, "description": description, **more}


FILE_SERVER_PROPERTIES: dict[str, dict[str, Any]] = {
    "host": setting(
        "string",
        "SFTP host",
        "Host name of the Responsys file server.",
        examples=["files.responsys.net", "files.dc2.responsys.net"],
    ),
    "port": setting(
        "integer", "SFTP port", "TCP port of the file server.", default=22, minimum=1, maximum=65535
    ),
    "username": setting(
        "string", "SFTP user", "User on the file server, usually the account's name followed by _scp."
    ),
    "password": setting(
        "string", "SFTP password", "Password, where the server accepts one instead of a key.", **SECRET
    ),
    "private_key": setting(
        "string",
        "Private key",
        "Private SSH key (Ed25519, ECDSA or RSA; OpenSSH, PEM or PKCS#8 form). Literal \\n stands for a line "
        "break.",
        **SECRET,
    ),
    "private_key_file": setting("string", "Private key file", "Path of a file with the private SSH key."),
    "private_key_passphrase": setting(
        "string",
        "Key passphrase",
        "Passphrase of the private key. Oracle recommends a key without one.",
        **SECRET,
    ),
    "host_key_fingerprint": setting(
        "string",
        "Host key fingerprint",
        "SHA256 fingerprint of the server's host key; several, separated by commas, while a key is being "
        "changed. A server that shows another key is refused.",
        examples=["SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"],
    ),
    "known_hosts_file": setting(
        "string", "Known hosts file", "Path of an OpenSSH known_hosts file that names the server."
    ),
    "connect_timeout": setting(
        "number",
        "Connect timeout",
        "Seconds to wait for the connection, the key exchange and the sign-in together.",
        default=30,
        exclusiveMinimum=0,
    ),
    "io_timeout": setting(
        "number",
        "I/O timeout",
        "Seconds without an answer after which a connection counts as lost.",
        default=60,
        exclusiveMinimum=0,
    ),
}

API_PROPERTIES: dict[str, dict[str, Any]] = {
    "api_url": setting(
        "string",
        "API login host",
        "Address of the REST login host, shown in Responsys under Account > Global settings.",
        examples=["https://login5.responsys.net", "https://abcd1234-api.responsys.ocs.oraclecloud.com"],
    ),
    "api_username": setting("string", "API user", "Name of the API user."),
    "api_password": setting("string", "API password", "Password of the API user. Tried once.", **SECRET),
    "api_private_key": setting(
        "string",
        "API private key",
        "Instead of api_password: the private RSA key whose certificate was uploaded to Responsys for the "
        "API user (PEM, PKCS#8 or OpenSSH form). Literal \\n stands for a line break.",
        **SECRET,
    ),
    "api_private_key_file": setting(
        "string", "API private key file", "Path of a file with the API user's private RSA key."
    ),
    "api_private_key_passphrase": setting(
        "string", "API key passphrase", "Passphrase of the API user's private key.", **SECRET
    ),
    "api_server_certificate_file": setting(
        "string",
        "Responsys server certificate",
        "Path of the server certificate that Responsys gives for download beside the API user's own (PEM or "
        "DER). A login by certificate goes on only with a server that proves to have its key.",
    ),
    "ca_bundle": setting(
        "string",
        "Certificate authorities",
        "Path of a PEM file to verify the API's TLS certificate with, where a proxy opens TLS. "
        "Verification cannot be switched off.",
    ),
    "proxy_url": setting(
        "string",
        "HTTP proxy",
        "Address of the proxy for all calls of the API. Without it the variables HTTPS_PROXY and NO_PROXY of "
        "the environment count. The file server is reached directly.",
        examples=["http://proxy.example.com:3128"],
    ),
    "proxy_username": setting("string", "Proxy user", "User of the proxy named by proxy_url."),
    "proxy_password": setting("string", "Proxy password", "Password of the proxy's user.", **SECRET),
    "allowed_endpoint_hosts": setting(
        "array",
        "Allowed API hosts",
        "Names of hosts that the login may name for all further calls, besides those in Responsys's own "
        "domains.",
        items={"type": "string"},
        default=[],
    ),
    "token_ttl": setting(
        "integer",
        "Token life",
        "Seconds that an API token lives; it is renewed after three quarters of them.",
        default=7200,
        minimum=60,
    ),
}


_DELIMITERS = {"comma": ",", "semicolon": ";", "pipe": "|", "tab": "\t", "\\t": "\t"}


def delimiter_of(text: str) -> str:
    """Return the character that a delimiter setting means: itself, or the one that it names."""
    return _DELIMITERS.get(text.lower(), text)


def format_problems(*, encoding: str, timezone: str, delimiter: str, quote_char: str) -> list[str]:
    """Say what is wrong with the settings of a delimited file, a sentence each.

    Args:
        encoding: Name of a character set.
        timezone: IANA name of a time zone.
        delimiter: The delimiter, as `delimiter_of` returns it.
        quote_char: The enclosure, empty for none.
    """
    found = []
    try:
        # Not only looked up: codecs of other kinds, like base64, encode no text.
        "a".encode(encoding)
    except (LookupError, ValueError):
        found.append("Setting encoding names no character set.")
    try:
        zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        found.append("Setting timezone names no IANA time zone.")
    if len(delimiter) != 1 or delimiter == quote_char:
        found.append("Setting delimiter has to be one character, another one than quote_char.")
    return found


def problems(config_jsonschema: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with a configuration, a line per setting.

    Values are left out of the text: a setting can hold a secret, and a secret can be put into the wrong one.

    Args:
        config_jsonschema: The plugin's settings as JSON Schema.
        config: The settings given.

    Returns:
        One sentence per problem, in the order of the settings; empty when all is well.
    """
    validator = jsonschema.Draft202012Validator(dict(config_jsonschema))
    errors = sorted(
        validator.iter_errors(dict(config)), key=lambda error: list(map(str, error.absolute_path))
    )
    return [_sentence(error) for error in errors]


def _sentence(error: jsonschema.ValidationError) -> str:
    name = ".".join(str(part) for part in error.absolute_path)
    rule, wanted = error.validator, cast("Any", error.validator_value)
    if rule == "required":
        # jsonschema reports each missing key by itself and names it only in its message.
        missing = error.message.split("'")[1]
        return f"Setting {f'{name}.{missing}' if name else missing} is missing."
    if rule == "type":
        kinds = [wanted] if isinstance(wanted, str) else [kind for kind in wanted if kind != "null"]
        return f"Setting {name} has to be of type {' or '.join(kinds)}."
    if rule == "enum":
        choices = ", ".join(str(value) for value in wanted if value is not None)
        return f"Setting {name} has to be one of: {choices}."
    if rule == "additionalProperties":
        return f"Setting {name} has an entry that is not known."
    return f"Setting {name} does not keep to {rule} {wanted}."
