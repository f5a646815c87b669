"""Runs over encrypted exports that cannot be read: one clear line, the other streams go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.archives import packed
from support.exports import write_contacts, write_opens
from support.pgp import encrypted, needs_gpg, pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.plugins import Run

pytestmark = needs_gpg

SECRET = "s3cret-that-nobody-should-see"


def encrypt_opens(download: Path, message: Callable[[bytes], bytes]) -> Path:
    """Put an encrypted OPEN feed beside a contact list that is not."""
    write_contacts(download, "CONTACT_LIST_20190103.csv", [(1, "I", "2019-01-03 10:00:00")])
    path = write_opens(download, 3, range(2_000))
    sealed = path.with_name(f"{path.stem}.gpg")
    sealed.write_bytes(message(path.read_bytes()))
    path.unlink()
    return sealed


def for_customer(data: bytes) -> bytes:
    return packed(data, "gpg")


@pytest.mark.parametrize(
    ("settings", "message", "line"),
    [
        (
            {},
            for_customer,
            "RSYS-3204: 1234_OPEN_20190103_060500.gpg is encrypted with PGP and pgp_private_k",
        ),
        ({"key": "other"}, for_customer, "RSYS-3205: 1234_OPEN_20190103_060500.gpg is encrypted for another"),
        (
            {"key": "locked", "pgp_passphrase": SECRET + "?"},
            lambda data: encrypted(data, pair("locked", passphrase=SECRET)),
            "RSYS-3206: 1234_OPEN_20190103_060500.gpg cannot be decrypted: the passphrase",
        ),
        (
            {"key": "customer"},
            lambda data: for_customer(data)[:-40],
            "RSYS-3207: 1234_OPEN_20190103_060500.gpg is damaged or cut off",
        ),
        (
            {"key": "customer"},
            lambda data: packed(data, "zip.zip.zip.gpg"),
            "RSYS-3213: 1234_OPEN_20190103_060500.gpg is packed more than 3 times",
        ),
    ],
)
def test_the_stream_stops_and_the_others_go_on(
    settings: dict[str, Any],
    message: Callable[[bytes], bytes],
    line: str,
    tap: Callable[..., Run],
    download: Path,
) -> None:
    encrypt_opens(download, message)
    run = tap(settings=given(settings))
    assert run.exit_code == 1
    assert len(run.records["contacts"]) == 1
    ends = (
        "goes on without this file" if line[:9] in {"RSYS-3207", "RSYS-3208", "RSYS-3213"} else "stops here"
    )
    assert any(f"Stream open {ends}: {line}" in error for error in run.errors), run.errors
    assert SECRET not in run.stderr
    assert "Traceback" not in run.stderr
    assert run.state["bookmarks"]["open"]["files"] == {}


def given(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the tap's settings with the private key that `key` names."""
    settings = dict(settings)
    if name := settings.pop("key", None):
        settings["pgp_private_key"] = pair(
            name, passphrase=SECRET if name == "locked" else ""
        ).private.decode()
    return settings


def test_a_key_on_one_line_with_a_passphrase(tap: Callable[..., Run], download: Path) -> None:
    key = pair("locked", passphrase=SECRET)
    encrypt_opens(download, lambda data: encrypted(data, key))
    one_line = key.private.decode().replace("\n", "\\n")
    run = tap(settings={"pgp_private_key": one_line, "pgp_passphrase": SECRET})
    assert run.exit_code == 0
    assert len(run.records["open"]) == 2_000
    assert tap(settings=given({"key": "customer"}), state=run.state).records == {}


def test_gpg_is_only_asked_for_where_it_is_needed(
    tap: Callable[..., Run], download: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sealed = encrypt_opens(download, for_customer)
    settings = given({"key": "customer"})
    monkeypatch.setenv("PATH", str(tmp_path))
    run = tap(settings=settings)
    assert run.exit_code == 2
    assert len(run.errors) == 1
    assert (
        "RSYS-1301: There are files to decrypt or to encrypt with PGP, and gpg cannot be run" in run.errors[0]
    )
    sealed.unlink()
    assert tap(settings=settings).exit_code == 0
