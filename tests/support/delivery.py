"""target-responsys against the sandbox: in this process, and as the command that it is."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from responsys_sandbox.rest import RestOptions
from responsys_sandbox.sandbox import Sandbox, SandboxOptions
from support.plugins import Run, environment
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FOLDER = "CDP"
PREFIX = "TARGET_RESPONSYS_"
# Tests sign in more often than the ten times a minute that an account has.
LIMITS = {
    "login": 100_000,
    "retrieveTables": 100_000,
    "retrieveTableFields": 100_000,
    "mergeTableMembers": 100_000,
    "createTable": 100_000,
    "triggerJob": 100_000,
    "retrieveJobRuns": 100_000,
    "retrieveJobRun": 100_000,
}


def new_sandbox(folder: Path, **options: Any) -> Sandbox:
    """Make a sandbox without exports, to be used as a context manager."""
    rest = RestOptions(**{"limits": dict(LIMITS), "folders": (FOLDER, "Other"), **options})
    return Sandbox(folder, options=SandboxOptions(days=0, rest=rest))


def settings_of(sandbox: Sandbox) -> dict[str, Any]:
    """The target's settings for a sandbox, as they would stand in a file."""
    settings: dict[str, Any] = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in sandbox.settings.items()
        if name.startswith(PREFIX)
    }
    settings["port"] = int(settings["port"])
    settings["allowed_endpoint_hosts"] = json.loads(settings["allowed_endpoint_hosts"])
    return settings | {"rejects_file": str(sandbox.folder / "rejects.jsonl")}


def schema(stream: str, key: Iterable[str] = ("email",), **properties: Any) -> dict[str, Any]:
    """A SCHEMA message; a property is given as its JSON type or as a schema."""
    definitions = {
        name: kind if isinstance(kind, dict) else {"type": ["null", kind]}
        for name, kind in properties.items()
    }
    return {
        "type": "SCHEMA",
        "stream": stream,
        "key_properties": list(key),
        "schema": {"type": "object", "properties": definitions},
    }


def record(stream: str, **values: Any) -> dict[str, Any]:
    return {"type": "RECORD", "stream": stream, "record": values}


def state(**value: Any) -> dict[str, Any]:
    return {"type": "STATE", "value": value}


def lines(messages: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def deliver(config: Mapping[str, Any], messages: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Run the target in this process; return the states that it reports, and raise what it raises."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        target = TargetResponsys(config=dict(config))
        target.listen(io.BytesIO(lines(messages)))  # type: ignore[arg-type]  # the reader takes bytes
    return [json.loads(line) for line in output.getvalue().splitlines()]


def run_target(
    folder: Path, config: Mapping[str, Any], data: bytes, *arguments: str, **variables: str
) -> Run:
    """Run the command with its settings in a file; its messages are the states that it reports."""
    path = folder / "target.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "target_responsys", "--config", str(path), *arguments],
        input=data,
        capture_output=True,
        check=False,
        cwd=folder,
        env=environment(**variables),
        timeout=60,
    )
    output = done.stdout.decode()
    states = [] if arguments else [json.loads(line) for line in output.splitlines()]
    return Run(done.returncode, output, done.stderr.decode(), states)


@contextlib.contextmanager
def running_target(config: Mapping[str, Any], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command; a state every ten lines makes it report one for every merge call of that size."""
    path = folder / "target.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    names = ("CHECKPOINT_LINES = 10", "QUEUED_CHECKPOINT_FACTOR = 1")
    program = "; ".join(["import target_responsys.target as t", *(f"t.{name}" for name in names), "t.main()"])
    process = subprocess.Popen(
        [sys.executable, "-c", program, "--config", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


CARTS = schema(
    "carts",
    ("customer_id", "product"),
    customer_id="integer",
    product="string",
    price="number",
    added={"type": ["null", "string"], "format": "date-time"},
)
