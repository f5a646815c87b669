"""One HTTP exchange with Responsys: bounded in time and size, never redirected, never unverified."""

from __future__ import annotations

import logging
import queue
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import requests.adapters
import requests.utils
import urllib3.exceptions
from urllib3.util.ssl_ import create_urllib3_context

from responsys_io.errors import SettingsError
from responsys_io.proxies import environment_proxy

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 4 * 2**20
TOTAL_SECONDS = 300.0

_BLOCK = 64 * 2**10
_PROXY_REFUSES = 407
# OpenSSL's own words for why, in what requests makes of them.
_WHY_UNTRUSTED = re.compile(r"certificate verify failed: (.*?) \(_ssl")
MAX_CONNECTIONS = 32
"""Connections that are kept for as many threads."""


class LostError(Exception):
    """No complete answer came.

    Args:
        reason: What happened, in a few words.
        sent: Whether the server may have received the request, and acted on it.
    """

    def __init__(self, reason: str, *, sent: bool) -> None:
        self.reason = reason
        self.sent = sent
        super().__init__(reason)


@dataclass(frozen=True)
class Answer:
    """A complete HTTP answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http:
    """A pool of connections. Safe for several threads.

    Args:
        ca_bundle: Path of a PEM file with the certificate authorities to trust instead of the usual ones.
        proxy: Address of the proxy for every exchange, with its user and password; without one the
            environment says which.
        connect_timeout: Seconds for connecting.
        io_timeout: Seconds without a byte after which an answer counts as lost.
        total_timeout: Seconds that an exchange may take in all; an answer that drips in never runs into
            `io_timeout`.

    Raises:
        SettingsError: RSYS-1005 when the bundle cannot be read.
    """

    def __init__(
        self,
        *,
        ca_bundle: str | None = None,
        proxy: str | None = None,
        connect_timeout: float = 30,
        io_timeout: float = 60,
        total_timeout: float = TOTAL_SECONDS,
    ) -> None:
        trust = _trusting(ca_bundle)
        self._session = requests.Session()
        # Else a .netrc entry would take the place of our token, and a variable that of ca_bundle.
        self._session.trust_env = False
        self._proxy = proxy
        # Its DEBUG lines hold whole addresses, with the keys that rows are read and deleted by.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
        adapter = _Adapter(trust)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, adapter)
        self._environment_proxies: dict[str, str | None] = {}
        self._timeouts = (connect_timeout, io_timeout)
        self._total_timeout = total_timeout

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def exchange(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send a request and read its answer, whatever its status.

        Raises:
            LostError: No complete answer came.
            SettingsError: RSYS-4003 when the server's certificate is not trusted, RSYS-4015 when the proxy
                asks for another user or password, RSYS-1014 for one that cannot be used.
        """
        outcomes: queue.SimpleQueue[Answer | Exception] = queue.SimpleQueue()

        def run() -> None:
            try:
                outcomes.put(self._exchange(method, url, headers, body))
            except Exception as error:  # noqa: BLE001  raised again by the thread that waits
                outcomes.put(error)

        # A read timeout starts anew with every byte. Only another thread can give up on an answer whose
        # head drips in; being a daemon, the one left behind does not keep the process.
        threading.Thread(target=run, daemon=True, name="responsys-exchange").start()
        try:
            outcome = outcomes.get(timeout=self._total_timeout)
        except queue.Empty:
            raise LostError(f"no complete answer within {self._total_timeout:g} s", sent=True) from None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _environment_proxy(self, url: str) -> str | None:
        place = urlsplit(url).netloc
        if place not in self._environment_proxies:
            self._environment_proxies[place] = environment_proxy(url)
        return self._environment_proxies[place]

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        proxy = self._proxy or self._environment_proxy(url)
        try:
            with self._session.request(
                method,
                url,
                headers={**headers, "Accept": "application/json", "Accept-Encoding": "identity"},
                data=body,
                timeout=self._timeouts,
                proxies={"http": proxy, "https": proxy} if proxy else {},
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _read(response)
                names = {name.lower(): value for name, value in response.headers.items()}
        except requests.exceptions.SSLError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error) or "doesn't match" in str(error):
                raise _untrusted(url, str(error)) from error
            raise LostError("the TLS connection was cut", sent=True) from error
        except requests.exceptions.ProxyError as error:
            # As long as the proxy is not through, nothing of the request has left.
            if _proxy_refuses(error):
                raise _proxy_wants_another_user() from error
            raise LostError("the proxy did not connect", sent=False) from error
        except requests.exceptions.RequestException as error:
            raise LostError(_reason(error), sent=_may_have_arrived(error)) from error
        except urllib3.exceptions.HTTPError as error:
            raise LostError("the answer broke off", sent=True) from error
        if response.status_code == _PROXY_REFUSES:
            raise _proxy_wants_another_user()
        logger.debug(
            "%s answered %d, X-CorrelationID %s", method, response.status_code, names.get("x-correlationid")
        )
        return Answer(response.status_code, names, content)


