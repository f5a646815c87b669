"""What the page shows, as plain values: files, tables with their first rows, lists, jobs, requests."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from responsys_sandbox.jobstore import JobRun
    from responsys_sandbox.store import Store
    from responsys_sandbox.tables import Table

_ROWS, _FILES, _REQUESTS, _RUNS = 20, 40, 100, 10
_ADDRESS = re.compile(r"[^\s<>\"'(),;:|/]+(?:@|%40)[^\s<>\"'(),;:|/]+")


def view(store: Store, files: Path) -> dict[str, Any]:
    """Return what there is.

    E-mail addresses are masked and nothing is read that is secret: no keys, no tokens, no bodies of requests.

    Args:
        store: The account's data.
        files: The file server's root.
    """
    requests = store.requests(_REQUESTS)
    shown: dict[str, Any] = masked(
        {
            "folders": [_folder(path) for path in sorted(files.iterdir()) if path.is_dir()],
            "tables": [_table(store, table) for table in store.tables()],
            "lists": [
                {
                    "name": one.name,
                    "folder": one.folder,
                    "members": store.lists.count(one),
                    "extensions": [extension.name for extension in store.extensions.extensions(one.name)],
                }
                for one in store.lists.lists()
            ],
            "jobs": [
                {
                    "id": job.id,
                    "name": job.name,
                    "active": job.active,
                    "table": job.settings.table if job.settings else "",
                    "pattern": job.settings.file_pattern if job.settings else "",
                    "runs": [_run(run) for run in reversed(store.jobs.runs(job.id)[-_RUNS:])],
                }
                for job in store.jobs.jobs()
            ],
            "requests": [
                {
                    "at": _moment(request.at),
                    "method": request.method,
                    "path": request.path,
                    "status": request.status,
                    "error_code": request.error_code,
                    "rows": request.rows,
                    "ms": round(request.ms, 1),
                }
                for request in reversed(requests)
            ],
            "request_count": store.request_count(),
        }
    )
    return shown


def masked(value: Any) -> Any:
    """Return a value with … for every e-mail address in its texts."""
    match value:
        case str():
            return _ADDRESS.sub("…", value)
        case dict():
            return {masked(key): masked(each) for key, each in value.items()}
        case list():
            return [masked(each) for each in value]
    return value


def _folder(path: Path) -> dict[str, Any]:
    found = []
    for file in path.iterdir():
        try:
            facts = file.stat()
        except OSError:
            continue  # a job or a client has just taken it
        if file.is_file():
            found.append((facts.st_mtime, file.name, facts.st_size))
    found.sort(reverse=True)
    newest = [{"name": name, "size": size, "at": _moment(at)} for at, name, size in found[:_FILES]]
    return {
        "name": path.name,
        "files": len(found),
        "bytes": sum(size for _, _, size in found),
        "newest": newest,
    }


def _table(store: Store, table: Table) -> dict[str, Any]:
    return {
        "folder": table.folder,
        "name": table.name,
        "columns": [{"name": column.name, "type": column.type} for column in table.columns],
        "key": list(table.primary_key),
        "rows": store.row_count(table.folder, table.name),
        "first": [list(row.values()) for row in store.rows(table.folder, table.name, _ROWS)],
    }


def _run(run: JobRun) -> dict[str, Any]:
    counts = run.counts
    return {
        "id": run.id,
        "at": _moment(run.started_at),
        "status": run.status,
        "message": run.message,
        "processed": counts.processed,
        "added": counts.added,
        "updated": counts.updated,
        "rejected": counts.rejected,
    }


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(" ", "seconds")[:19]
