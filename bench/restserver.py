"""The sandbox's REST API with a latency, as a process of its own.

Without a limit, merge calls are answered at once as if every row had been taken, and stored nowhere, so that
the figures are the client's. With one the sandbox does all its work, and counts calls as Responsys does.

Prints the target's settings as one JSON object and runs until its stdin ends. Each line that it reads there
is answered with a line about the merge calls since the line before: how many there were, and the seconds
from the first to the last of them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from responsys_sandbox.background import BackgroundLoop
from responsys_sandbox.certificates import ensure_certificates, server_context
from responsys_sandbox.rest import RestApi, RestOptions
from responsys_sandbox.rest.dispatch import Reply
from responsys_sandbox.store import Store

if TYPE_CHECKING:
    from responsys_sandbox.rest.dispatch import Incoming
    from responsys_sandbox.rest.faults import Action

_HOST = "127.0.0.1"
_UNLIMITED = 10_000_000
_FUNCTIONS = ("login", "retrieveTables", "retrieveTableFields", "createTable", "retrieveRateLimits")


class SlowApi(RestApi):
    """The REST API, with seconds that every call takes at least.

    Args:
        store: The account's data.
        latency: Those seconds.
        limit: Merge calls a minute; None for no limit, and merges that are answered only.

    Attributes:
        merges: When merge calls came in, in seconds of a monotonic clock.
    """

    def __init__(self, store: Store, *, latency: float, limit: int | None) -> None:
        limits = dict.fromkeys(_FUNCTIONS, _UNLIMITED) | {"mergeTableMembers": limit or _UNLIMITED}
        super().__init__(store, options=RestOptions(limits=limits))
        self.merges: list[float] = []
        self._latency, self._answers_only = latency, limit is None

    async def _reply(self, incoming: Incoming, action: Action | None) -> Reply:
        is_merge = incoming.method == "POST" and incoming.target.endswith("/members")
        if is_merge:
            self.merges.append(time.monotonic())
        await asyncio.sleep(self._latency)
        if is_merge and self._answers_only:
            # Responsys answers with the rows that it has taken: here all of them.
            return Reply(200, incoming.body)
        return await super()._reply(incoming, action)


def main() -> None:
    """Serve until stdin ends."""
    parser = argparse.ArgumentParser(description="Serve the sandbox's REST API with a latency.")
    parser.add_argument("--latency", type=float, required=True, help="seconds")
    parser.add_argument("--limit", type=int, help="merge calls a minute")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rest-") as name:
        folder = Path(name)
        authority = ensure_certificates(folder)
        with Store(folder / "account.sqlite") as store, BackgroundLoop() as loop:
            api = SlowApi(store, latency=chosen.latency, limit=chosen.limit)
            loop.run(api.start(_HOST, server_context(folder)))
            settings = {
                "api_url": api.login_url,
                "api_username": api.options.user_name,
                "api_password": api.options.password,
                "ca_bundle": str(authority),
                "allowed_endpoint_hosts": [_HOST],
                "folder_name": api.options.folders[0],
                "create_tables": "apply",
            }
            print(json.dumps(settings), flush=True)  # noqa: T201 - for who has started this
            known = 0
            for _ in sys.stdin:
                new, known = api.merges[known:], len(api.merges)
                answer = {"calls": len(new), "seconds": new[-1] - new[0] if new else 0.0}
                print(json.dumps(answer), flush=True)  # noqa: T201
            loop.run(api.stop())


if __name__ == "__main__":
    main()
