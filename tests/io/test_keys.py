from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.keys import KeyPair, new_key

from responsys_io.errors import SettingsError
from responsys_io.fileserver import FileServer, FileServerLogin
from responsys_io.keys import load_private_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.openssh import SshServer

KINDS_AND_FORMS = [
    (kind, form)
    for kind in ("ed25519", "ecdsa256", "ecdsa384", "ecdsa521", "rsa2048")
    for form in ("openssh", "pem", "pkcs8")
    if (kind, form) != ("ed25519", "pem")  # there is no such form
]


@pytest.fixture(scope="module")
def rsa() -> KeyPair:
    return new_key("rsa2048")


@pytest.mark.parametrize(("kind", "form"), KINDS_AND_FORMS)
def test_every_kind_in_every_form_signs_in(kind: str, form: str, sshd: SshServer) -> None:
    pair = new_key(kind)
    sshd.accept(pair.public)
    config = {**sshd.config, "private_key": pair.text(form)}
    config.pop("private_key_file")
    with FileServer.connect(FileServerLogin.from_config(config)) as server:
        assert server.list("download") == []


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\\n"),
        lambda text: text.replace("\n", "\\r\\n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\n  " + text,
    ],
)
def test_keys_survive_what_environment_variables_do_to_line_breaks(
    change: Callable[[str], str], rsa: KeyPair
) -> None:
    assert load_private_key(change(rsa.text("pem"))).get_name() == "ssh-rsa"


@pytest.mark.parametrize("form", ["openssh", "pem", "pkcs8"])
def test_encrypted_keys(form: str, rsa: KeyPair) -> None:
    text = rsa.text(form, "correct horse")
    assert load_private_key(text, "correct horse").get_name() == "ssh-rsa"
    with pytest.raises(
        SettingsError, match="RSYS-1108: .* is encrypted and private_key_passphrase is not set"
    ):
        load_private_key(text)
    with pytest.raises(SettingsError, match="RSYS-1104: The passphrase does not open"):
        load_private_key(text, "wrong")


def test_a_passphrase_that_is_not_needed_does_no_harm(rsa: KeyPair) -> None:
    for form in ("openssh", "pem", "pkcs8"):
        assert load_private_key(rsa.text(form), "idle").get_name() == "ssh-rsa"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (lambda: "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", "RSYS-1101"),
        (lambda: new_key("ed25519").public, "RSYS-1102"),
        (lambda: new_key("ed25519").openssh[:120], "RSYS-1103"),
        (lambda: new_key("rsa2048").text("pem")[:300], "RSYS-1103"),
        (lambda: "", "RSYS-1103"),
        (lambda: "not a key", "RSYS-1103"),
        (lambda: new_key("dsa").text("pem"), "RSYS-1105"),
        (lambda: new_key("rsa1024").text("pkcs8"), "RSYS-1106"),
    ],
)
def test_each_unusable_key_has_its_own_text(text: Callable[[], str], code: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_private_key(text(), source="private_key_file")
    assert caught.value.code == code
    assert "private_key_file" in str(caught.value)
    assert "\n" not in str(caught.value)
