"""A real HTTP server that answers as it is told, misbehaviour included."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Step = Callable[["Handler"], None]


@dataclass
class Received:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class ScriptedServer:
    """Answers each request with the next step of its script."""

    url: str
    script: deque[Step] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def will(self, *steps: Step) -> None:
        self.script.extend(steps)

    def will_sign_in(self, number: int = 1) -> None:
        """Answer a login with the token `token-<number>`."""
        token = f"token-{number}"
        self.will(reply(200, {"authToken": token, "issuedAt": 1553255838691, "endPoint": self.url}))


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the script."""

    scripted: ScriptedServer

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        names = {name.lower(): value for name, value in self.headers.items()}
        self.scripted.received.append(Received(self.command, self.path, names, body))
        self.close_connection = True
        self.scripted.script.popleft()(self)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  names of the standard library

    def log_message(self, *_: Any) -> None:
        """Keep the tests' output clean."""


def reply(status: int, document: Any = None, *, text: str | None = None, **headers: str) -> Step:
    """Answer with JSON, or with a text as it stands."""

    def step(handler: Handler) -> None:
        body = (json.dumps(document) if text is None else text).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return step


def refuse(status: int, code: str, detail: str = "") -> Step:
    """Answer with an error in the shape of Responsys."""
    return reply(status, {"type": "", "title": code, "errorCode": code, "detail": detail, "errorDetails": []})


def hang_up(handler: Handler) -> None:
    """Close the connection without an answer."""
    handler.wfile.close()


def break_off(handler: Handler) -> None:
    """Announce more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"recordData"')


def drip(handler: Handler) -> None:
    """Send the answer's head byte by byte, without an end."""
    with contextlib.suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        while not handler.scripted.stopped.wait(0.01):
            handler.wfile.write(b"x")


@contextlib.contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    """Run a server on a free loopback port."""
    handler = type("ScriptedHandler", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    scripted = ScriptedServer(f"http://127.0.0.1:{server.server_port}")
    handler.scripted = scripted  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield scripted
    finally:
        scripted.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
