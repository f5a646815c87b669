"""The target: CSV files beside MeltanoLabs' target-csv, merge calls beside bare requests."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench.case import PEER_ROUNDS, Case
from bench.environments import ensure, version
from bench.inputs import write_json
from bench.measure import CommandError
from bench.messages import STREAM, audience
from bench.paths import OWN_BIN, PROGRAMS, WORK, clean_environment
from bench.tapcases import CONFIGS

if TYPE_CHECKING:
    from bench.servers import FileServer, RestServer

CSV = "Target, CSV"
API = "Target, API"
ROWS_PER_CALL = 200
CONNECTIONS = 8
_MINUTE = 60.0


def csv_cases(server: FileServer, rows: int) -> list[Case]:
    """Return both targets over the same messages; the peer writes to local disk."""
    messages = audience(rows)
    ours = {**server.config, "delivery": "sftp", "remote_path": "upload", "date_suffix": False}
    folder = WORK / "target-csv"
    folder.mkdir(parents=True, exist_ok=True)
    program = str(ensure("target-csv") / "target-csv")
    return [
        Case(CSV, "target-responsys, over SFTP", _target("target-csv", ours), rows, stdin=messages, own=True),
        Case(
            CSV,
            f"MeltanoLabs target-csv {version('target-csv', 'meltanolabs-target-csv')}",
            (
                program,
                "--config",
                str(write_json(CONFIGS / "peer-target-csv.json", {"output_path_prefix": f"{folder}/"})),
            ),
            rows,
            stdin=messages,
            note="local disk",
            rounds=PEER_ROUNDS,
        ),
    ]


@dataclass(frozen=True)
class ApiLoad:
    """A REST server and what is sent to it.

    Args:
        server: The server.
        latency: Seconds that it takes for a call.
        calls: Merge calls that are made.
        limit: Calls a minute that it lets through; None for any number.
    """

    server: RestServer
    latency: float
    calls: int
    limit: int | None = None

    @property
    def group(self) -> str:
        """Name of the cases' group."""
        limit = f", {self.limit} calls a minute allowed" if self.limit else ""
        return f"{API}, {self.latency * 1000:.0f} ms a call{limit}"


def api_cases(server: FileServer, load: ApiLoad) -> list[Case]:
    """Return the target and, where there is no limit, what requests alone pushes; that is the measure."""
    name = f"api-{load.latency}-{load.limit}"
    config = {**server.config, **load.server.settings, "delivery": "api", "max_connections": CONNECTIONS}
    command = _target(name, config)
    # Makes the table, so that no measured run has to.
    _prime(command)
    load.server.merge_calls()
    rows = load.calls * ROWS_PER_CALL

    def figures() -> dict[str, float]:
        calls, seconds = load.server.merge_calls()
        found = {"calls/s": (calls - 1) / seconds if seconds else 0.0}
        if load.limit:
            found["share of limit"] = share_of_limit(calls, seconds, load.limit)
        return found

    ours = Case(
        load.group,
        "target-responsys",
        command,
        rows,
        stdin=audience(rows),
        own=True,
        note=f"{CONNECTIONS} connections",
        after=figures,
    )
    if load.limit:
        # It is the limit that takes the time, the same every time.
        return [replace(ours, rounds=1)]
    push = (
        str(OWN_BIN / "python"),
        str(PROGRAMS / "requests_push.py"),
        command[command.index("--config") + 1],
        str(load.calls),
        str(CONNECTIONS),
        STREAM,
    )
    measure = Case(load.group, "requests alone", push, rows, note=f"{CONNECTIONS} connections", after=figures)
    return [measure, ours]


def share_of_limit(calls: int, seconds: float, limit: int) -> float:
    """Return which share of the calls that a limit allows was made.

    In `seconds` it lets through `limit` calls at once and as many again after each whole minute.

    Args:
        calls: That were made.
        seconds: From the first to the last of them.
        limit: Calls a minute.
    """
    return calls / (limit * (1 + int(seconds // _MINUTE)))


def _target(name: str, config: dict[str, Any]) -> tuple[str, ...]:
    full = {**config, "rejects_file": str(WORK / "logs" / f"{name}-rejects.jsonl")}
    path = write_json(CONFIGS / f"{name}.json", full)
    path.chmod(0o600)
    return (str(OWN_BIN / "target-responsys"), "--config", str(path))


def _prime(command: tuple[str, ...]) -> None:
    with audience(ROWS_PER_CALL).open("rb") as messages:
        done = subprocess.run(  # noqa: S603 - our own target
            command, stdin=messages, check=False, capture_output=True, env=clean_environment(), cwd=WORK
        )
    if done.returncode:
        raise CommandError(f"the target cannot reach its server: {done.stderr.decode().strip()}")
