# ruff: noqa: INP001 - a script, no package
"""Every finding of the doctor, from its source: its id, whether it is a problem, what it says, what to do."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from tap_responsys.doctor import findings as words

DOCTOR = Path(words.__file__).parent
# What a finding is built with, and at which argument its id stands.
MADE_BY = {"Finding": 0, "_finding": 1}
_SEE_CODE = "See the error's code."
_SCHEDULE = "Run the tap where exports wait; else see whether the export job still runs."
# Texts of findings that take them from an error, or put them together: the source has none to show.
TEXTS: dict[str, tuple[str, str]] = {
    "export-unreadable": ("The newest export cannot be unpacked or decrypted.", _SEE_CODE),
    "no-new-exports": ("The last export is days ago.", _SCHEDULE),
    "state-unreadable": ("The state is not one that this version of the tap can read.", _SEE_CODE),
    "unread-files": (
        "Older than a day and not read: ….",
        "Run the tap; see whether its schedule still works.",
    ),
    "window-closing": ("Exports stand still; soon Responsys deletes events that none has.", _SCHEDULE),
    "window-passed": ("Exports stand still; Responsys has deleted events that none has.", _SCHEDULE),
}


@dataclass(frozen=True)
class Entry:
    """What can be found, with … for what is filled in."""

    id: str
    severity: str
    problem: str
    remedy: str


# An error that keeps the folder from being listed becomes one of these.
ACCESS = (
    Entry(
        "connection-failed", "problem", "The file server is not reached, or refuses the sign-in.", _SEE_CODE
    ),
    Entry(
        "folder-forbidden",
        "problem",
        "The user may not list the folder.",
        "Check path and the user's rights.",
    ),
    Entry(
        "folder-missing",
        "problem",
        "There is no such folder.",
        "Set path to the folder that the job writes to.",
    ),
)


def findings() -> list[Entry]:
    """Return all findings in the order of their ids."""
    found = {entry.id: entry for entry in ACCESS}
    for path in sorted(DOCTOR.glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                found |= {entry.id: entry for entry in _entries(call, MADE_BY.get(call.func.id))}
    return sorted(found.values(), key=lambda entry: entry.id)


def table() -> str:
    """Return the findings as a Markdown table."""
    lines = ["| Finding | Is a | What is wrong | What to do |", "|---|---|---|---|"]
    lines += [
        f"| `{entry.id}` | {entry.severity} | {_cell(entry.problem)} | {_cell(entry.remedy)} |"
        for entry in findings()
    ]
    return "\n".join(lines)


def _entries(call: ast.Call, place: int | None) -> list[Entry]:
    """Return what a call makes: two findings where its id is a choice of two, each with its severity."""
    if place is None or len(call.args) <= place + 2:
        return []
    ids = _choices(call.args[place])
    if place:
        texts, severities = call.args[place + 1 : place + 3], [_by_keyword(call)]
    else:
        texts, severities = call.args[2:4], _choices(call.args[1])
    if len(ids) == 1:
        severities = [" or ".join(severities)]
    problem, remedy = (_text(node) for node in texts)
    return [
        Entry(name, severity, *TEXTS.get(name, (problem, remedy)))
        for name, severity in zip(ids, severities, strict=False)
    ]


def _by_keyword(call: ast.Call) -> str:
    return "warning" if any(keyword.arg == "warning" for keyword in call.keywords) else "problem"


def _choices(node: ast.expr) -> list[str]:
    """Return the texts that an expression may be: one, or both of a choice."""
    if isinstance(node, ast.IfExp):
        return [*_choices(node.body), *_choices(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _text(node: ast.expr) -> str:
    """Return a text as it stands in the source, with … for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return "".join(_part(part) for part in node.values) if isinstance(node, ast.JoinedStr) else ""


def _part(node: ast.expr) -> str:
    """Return a part of a text; the steps of the wizard are spelled out."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    call = node.value if isinstance(node, ast.FormattedValue) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == words.step.__name__:
        return words.step(getattr(words, ast.unparse(call.args[0])))
    return "…"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
