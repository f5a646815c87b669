"""How a run has ended, by Meltano's log: `meltano run` ends with 1, whatever its plugins ended with."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

# Meltano's words when a plugin fails while it looks for its streams.
_DISCOVERY = re.compile(r"returned (-?\d+) with stderr")
# A setting, credential or table is wrong; records were refused, all others are delivered.
FINAL_CODES = (2, 3)


class Verdict(Enum):
    """What is to be done after a run."""

    DONE = "done"
    AGAIN = "again"
    STOP = "stop"


@dataclass(frozen=True)
class Outcome:
    """How a run has ended.

    Args:
        verdict: What is to be done.
        exit_code: 0, the plugin's code that decides, or 1.
    """

    verdict: Verdict
    exit_code: int


@dataclass(frozen=True)
class Line:
    """A line of Meltano's log.

    Args:
        text: What a person reads of it; no values of rows, which exceptions of databases may have.
        exit_codes: The plugins' exit codes, where it names them.
    """

    text: str
    exit_codes: tuple[int, ...] = ()


def read_line(line: str) -> Line:
    """Read a line of `meltano --log-format=json`; others are passed on as they are."""
    try:
        entry = json.loads(line)
    except ValueError:
        return Line(line.rstrip())
    if not isinstance(entry, dict) or "event" not in entry:
        return Line(line.rstrip())
    return Line(_readable(entry), _exit_codes(entry))


def outcome(exit_code: int, plugin_codes: tuple[int, ...]) -> Outcome:
    """Decide whether a run is worth another try.

    Args:
        exit_code: That of `meltano run`.
        plugin_codes: Those of the plugins that failed, as far as they are known.
    """
    if exit_code == 0:
        return Outcome(Verdict.DONE, 0)
    final = [code for code in plugin_codes if code in FINAL_CODES]
    if final:
        return Outcome(Verdict.STOP, min(final))
    return Outcome(Verdict.AGAIN, 1)


def _exit_codes(entry: dict[str, Any]) -> tuple[int, ...]:
    codes = entry.get("exit_codes")
    if isinstance(codes, dict) and codes:
        return tuple(code for code in codes.values() if isinstance(code, int))
    found = _DISCOVERY.search(str(entry.get("err") or ""))
    return (int(found[1]),) if found else ()


def _readable(entry: dict[str, Any]) -> str:
    plugin = entry.get("string_id") or entry.get("name")
    exception = entry.get("plugin_exception")
    kind = exception.get("type") if isinstance(exception, dict) else None
    event = str(entry["event"]).strip().partition(" with stderr:")[0]
    parts = (entry.get("level"), f"{plugin}:" if plugin else None, event, f"({kind})" if kind else None)
    return " ".join(str(part) for part in parts if part)
