"""An HTTP proxy that opens tunnels, as companies have them."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from base64 import b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 1 << 16


@dataclass
class ConnectProxy:
    """A running proxy.

    Attributes:
        url: Its address.
        user: Name and password joined by a colon that it asks for; empty for nobody's.
        refuses_with: Status that it answers every request with; 0 to open tunnels.
        targets: Host and port of each tunnel that was asked for.
    """

    url: str
    user: str = ""
    refuses_with: int = 0
    targets: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    proxy: ConnectProxy

    def do_CONNECT(self) -> None:
        self.proxy.targets.append(self.path)
        wanted = "Basic " + b64encode(self.proxy.user.encode()).decode()
        if self.proxy.user and self.headers.get("Proxy-Authorization") != wanted:
            self.send_error(407)
        elif self.proxy.refuses_with:
            self.send_error(self.proxy.refuses_with)
        else:
            host, _, port = self.path.partition(":")
            with socket.create_connection((host, int(port))) as server:
                self.send_response(200)
                self.end_headers()
                _relay(self.connection, server)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Keep the tests' output clean."""


def _relay(client: socket.socket, server: socket.socket) -> None:
    ways = {client: server, server: client}
    with contextlib.suppress(OSError):
        while True:
            for source in select.select(list(ways), [], [])[0]:
                data = source.recv(_BLOCK)
                if not data:
                    return
                ways[source].sendall(data)


@contextlib.contextmanager
def connect_proxy(**attributes: Any) -> Iterator[ConnectProxy]:
    """Run a proxy on a free loopback port."""
    handler = type("ProxyHandler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    proxy = ConnectProxy(f"http://127.0.0.1:{server.server_port}", **attributes)
    handler.proxy = proxy  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
