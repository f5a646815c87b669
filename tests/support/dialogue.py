"""An SSH server that wants a dialogue: as the second factor after a key, or instead of a password."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import paramiko
from paramiko.server import InteractiveQuery

from responsys_io.hostkeys import fingerprint
from support.keys import host_key_blob, new_key

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Dialogue(paramiko.ServerInterface):
    def __init__(self, asked: list[str]) -> None:
        self._asked = asked

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002
        return "keyboard-interactive"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:  # noqa: ARG002
        return paramiko.common.AUTH_PARTIALLY_SUCCESSFUL

    def check_auth_interactive(self, username: str, submethods: str) -> InteractiveQuery:  # noqa: ARG002
        self._asked.append(username)
        return InteractiveQuery("", "Enter the code of your device", ("Code: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:  # noqa: ARG002
        return paramiko.common.AUTH_FAILED


@dataclass
class DialogueServer:
    """A running server.

    Args:
        port: Where it listens.
        fingerprint: Of its host key.
        asked: Whom it has asked, once for each dialogue.
        sessions: Connections so far.
    """

    port: int
    fingerprint: str
    asked: list[str] = field(default_factory=list)
    sessions: list[paramiko.Transport] = field(default_factory=list)


@contextlib.contextmanager
def dialogue_server() -> Iterator[DialogueServer]:
    """Run one on a loopback port."""
    host = new_key("rsa2048")
    key = paramiko.RSAKey(key=host.private)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = DialogueServer(listener.getsockname()[1], fingerprint(host_key_blob(host)))

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    session = paramiko.Transport(listener.accept()[0])
                    session.add_server_key(key)
                    server.sessions.append(session)
                    session.start_server(event=threading.Event(), server=_Dialogue(server.asked))

        acceptor = threading.Thread(target=serve, daemon=True)
        acceptor.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for session in server.sessions:
                session.close()
                session.join()
