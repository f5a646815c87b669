"""A TCP relay whose first connection falls silent after some bytes: no reset, no end."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def _from_server(
    server: socket.socket, client: socket.socket, budget: int | None, silent: threading.Event
) -> None:
    with contextlib.suppress(OSError):
        while data := server.recv(1 << 16):
            if budget is not None:
                budget -= len(data)
                if budget < 0:
                    silent.set()
            if not silent.is_set():
                client.sendall(data)
        if not silent.is_set():
            client.shutdown(socket.SHUT_WR)


def _from_client(client: socket.socket, server: socket.socket, silent: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while data := client.recv(1 << 16):
            if not silent.is_set():
                server.sendall(data)
        # The server need not wait for somebody who has given up.
        server.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def stalling_proxy(port: int, after: int) -> Iterator[int]:
    """Relay to a local port; yield the port to connect to.

    Args:
        port: Where the real server listens.
        after: How many bytes of the server the first connection lets through.
    """
    opened: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                budget = after if not opened else None
                opened.extend((client, server))
                silent = threading.Event()
                for way, arguments in (
                    (_from_server, (server, client, budget, silent)),
                    (_from_client, (client, server, silent)),
                ):
                    threading.Thread(target=way, args=arguments, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for each in opened:
                each.close()
