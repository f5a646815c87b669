"""The REST API over real sockets: two listeners, faults, and the request log."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from responsys_sandbox.profilelists import contacts_list
from responsys_sandbox.rest.dispatch import Dispatcher, Incoming, Reply, refusal
from responsys_sandbox.rest.errors import ApiError
from responsys_sandbox.rest.faults import Answer, Delay, Drop, Faults, Refuse, RevokeTokens, Truncate
from responsys_sandbox.store import LoggedRequest

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from responsys_sandbox.jobrunner import JobRunner
    from responsys_sandbox.rest.faults import Action
    from responsys_sandbox.rest.options import RestOptions
    from responsys_sandbox.store import Store

_SHUTDOWN_SECONDS = 0.5


class RestApi:
    """Responsys's REST API v1.3 for one account.

    Log-in happens at `login_url`; everything else at `end_point`, the other host, as on the real service.

    Attributes:
        store: the account's data.
        options: may be changed while the API runs.
        faults: what shall go wrong next.
        sessions: tokens and lock-out.
    """

    def __init__(
        self,
        store: Store,
        *,
        options: RestOptions,
        clock: Callable[[], float] = time.time,
        runner: JobRunner | None = None,
    ) -> None:
        self.store = store
        self.options = options
        self.faults = Faults()
        self._clock = clock
        self._dispatcher = Dispatcher(store, options, runner)
        self.sessions = self._dispatcher.sessions
        self._runners: list[web.ServerRunner] = []
        self._urls: list[str] = []
        for folder in options.folders:
            store.add_folder(folder)
        store.lists.add_list(contacts_list(options.folders[0]))

    @property
    def login_url(self) -> str:
        """Scheme, host and port of the login host."""
        return self._urls[0]

    @property
    def end_point(self) -> str:
        """Scheme, host and port of the API host, as a log-in returns it."""
        return self._urls[0 if self.options.global_routing else 1]

    async def start(self, host: str = "127.0.0.1", ssl_context: ssl.SSLContext | None = None) -> None:
        """Listen on two ports of `host`: HTTPS with an `ssl_context`, else HTTP."""
        scheme = "https" if ssl_context else "http"
        for at_login_host, port in zip((True, False), self.options.ports, strict=True):
            runner = web.ServerRunner(
                web.Server(partial(self._respond, at_login_host)), shutdown_timeout=_SHUTDOWN_SECONDS
            )
            self._runners.append(runner)
            await runner.setup()
            await web.TCPSite(runner, host, port, ssl_context=ssl_context).start()
            self._urls.append(f"{scheme}://{host}:{runner.addresses[0][1]}")

    async def stop(self) -> None:
        """Stop listening; calls in progress get half a second."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        self._urls.clear()

    async def _respond(self, at_login_host: bool, request: web.BaseRequest) -> web.StreamResponse:
        started = time.perf_counter()
        path = request.raw_path.partition("?")[0]
        action = self.faults.take(request.method, path)
        body = await self._body(request)
        reply = None
        if body is not None and action != Drop("before"):
            incoming = Incoming(
                method=request.method,
                target=request.raw_path,
                authorization=request.headers.get("Authorization", ""),
                body=body,
                at_login_host=at_login_host,
            )
            reply = await self._reply(incoming, action)
        answered = reply is not None and not isinstance(action, Drop)
        self.store.log_request(
            LoggedRequest(
                at=self._clock(),
                method=request.method,
                path=path,
                status=reply.status if reply and answered else None,
                error_code=reply.error_code if reply else None,
                rows=reply.records if reply else 0,
                ms=(time.perf_counter() - started) * 1000,
            )
        )
        if reply is None or action == Drop("after"):
            return _hang_up(request)
        if action == Drop("during"):
            return await _send_half(request, reply)
        return web.Response(status=reply.status, body=reply.body, headers=_headers(reply))

    async def _body(self, request: web.BaseRequest) -> bytes | None:
        """Read the body; None when it is larger than the gateway lets through."""
        if request.headers.get("Expect", "").lower() == "100-continue":
            # curl, and thus PHP, waits for this before a large body, .NET before any.
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > self.options.body_limit:
                return None
        return bytes(body)

    async def _reply(self, incoming: Incoming, action: Action | None) -> Reply:
        match action:
            case Answer(status, text, content_type):
                return Reply(status, text.encode(), content_type)
            case Refuse(code, detail, status):
                return refusal(ApiError(code, detail, status=status))
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case RevokeTokens():
                self.store.revoke_tokens()
        reply = self._dispatcher.answer(incoming, end_point=self.end_point, now=self._clock())
        if isinstance(action, Truncate):
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        return reply


def _headers(reply: Reply) -> dict[str, str]:
    """Return the headers that were recorded, and no others."""
    return {
        "Content-Type": reply.content_type,
        "Connection": "close",
        "Server": "Apache",
        "Via": "1.0 oag01-ri5",
        "Max-Forwards": "20",
        "X-CorrelationID": f"Id-{secrets.token_hex(12)} 0",
    }


def _hang_up(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport:
        request.transport.abort()
    return web.Response()


async def _send_half(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers=_headers(reply))
    response.content_length = len(reply.body)
    await response.prepare(request)
    await response.write(reply.body[: len(reply.body) // 2])
    if request.transport:
        request.transport.close()
    return response
