"""What lies in the folder: which exports have been seen, and files that nobody can place."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from responsys_io.feeds import feeds
from tap_responsys.doctor.findings import (
    CONNECTIVITY,
    FILE_NAMES,
    SELECT_OBJECT,
    Finding,
    counted,
    step,
)
from tap_responsys.kinds import FEEDS_JOB, KEY_FEEDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_responsys.doctor.facts import Facts

_CLOCKS_DIFFER = timedelta(minutes=10)
_FEED_NAME = re.compile(r"(?P<account>\d+)_(?P<stem>[A-Z_]+)_\d{8}_\d{6}\.", re.IGNORECASE)


def folder_findings(facts: Facts) -> Iterator[Finding]:
    """Find out whether the folder holds the exports that there have to be."""
    listing, wanted = facts.listing, facts.wanted
    absent = [kind for kind in wanted.expected if facts.last_day(kind.stream) is None]
    if not listing.files and not (wanted.takes_away and len(absent) < len(wanted.expected)):
        yield Finding(
            "folder-empty",
            "problem",
            f"There is no file in {wanted.path}.",
            f"Set path to the directory of the export jobs; or {step(CONNECTIVITY)}: that directory.",
        )
        return
    key_feeds = [kind.stream for kind in wanted.expected if kind.stream in KEY_FEEDS]
    others = [name for name in listing.unrecognised if _is_others(name, wanted.account_id)]
    strangers = [name for name in listing.unrecognised if name not in others]
    misnamed = {kind.stream for kind in absent if _may_be_among(kind.stream, strangers)}
    if strangers:
        yield _unexpected_names(strangers, sorted(misnamed))
    missing = [kind.stream for kind in absent if kind.stream not in misnamed]
    if key_feeds and set(key_feeds) <= set(missing):
        yield _other_account(key_feeds, others[-1]) if others else _no_feeds(key_feeds, wanted.path)
        missing = [stream for stream in missing if stream not in key_feeds]
    for stream in missing:
        is_feed = wanted.kinds[stream].job == FEEDS_JOB
        yield _feed_absent(stream) if is_feed else _export_absent(stream)


def clock_findings(facts: Facts) -> Iterator[Finding]:
    """Find out whether the server's clock is ahead of this machine's."""
    ahead = timedelta(seconds=facts.listing.newest_mtime - facts.now.timestamp())
    if ahead > _CLOCKS_DIFFER:
        minutes = round(ahead.total_seconds() / 60)
        newest = max(facts.listing.files.values(), key=lambda file: file.mtime)
        yield Finding(
            "clock-ahead",
            "warning",
            f"The newest file was modified {counted(minutes, 'minute')} in the future.",
            "Check this machine's clock; if it is right, tell the owner of the server.",
            example=newest.name,
        )


def _is_others(name: str, account_id: str) -> bool:
    """Tell whether a file is a feed's export of another account than the one that is to be read."""
    found = _FEED_NAME.match(name)
    if not found or not account_id:
        return False
    return found["stem"].upper() in feeds() and found["account"] != account_id


def _may_be_among(stream: str, strangers: list[str]) -> bool:
    """Tell whether one of the files that nobody can place may be an export of a stream."""
    stems = {_stem_in(name) for name in strangers}
    return stream.upper() in stems if stream.upper() in feeds() else None in stems


def _stem_in(name: str) -> str | None:
    """Return the longest stem of a feed in a name: SMS_CLICK, not CLICK."""
    found = (stem for stem in feeds() if re.search(f"(?<![A-Z]){stem}(?![A-Z])", name.upper()))
    return max(found, key=len, default=None)


def _unexpected_names(strangers: list[str], misnamed: list[str]) -> Finding:
    return Finding(
        "unexpected-names",
        "problem" if misnamed else "warning",
        f"Look like exports, but have names that no export has: {counted(len(strangers), 'file')}.",
        f"{step(FILE_NAMES)}: leave the names of feeds as Responsys makes them; a contact list's is set by "
        "contacts_file_pattern.",
        tuple(misnamed),
        strangers[-1],
    )


def _other_account(streams: list[str], example: str) -> Finding:
    return Finding(
        "other-account",
        "problem",
        "All exports of feeds belong to another account than account_id says.",
        "Correct account_id, or leave it out to read the feeds of any account.",
        tuple(streams),
        example,
    )


def _no_feeds(streams: list[str], path: str) -> Finding:
    return Finding(
        "no-feeds",
        "problem",
        f"No export of any feed lies in {path}, and none has been read before.",
        f"{step(CONNECTIVITY)}: see whether the job of the type Export Feed Data is there, runs, and writes "
        f"to {path}.",
        tuple(streams),
    )


def _feed_absent(stream: str) -> Finding:
    return Finding(
        "feed-absent",
        "problem",
        "The feed has never been seen: probably another job exports it, where it is greyed out.",
        f"{step(SELECT_OBJECT)}: tick it; where it is greyed out, read the other job's folder with path, or "
        "leave the stream out of streams.",
        (stream,),
    )


def _export_absent(stream: str) -> Finding:
    return Finding(
        "export-absent",
        "problem",
        "No export of it has been seen.",
        f"{step(FILE_NAMES)}: compare with {_pattern_setting(stream)}; see whether the job of the "
        "type Export Data is there and runs.",
        (stream,),
    )


def _pattern_setting(stream: str) -> str:
    if stream == "contacts":
        return "contacts_file_pattern"
    return "contact_lists" if stream.startswith("contacts_") else "table_exports"
