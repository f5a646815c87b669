"""The page's own HTTP server on the loopback address: one page, for reading only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from responsys_sandbox.page.render import render
from responsys_sandbox.page.view import view

if TYPE_CHECKING:
    from pathlib import Path

    from responsys_sandbox.store import Store

_SHUTDOWN_SECONDS = 0.5
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class PageServer:
    """Serves the page at `/`, and nothing else.

    Args:
        store: The account's data.
        files: The file server's root.

    Attributes:
        url: Where it is, once it runs.
    """

    def __init__(self, store: Store, files: Path) -> None:
        self.url = ""
        self._store = store
        self._files = files
        self._runner: web.ServerRunner | None = None
        self._hosts: frozenset[str] = frozenset()

    async def start(self, host: str, port: int) -> None:
        """Listen.

        Args:
            host: Address to listen on.
            port: 0 for a free one.
        """
        self._runner = web.ServerRunner(web.Server(self._respond), shutdown_timeout=_SHUTDOWN_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        found = self._runner.addresses[0][1]
        self._hosts = frozenset(f"{name}:{found}" for name in (host, "localhost"))
        self.url = f"http://{host}:{found}/"

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner:
            await self._runner.cleanup()

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        # A page of the web that has its own name point here must not read this one.
        if request.headers.get("Host", "") not in self._hosts:
            return web.Response(status=421, text="This page is for this machine only.\n", headers=_HEADERS)
        if request.method not in {"GET", "HEAD"}:
            allowed = {"Allow": "GET, HEAD"}
            return web.Response(status=405, text="This page only shows.\n", headers=_HEADERS | allowed)
        if request.path != "/":
            return web.Response(status=404, text="There is one page: /\n", headers=_HEADERS)
        html = await asyncio.to_thread(self._page)
        return web.Response(text=html, content_type="text/html", charset="utf-8", headers=_HEADERS)

    def _page(self) -> str:
        return render(view(self._store, self._files))
