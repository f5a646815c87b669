"""A TCP relay that breaks its connections as it is told, each in a way of its own."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

How = Literal["reset", "end", "silence", "flip"]


@dataclass(frozen=True)
class Fault:
    """What happens to one connection.

    Args:
        how: What breaks it; None lets it through.
        after: How many bytes pass before.
        upwards: Whether those of the client count, instead of the server's.
        delay: Seconds that pass before each piece is handed on.
        piece: The most bytes that are handed on at once.
    """

    how: How | None = None
    after: int = 0
    upwards: bool = False
    delay: float = 0.0
    piece: int = 1 << 16


CLEAN = Fault()


@dataclass
class FaultProxy:
    """A running relay.

    Args:
        server: The port behind it.
        faults: What happens to the first connections; `then` to all further ones.
    """

    server: int
    faults: list[Fault]
    then: Fault = CLEAN
    port: int = 0
    connections: int = 0
    opened: list[socket.socket] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server))
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                fault = self.faults.pop(0) if self.faults else self.then
                self.connections += 1
                self.opened += [client, server]
                silent = threading.Event()
                for source, sink, upwards in ((server, client, False), (client, server, True)):
                    arguments = (source, sink, fault, silent, upwards is fault.upwards)
                    threading.Thread(target=_relay, args=arguments, daemon=True).start()


def _relay(
    source: socket.socket, sink: socket.socket, fault: Fault, silent: threading.Event, counts: bool
) -> None:
    left = fault.after if counts and fault.how else None
    with contextlib.suppress(OSError):
        while data := source.recv(fault.piece):
            if fault.delay:
                time.sleep(fault.delay)
            if silent.is_set():
                continue
            if left is not None and len(data) > left:
                data, left = _broken(data, left, fault.how, silent, (source, sink)), None
            elif left is not None:
                left -= len(data)
            sink.sendall(data)
        if not silent.is_set():
            sink.shutdown(socket.SHUT_WR)


def _broken(
    data: bytes,
    left: int,
    how: How | None,
    silent: threading.Event,
    ends: tuple[socket.socket, socket.socket],
) -> bytes:
    """Do what breaks the connection; return what is still handed on."""
    if how == "flip":
        return data[:left] + bytes([data[left] ^ 1]) + data[left + 1 :]
    silent.set()
    if how != "silence":
        for end in ends:
            if how == "reset":
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # A reset goes out when nobody holds the socket any more: the other thread's wait ends here.
            end.shutdown(socket.SHUT_RD if how == "reset" else socket.SHUT_RDWR)
            end.close()
    return b""


@contextlib.contextmanager
def fault_proxy(server: int, *faults: Fault, then: Fault = CLEAN, port: int = 0) -> Iterator[FaultProxy]:
    """Relay to a local port, from a free one or from the one given."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        proxy = FaultProxy(server, list(faults), then, listener.getsockname()[1])
        acceptor = threading.Thread(target=proxy.serve, args=(listener,), daemon=True)
        acceptor.start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for end in proxy.opened:
                with contextlib.suppress(OSError):
                    end.close()
