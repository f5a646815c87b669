"""The sandbox's REST API with a latency and a limit, as a process of its own.

Prints the target's settings as one JSON object and runs until its stdin ends. Each line that it reads there
is answered with a line about the merge calls since the line before: how many there were, and the seconds
from the first to the last of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from responsys_sandbox.rest import RestOptions
from responsys_sandbox.rest.faults import Delay, Fault
from responsys_sandbox.sandbox import Sandbox, SandboxOptions

MERGE = "mergeTableMembers"
_UNLIMITED = 10_000_000
_FUNCTIONS = ("login", "retrieveTables", "retrieveTableFields", "createTable", "retrieveRateLimits")
_PREFIX = "TARGET_RESPONSYS_"


def target_settings(variables: dict[str, str]) -> dict[str, object]:
    """Return the settings of target-responsys from the sandbox's environment variables."""
    settings: dict[str, object] = {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in variables.items()
        if name.startswith(_PREFIX)
    }
    return settings | {
        "port": int(variables[f"{_PREFIX}PORT"]),
        "allowed_endpoint_hosts": json.loads(variables[f"{_PREFIX}ALLOWED_ENDPOINT_HOSTS"]),
        "create_tables": "apply",
    }


def main() -> None:
    """Serve until stdin ends."""
    parser = argparse.ArgumentParser(description="Serve the sandbox's REST API with a latency and a limit.")
    parser.add_argument("--latency", type=float, required=True, help="seconds a call takes at least")
    parser.add_argument("--limit", type=int, default=_UNLIMITED, help="merge calls a minute")
    chosen = parser.parse_args()
    limits = dict.fromkeys(_FUNCTIONS, _UNLIMITED) | {MERGE: chosen.limit}
    options = SandboxOptions(days=0, rest=RestOptions(limits=limits))
    with (
        tempfile.TemporaryDirectory(prefix="rest-") as folder,
        Sandbox(Path(folder), options=options) as sandbox,
    ):
        if chosen.latency:
            sandbox.rest.faults.add(Fault(action=Delay(chosen.latency), count=None))
        print(json.dumps(target_settings(sandbox.settings)), flush=True)  # noqa: T201 - for who asked
        known = 0
        for _ in sys.stdin:
            at = [
                request.at
                for request in sandbox.store.requests()
                if request.method == "POST" and request.path.endswith("/members")
            ]
            new, known = at[known:], len(at)
            answer = {"calls": len(new), "seconds": new[-1] - new[0] if new else 0.0}
            print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
