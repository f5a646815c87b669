"""Log-in by certificate as clients written after Oracle's samples do it: rest-api.md 1.6."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from support.restclient import error

from responsys_sandbox.apicertificates import ApiCertificateFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import requests
    from support.faketime import FakeTime
    from support.restclient import RestClient

CHALLENGE = b"any text, longer than a line of Base64 would be in some of its implementations~~~\xff\xfe"


def standard(data: bytes) -> str:
    return base64.b64encode(data).decode()


def url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.fixture
def files(tmp_path: Path, stranger: RestClient) -> ApiCertificateFolder:
    made = ApiCertificateFolder(tmp_path)
    stranger.rest.options.certificates = made.ensure()
    return made


def private_key(files: ApiCertificateFolder) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(files.client_key_file.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def begin(client: RestClient, challenge: str) -> requests.Response:
    user = client.rest.options.user_name
    return client.token_call(
        client.rest.login_url, user_name=user, auth_type="server", client_challenge=challenge
    )


def finish(client: RestClient, answer: str) -> requests.Response:
    user = client.rest.options.user_name
    return client.token_call(
        client.rest.login_url, user_name=user, auth_type="client", server_challenge=answer
    )


def signed(files: ApiCertificateFolder, challenge: str, encode: Callable[[bytes], str] = url_safe) -> str:
    data = base64.b64decode(challenge)
    return encode(private_key(files).sign(data, PKCS1v15(), NoDigestInfo()))


@pytest.mark.parametrize("encode", [standard, url_safe])
def test_both_steps(
    stranger: RestClient, files: ApiCertificateFolder, encode: Callable[[bytes], str]
) -> None:
    first = begin(stranger, encode(CHALLENGE)).json()
    assert list(first) == ["authToken", "serverChallenge", "clientChallenge"]
    certificate = x509.load_der_x509_certificate(files.server_certificate_file.read_bytes())
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    proof = base64.b64decode(first["clientChallenge"])
    assert key.recover_data_from_signature(proof, PKCS1v15(), NoDigestInfo()) == CHALLENGE

    stranger.token = first["authToken"]
    assert error(stranger.call("GET", "/user/info")) == (401, "INVALID_TOKEN")
    second = finish(stranger, signed(files, first["serverChallenge"], encode))
    assert list(second.json()) == ["authToken", "issuedAt", "endPoint"]
    stranger.token = second.json()["authToken"]
    assert stranger.call("GET", "/user/info").status_code == 200


def test_the_uploaded_certificate_is_that_of_the_key(files: ApiCertificateFolder) -> None:
    certificate = x509.load_der_x509_certificate(files.client_certificate_file.read_bytes())
    assert certificate.public_key() == private_key(files).public_key()
    assert files.ensure().client_key == certificate.public_key()


@pytest.mark.usefixtures("files")
def test_challenges_in_the_alphabet_of_urls(stranger: RestClient) -> None:
    stranger.rest.options.url_safe_base64 = True
    texts = [
        text for _ in range(8) for text in list(begin(stranger, standard(CHALLENGE)).json().values())[1:]
    ]
    assert not any(set(text) & set("+/=") for text in texts)


def test_a_temporary_token_holds_for_one_answer(stranger: RestClient, files: ApiCertificateFolder) -> None:
    first = begin(stranger, standard(CHALLENGE)).json()
    stranger.token = first["authToken"]
    answer = signed(files, first["serverChallenge"])
    assert finish(stranger, answer).status_code == 200
    assert error(finish(stranger, answer)) == (401, "INVALID_TOKEN")


def test_a_temporary_token_lives_five_minutes(
    stranger: RestClient, files: ApiCertificateFolder, time: FakeTime
) -> None:
    first = begin(stranger, standard(CHALLENGE)).json()
    stranger.token = first["authToken"]
    time.now += 300
    assert error(finish(stranger, signed(files, first["serverChallenge"]))) == (401, "INVALID_TOKEN")


@pytest.mark.usefixtures("files")
def test_another_key_is_refused(stranger: RestClient) -> None:
    first = begin(stranger, standard(CHALLENGE)).json()
    stranger.token = first["authToken"]
    other = rsa.generate_private_key(65537, 2048)
    answer = other.sign(base64.b64decode(first["serverChallenge"]), PKCS1v15(), NoDigestInfo())
    assert error(finish(stranger, url_safe(answer))) == (400, "AUTHENTICATION_FAILED")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("challenge", ["", "A", "{}", standard(b"x" * 246)])
def test_challenges_that_are_none(stranger: RestClient, challenge: str) -> None:
    assert error(begin(stranger, challenge)) == (400, "INVALID_PARAMETER")


def test_a_user_without_certificate(stranger: RestClient) -> None:
    assert error(begin(stranger, standard(CHALLENGE))) == (400, "CLIENT_CERTIFICATE_NOT_FOUND")
