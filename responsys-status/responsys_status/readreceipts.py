"""The target's receipts, and the rejects files that they name."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from responsys_status.masking import general
from responsys_status.sources import Refusals, Source

FORMAT = 1
_MOST = 500


def read_receipts(folder: Path) -> tuple[list[dict[str, Any]], Source]:
    """Read the newest 500 receipts of a folder, oldest first; files that are none are passed over.

    Returns:
        The receipts, and where they come from.
    """
    place = f"folder {folder.name} of receipts"
    if not folder.is_dir():
        return [], Source(place, "the folder is not there")
    found = [receipt for path in folder.glob("*.json") if (receipt := _receipt(path))]
    found.sort(key=lambda receipt: (receipt["started"], receipt["execution_id"]))
    return found[-_MOST:], Source(place, "" if found else "it holds no receipt")


def read_refusals(receipts: list[dict[str, Any]], folder: Path) -> list[Refusals]:
    """Count the refused records of the receipts' runs by table, code and reason.

    Args:
        receipts: The receipts.
        folder: What relative paths of rejects files start from.

    Returns:
        The most frequent first. Rejects files that are gone are left out: the receipts have their number.
    """
    counted: Counter[tuple[str, str, str]] = Counter()
    # A fixed name is written over by each run: its records are those of the last one.
    for path in sorted({str(file) for receipt in receipts if (file := _rejects_file(receipt))}):
        counted.update(_refused(folder / Path(path).expanduser()))
    return [
        Refusals(*reason, records=records)
        for reason, records in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]


def _receipt(path: Path) -> dict[str, Any] | None:
    try:
        receipt = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(receipt, dict) and receipt.get("format") == FORMAT
    return receipt if known and {"started", "execution_id", "status"} <= receipt.keys() else None


def _rejects_file(receipt: dict[str, Any]) -> str | None:
    rejects = receipt.get("rejects")
    return rejects.get("file") if isinstance(rejects, dict) else None


def _refused(path: Path) -> Counter[tuple[str, str, str]]:
    counted: Counter[tuple[str, str, str]] = Counter()
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                message = json.loads(line)
                if message.get("type") == "RECORD" and isinstance(why := message.get("rejected"), dict):
                    table, code, reason = (str(why.get(name, "")) for name in ("table", "code", "reason"))
                    counted[table, code, general(reason)] += 1
    except (OSError, ValueError, AttributeError):
        # Half a line of a run under way, or a file that is gone: what could be read counts.
        return counted
    return counted
