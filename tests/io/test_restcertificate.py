"""The login by certificate against the sandbox, and what can be wrong with either side's keys."""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from support.delivery import LIMITS, settings_of
from support.faketime import FakeTime

from responsys_io.errors import SettingsError, TransientError
from responsys_io.restapi import RestApi
from responsys_io.restcertificate import CertificateKeys, decoded_challenge
from responsys_io.restretry import Pursuit
from responsys_io.retry import Retry
from responsys_sandbox.apicertificates import ApiCertificateFolder
from responsys_sandbox.rest import Answer, Drop, Fault, Refuse, RestOptions, RevokeTokens
from responsys_sandbox.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOGIN = "/auth/token$"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    rest = RestOptions(limits=dict(LIMITS))
    options = SandboxOptions(days=0, rest=rest, api_login="certificate")
    with Sandbox(tmp_path / "sandbox", options=options) as running:
        yield running


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def api_of(sandbox: Sandbox, time: FakeTime, **settings: Any) -> RestApi:
    pursuit = Pursuit(retry=Retry(limit=4, sleep=time.sleep), clock=time.clock)
    return RestApi.from_config(settings_of(sandbox) | settings, pursuit=pursuit)


def logins(sandbox: Sandbox) -> int:
    return sum(request.path.endswith("/auth/token") for request in sandbox.store.requests())


def pem(key: Any, passphrase: bytes | None = None) -> str:
    encryption = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    private: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    return private.decode()


@pytest.mark.parametrize("url_safe", [False, True])
def test_both_sides_prove_who_they_are(
    sandbox: Sandbox, time: FakeTime, caplog: pytest.LogCaptureFixture, url_safe: bool
) -> None:
    sandbox.options.rest.url_safe_base64 = url_safe
    assert "TARGET_RESPONSYS_API_PASSWORD" not in sandbox.settings
    with caplog.at_level(logging.DEBUG), api_of(sandbox, time) as api:
        assert api.user_info().name == "cdp_api"
        api.user_info()
    assert logins(sandbox) == 2
    assert "PRIVATE KEY" not in caplog.text


def test_the_token_is_renewed_as_after_a_login_by_password(sandbox: Sandbox, time: FakeTime) -> None:
    sandbox.rest.options.refresh_on_login_host = False
    with api_of(sandbox, time) as api:
        api.user_info()
        time.now += 5401
        api.user_info()
        assert logins(sandbox) == 3
        sandbox.rest.faults.add(Fault(action=RevokeTokens(), method="GET"))
        api.user_info()
        assert logins(sandbox) == 5


def test_a_server_that_is_not_responsys_gets_nothing_more(
    sandbox: Sandbox, time: FakeTime, tmp_path: Path
) -> None:
    other = ApiCertificateFolder(tmp_path)
    other.ensure()
    certificate = str(other.server_certificate_file)
    with api_of(sandbox, time, api_server_certificate_file=certificate) as api:
        for _ in range(2):
            with pytest.raises(SettingsError, match="RSYS-4101"):
                api.user_info()
    assert [request.path for request in sandbox.store.requests()] == ["/rest/api/v1.3/auth/token"]


@pytest.mark.parametrize("proof", ["", "QUJD", "!", "A" * 342])
def test_a_proof_that_is_none(sandbox: Sandbox, time: FakeTime, proof: str) -> None:
    answer = f'{{"authToken": "t", "serverChallenge": "QUJD", "clientChallenge": "{proof}"}}'
    sandbox.rest.faults.add(Fault(action=Answer(200, answer), path=LOGIN))
    expected = (SettingsError, "RSYS-4101") if proof not in {"", "!"} else (TransientError, "RSYS-4005")
    with api_of(sandbox, time) as api, pytest.raises(expected[0], match=expected[1]):
        api.user_info()
    assert logins(sandbox) == 1


def test_a_key_that_responsys_does_not_know(sandbox: Sandbox, time: FakeTime) -> None:
    key = pem(rsa.generate_private_key(65537, 2048))
    with api_of(sandbox, time, api_private_key_file=None, api_private_key=key) as api:
        for _ in range(2):
            with pytest.raises(SettingsError, match=r"RSYS-4002.*AUTHENTICATION_FAILED.*api_private_key"):
                api.user_info()
    assert logins(sandbox) == 2


def test_a_user_without_certificate(sandbox: Sandbox, time: FakeTime) -> None:
    sandbox.options.rest.certificates = None
    with (
        api_of(sandbox, time) as api,
        pytest.raises(SettingsError, match="RSYS-4010.*CLIENT_CERTIFICATE_NOT_FOUND"),
    ):
        api.user_info()


def test_an_answer_that_got_lost_begins_the_login_anew(sandbox: Sandbox, time: FakeTime) -> None:
    """The temporary token is used up by then: sending the same again would be refused."""
    sandbox.rest.faults.add(Fault(action=Drop("after"), path=LOGIN, skip=1))
    with api_of(sandbox, time) as api:
        assert api.user_info().name == "cdp_api"
    assert logins(sandbox) == 5


