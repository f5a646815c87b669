"""What the target's runs delivered, per campaign and destination."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from responsys_status.masking import without_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TIME = re.compile(r"_\d{8}(?:_?\d{6})?(?=\.|_|$)")
_COUNTS = ("received", "merged", "refused", "deleted", "unknown")


def runs(receipts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a run per campaign and destination of each receipt, in the order of the receipts.

    A run that failed before it knew a destination is one with `destination` empty.
    """
    return [run for receipt in receipts for run in _runs(receipt)]


def by_campaign(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a line per campaign and destination, the one that ran last first: its last run, and sums."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for run in found:
        groups.setdefault((run["campaign"], run["destination"]), []).append(run)
    lines = [
        {
            "campaign": campaign,
            "destination": destination,
            "runs": len(of_campaign),
            "failed": sum(run["status"] in {"failed", "interrupted"} for run in of_campaign),
            "last": of_campaign[-1],
            **{name: sum(run[name] for run in of_campaign) for name in _COUNTS},
        }
        for (campaign, destination), of_campaign in groups.items()
    ]
    return sorted(lines, key=lambda line: (line["last"]["started"], line["campaign"]), reverse=True)


def _runs(receipt: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    run: dict[str, Any] = {
        "execution_id": str(receipt["execution_id"]),
        "started": str(receipt["started"])[:19],
        "seconds": _seconds(receipt),
        "status": str(receipt["status"]),
        "error": receipt.get("error"),
        "delivery": str(receipt.get("delivery", "")),
        "load_method": str(receipt.get("load_method", "")),
        "requests": int((receipt.get("api") or {}).get("requests", 0)),
        "files": [_file(file) for file in receipt.get("files") or ()],
        "jobs": [_job(job) for job in receipt.get("jobs") or ()],
    }
    name = receipt.get("campaign_name")
    destinations: Sequence[Mapping[str, Any]] = receipt.get("destinations") or ({},)
    for counts in destinations:
        campaign = str(name or counts.get("campaign_id") or "no campaign")
        yield run | {
            "campaign": without_addresses(campaign),
            "campaign_id": str(counts.get("campaign_id") or ""),
            "destination": without_addresses(_destination(counts, run["delivery"])),
            **{count: int(counts.get(count) or 0) for count in _COUNTS},
        }


def _destination(counts: Mapping[str, Any], delivery: str) -> str:
    """Return where records went; of files, whose names have the time of the run, what stays the same."""
    name = str(counts.get("destination", ""))
    return _TIME.sub("", name) if delivery == "sftp" else name


def _file(file: Mapping[str, Any]) -> dict[str, Any]:
    names = ("rows", "state")
    return {"name": without_addresses(str(file.get("name", ""))), **{name: file.get(name) for name in names}}


def _job(job: Mapping[str, Any]) -> dict[str, Any]:
    return {name: job.get(name) for name in ("status", "processed", "added", "updated", "rejected")}


def _seconds(receipt: Mapping[str, Any]) -> float | None:
    try:
        taken = datetime.fromisoformat(receipt["finished"]) - datetime.fromisoformat(receipt["started"])
    except (KeyError, TypeError, ValueError):
        return None
    return round(taken.total_seconds(), 1)
