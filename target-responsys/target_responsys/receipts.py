"""The receipt of a run: what it did, in numbers, without a value of a record or a secret."""

from __future__ import annotations

import contextlib
import json
import os
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from responsys_io.errors import ResponsysError, SettingsError
from target_responsys.statuschanges import document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from _typeshed import DataclassInstance

    from responsys_io.asynccalls import AsyncCalls
    from responsys_io.traffic import Traffic
    from target_responsys.erasure import ErasureTally
    from target_responsys.rejects import Rejects
    from target_responsys.tally import Tally

FORMAT = 1
"""Raised when a reader of receipts would have to change."""

_PACKAGES = ("target-responsys", "responsys-io", "singer-sdk", "requests")


@dataclass
class RunFacts:
    """What a run knows of itself at its end.

    Args:
        execution_id: Id of the run.
        started: Its start, in UTC.
        finished: Its end, in UTC.
        delivery: Setting of that name.
        load_method: Setting of that name.
        api_mode: Setting of that name, None for another delivery than api.
        tallies: Counts by table or file.
        rejects: The refused records.
        traffic: What went over the wire, if anything.
        queue: The queued calls, where there are some.
        files: What became of files, a dataclass each.
        jobs: What became of import jobs, a dataclass each.
        erased: Counts of an erasure by place.
    """

    execution_id: str
    started: datetime
    finished: datetime
    delivery: str
    load_method: str
    api_mode: str | None
    tallies: Mapping[str, Tally]
    rejects: Rejects
    traffic: Traffic | None = None
    queue: AsyncCalls | None = None
    files: Sequence[DataclassInstance] = field(default_factory=list)
    jobs: Sequence[DataclassInstance] = field(default_factory=list)
    erased: list[ErasureTally] = field(default_factory=list)


def receipt(facts: RunFacts, error: BaseException | None) -> dict[str, Any]:
    """Return the receipt.

    Args:
        facts: What the run did.
        error: What ended it, or None when it came to its end.
    """
    return {
        "format": FORMAT,
        "execution_id": facts.execution_id,
        "started": facts.started.isoformat(timespec="milliseconds"),
        "finished": facts.finished.isoformat(timespec="milliseconds"),
        **_ending(error),
        "delivery": facts.delivery,
        "load_method": facts.load_method,
        "api_mode": facts.api_mode,
        "destinations": [_counts(name, tally) for name, tally in facts.tallies.items()],
        "rejects": {"records": facts.rejects.count, "file": _reject_file(facts.rejects)},
        "api": _api(facts.traffic) | _queued(facts.queue),
        "files": [asdict(file) for file in facts.files],
        "jobs": [asdict(job) for job in facts.jobs],
        "erased": [asdict(place) for place in facts.erased],
        "versions": {name: version(name) for name in _PACKAGES} | {"python": platform.python_version()},
    }


def write_receipt(
    path: str, document: Mapping[str, Any], sign: Callable[[bytes], bytes] | None = None
) -> None:
    """Write a receipt: under its name it is complete, or the former one.

    Args:
        path: Its name.
        document: The receipt.
        sign: Makes the signature that is written beside it, under its name and `.asc`; None for none.

    Raises:
        SettingsError: RSYS-1022 when it cannot be written.
        ResponsysError: What `sign` raises; the receipt is there without a signature then.
    """
    file = Path(path).expanduser()
    text = f"{json.dumps(document, indent=2)}\n".encode()
    _replace(file, text)
    if sign:
        signature = file.with_name(f"{file.name}.asc")
        # A former receipt's would only deceive.
        with contextlib.suppress(OSError):
            signature.unlink()
        _replace(signature, sign(text))


def _replace(file: Path, text: bytes) -> None:
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise SettingsError(
            "RSYS-1022",
            f"receipt_file {file} cannot be written: {error.strerror}.",
            "Check its folder, its permissions and the free space.",
        ) from error


def _ending(error: BaseException | None) -> dict[str, Any]:
    if error is None:
        return {"status": "succeeded", "error": None}
    if isinstance(error, ResponsysError):
        # Exit code 3: everything was done, some records were refused.
        status = "rejected" if error.exit_code == 3 else "failed"  # noqa: PLR2004
        return {"status": status, "error": error.code}
    if isinstance(error, SystemExit):
        return {"status": "interrupted", "error": None}
    return {"status": "failed", "error": "RSYS-9000"}


def _counts(destination: str, tally: Tally) -> dict[str, Any]:
    return {
        "destination": destination,
        "campaign_id": tally.campaign_id,
        "streams": tally.streams,
        "received": tally.received,
        "sent": tally.sent,
        "merged": tally.delivered,
        "refused": tally.refused,
        "superseded": tally.superseded,
        "deleted": tally.deleted,
        "already_absent": tally.absent,
        "not_deleted": tally.undeleted,
        "unknown": tally.unknown + tally.in_flight,
        "requests": tally.requests,
        "status_changes": None if tally.status_changes is None else document(tally.status_changes),
    }


def _reject_file(rejects: Rejects) -> str | None:
    return str(rejects.path) if rejects.count else None


def _api(traffic: Traffic | None) -> dict[str, Any]:
    if traffic is None:
        return {"requests": 0, "retries": 0, "seconds_waited": 0.0}
    return {
        "requests": traffic.requests,
        "retries": traffic.retries,
        "seconds_waited": round(traffic.waited, 3),
    }


def _queued(queue: AsyncCalls | None) -> dict[str, int]:
    """Return how many calls were queued, and how often results were asked for."""
    return {"queued": queue.requests if queue else 0, "polls": queue.polls if queue else 0}