class _Adapter(requests.adapters.HTTPAdapter):
    """Has one TLS context for all connections; each would read all certificate authorities anew.

    Responsys closes a connection after each answer.
    """

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        super().__init__(pool_maxsize=MAX_CONNECTIONS)

    def build_connection_pool_key_attributes(self, *request: Any, **more: Any) -> Any:
        """Name the context in place of a bundle."""
        host, _ = super().build_connection_pool_key_attributes(*request, **more)
        return host, {"cert_reqs": "CERT_REQUIRED", "ssl_context": self._trust}

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        """Name the context for connections to a proxy, too."""
        return super().proxy_manager_for(proxy, proxy_ssl_context=self._trust, **more)

    def cert_verify(self, conn: Any, *_: Any, **__: Any) -> None:
        """Leave it to the context."""
        conn.cert_reqs = "CERT_REQUIRED"


def _trusting(ca_bundle: str | None) -> ssl.SSLContext:
    """Return a context that trusts a bundle's certificate authorities, or the usual ones."""
    context = create_urllib3_context()
    try:
        context.load_verify_locations(ca_bundle or requests.utils.DEFAULT_CA_BUNDLE_PATH)
    except OSError as error:
        reason = error.strerror or "it holds no certificate"
        raise SettingsError(
            "RSYS-1005", f"ca_bundle {ca_bundle} cannot be used: {reason}.", "Give the path of a PEM file."
        ) from error
    return context


def _read(response: requests.Response) -> bytes:
    content = bytearray()
    while block := response.raw.read(_BLOCK):
        content += block
        if len(content) > MAX_ANSWER_BYTES:
            raise LostError(f"the answer is larger than {MAX_ANSWER_BYTES >> 20} MiB", sent=True)
    return bytes(content)


def _may_have_arrived(error: requests.exceptions.RequestException) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return False
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", None)
    return not isinstance(reason, urllib3.exceptions.NewConnectionError)


def _reason(error: requests.exceptions.RequestException) -> str:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "it does not answer"
    if isinstance(error, requests.exceptions.ReadTimeout):
        return "its answer did not come in time"
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, urllib3.exceptions.NameResolutionError):
        return "its name is not known"
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return "the connection was refused"
    return "the connection was lost"


def _proxy_refuses(error: requests.exceptions.ProxyError) -> bool:
    # The status stands in the text of an OSError only (http.client's _tunnel).
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return f"Tunnel connection failed: {_PROXY_REFUSES}" in str(getattr(reason, "original_error", ""))


def _proxy_wants_another_user() -> SettingsError:
    return SettingsError(
        "RSYS-4015",
        "The proxy asks for another user or password.",
        "Set proxy_username and proxy_password beside proxy_url, or the proxy of the environment.",
    )


def _untrusted(url: str, text: str) -> SettingsError:
    why = _WHY_UNTRUSTED.search(text)
    return SettingsError(
        "RSYS-4003",
        f"The certificate of {urlsplit(url).netloc} is not trusted{f': {why[1]}' if why else ''}.",
        "Check api_url; behind a proxy that opens TLS, put its certificate authority into ca_bundle.",
    )
