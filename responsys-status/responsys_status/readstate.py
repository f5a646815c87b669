"""The tap's state, from a file or out of Meltano's state backend."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from responsys_status.ledger import ledgers
from responsys_status.sources import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responsys_status.ledger import StreamLedger

_PATIENCE = 120.0

State = tuple["Mapping[str, StreamLedger]", Source]


def state_of_file(path: Path) -> State:
    """Read a file of a Singer state; a log of a target, whose last line is the newest state, will do."""
    place = f"state file {path.name}"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, Source(place, "the file is not there")
    except (OSError, UnicodeDecodeError) as error:
        return {}, Source(place, f"the file cannot be read: {_reason(error)}")
    return _parsed(text, place)


def state_of_meltano(state_id: str, command: str) -> State:
    """Ask Meltano for a state, whatever backend it is kept in.

    Args:
        state_id: Its id, `dev:tap-responsys-to-target-postgres` for example.
        command: The program `meltano`.
    """
    place = f"Meltano's state {state_id}"
    try:
        done = subprocess.run(  # noqa: S603 - the program that the settings name, no shell
            [command, "state", "get", state_id],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {}, Source(place, f"{Path(command).name} cannot be run: {_reason(error)}")
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        return {}, Source(place, "Meltano has no such state")
    return _parsed(lines[-1], place)


def _parsed(text: str, place: str) -> State:
    state = _json_object(text) or _json_object((text.strip().splitlines() or [""])[-1])
    if state is None:
        return {}, Source(place, "it is not a JSON object")
    try:
        found = ledgers(state)
    except ValueError as error:
        return {}, Source(place, str(error))
    return found, Source(place, "" if found else "it holds no bookmark of the tap")


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