def test_a_temporary_token_that_stays_refused_is_no_endless_loop(sandbox: Sandbox, time: FakeTime) -> None:
    for skip in (1, 2):
        sandbox.rest.faults.add(Fault(action=Refuse("INVALID_TOKEN"), path=LOGIN, skip=skip))
    with api_of(sandbox, time) as api, pytest.raises(Exception, match="RSYS-4009.*INVALID_TOKEN"):
        api.user_info()
    assert logins(sandbox) == 4


def test_a_challenge_too_long_for_the_key(
    sandbox: Sandbox, time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("responsys_sandbox.rest.certificatelogin._CHALLENGE_BYTES", 250)
    with api_of(sandbox, time) as api, pytest.raises(SettingsError, match="RSYS-4102.*250 bytes"):
        api.user_info()
    assert logins(sandbox) == 1


@pytest.mark.parametrize("form", ["pem", "der", "escaped", "encrypted"])
def test_forms_of_keys_and_certificates(sandbox: Sandbox, time: FakeTime, tmp_path: Path, form: str) -> None:
    files = ApiCertificateFolder(sandbox.keys)
    key_text = files.client_key_file.read_text()
    settings: dict[str, Any] = {}
    if form == "pem":
        path = tmp_path / "server.pem"
        body = base64.encodebytes(files.server_certificate_file.read_bytes()).decode()
        path.write_text(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")
        settings["api_server_certificate_file"] = str(path)
    elif form == "escaped":
        settings = {"api_private_key_file": None, "api_private_key": key_text.replace("\n", "\\n")}
    elif form == "encrypted":
        key = serialization.load_pem_private_key(key_text.encode(), None)
        settings = {
            "api_private_key_file": None,
            "api_private_key": pem(key, b"pass phrase"),
            "api_private_key_passphrase": "pass phrase",
        }
    with api_of(sandbox, time, **settings) as api:
        assert api.user_info().name == "cdp_api"


def without_key(settings: dict[str, Any]) -> None:
    settings["api_private_key_file"] = None


def without_certificate(settings: dict[str, Any]) -> None:
    settings["api_server_certificate_file"] = None


def with_password(settings: dict[str, Any]) -> None:
    settings["api_password"] = "secret"


def with_key_for_certificate(settings: dict[str, Any]) -> None:
    settings["api_server_certificate_file"] = settings["api_private_key_file"]


def with_missing_file(settings: dict[str, Any]) -> None:
    settings["api_server_certificate_file"] += ".gone"


def with_another_kind_of_key(settings: dict[str, Any]) -> None:
    settings["api_private_key"] = pem(ec.generate_private_key(ec.SECP256R1()))


def with_a_short_key(settings: dict[str, Any]) -> None:
    settings["api_private_key"] = pem(rsa.generate_private_key(65537, 1024))


def with_a_wrong_passphrase(settings: dict[str, Any]) -> None:
    settings["api_private_key"] = pem(rsa.generate_private_key(65537, 2048), b"right")
    settings["api_private_key_passphrase"] = "wrong-secret"


def with_an_encrypted_key(settings: dict[str, Any]) -> None:
    settings["api_private_key"] = pem(rsa.generate_private_key(65537, 2048), b"right")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (without_key, "RSYS-1006.*api_private_key_file"),
        (without_certificate, "RSYS-1006.*api_server_certificate_file"),
        (with_password, "RSYS-1011"),
        (with_key_for_certificate, "RSYS-1110"),
        (with_missing_file, "RSYS-1002.*api_server_certificate_file"),
        (with_another_kind_of_key, "RSYS-1109.*api_private_key"),
        (with_a_short_key, "RSYS-1106.*api_private_key"),
        (with_a_wrong_passphrase, "RSYS-1104.*Check api_private_key_passphrase"),
        (with_an_encrypted_key, "RSYS-1108.*api_private_key_passphrase is not set"),
    ],
)
def test_settings_that_cannot_be_right(
    sandbox: Sandbox, change: Callable[[dict[str, Any]], None], code: str
) -> None:
    settings = settings_of(sandbox)
    change(settings)
    with pytest.raises(SettingsError, match=code) as raised:
        RestApi.from_config(settings)
    assert "secret" not in str(raised.value)
    assert sandbox.store.requests() == []


def test_the_private_key_is_in_no_representation(sandbox: Sandbox) -> None:
    assert "private_key" not in repr(CertificateKeys.from_config(settings_of(sandbox)))


@pytest.mark.parametrize("text", ["+/8=", "-_8", "-_8=", "+/\n8="])
def test_challenges_are_read_in_every_form_of_base64(text: str) -> None:
    assert decoded_challenge(text) == b"\xfb\xff"


@pytest.mark.parametrize("text", ["A", "ä", "A B!", "{}"])
def test_other_texts_are_no_challenge(text: str) -> None:
    with pytest.raises(ValueError, match="Base64"):
        decoded_challenge(text)
