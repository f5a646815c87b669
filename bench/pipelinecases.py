"""`meltano run` into a target that only counts lines: with the tap, and with a process that only writes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import yaml

from bench.case import Case
from bench.measure import CommandError
from bench.paths import OWN_BIN, PROGRAMS, ROOT, WORK, clean_environment
from bench.tapcases import sent_catalog, settings, tap_command

if TYPE_CHECKING:
    from pathlib import Path

    from bench.inputs import SentFiles
    from bench.servers import FileServer

GROUP = "meltano run into a target that counts lines"
_PROJECT = WORK / "meltano"
_COUNTED = _PROJECT / "counted"


def pipeline_cases(server: FileServer, files: SentFiles) -> list[Case]:
    """Return both runs over the same lines; the lines are made by running the tap once."""
    config = settings(server, f"{files.folder.name}/plain")
    prepared = _prepared(tap_command("tap-meltano", config))
    _write_project(config, prepared)
    environment = {"MELTANO_PROJECT_ROOT": str(_PROJECT), "NO_COLOR": "1"}
    run = (str(ROOT / "scripts" / "meltano"), "run", "--no-install", "--full-refresh")

    def counted() -> dict[str, float]:
        lines = int(_COUNTED.read_text(encoding="ascii"))
        if lines < files.rows:
            raise CommandError(f"{lines} lines arrived instead of {files.rows}")
        return {}

    return [
        Case(
            GROUP,
            name,
            (*run, extractor, "target-count"),
            files.rows,
            env=environment,
            own=own,
            note=note,
            before=lambda: _COUNTED.unlink(missing_ok=True),
            after=counted,
        )
        for name, extractor, own, note in (
            ("tap-responsys", "tap-responsys", True, ""),
            ("a process that writes the same lines", "tap-prepared", False, "what Meltano alone takes"),
        )
    ]


def _prepared(command: tuple[str, ...]) -> Path:
    path = WORK / "inputs" / "prepared.jsonl"
    with path.open("wb") as lines, (WORK / "logs" / "prepared.log").open("wb") as log:
        subprocess.run(command, stdout=lines, stderr=log, check=True, env=clean_environment())  # noqa: S603
    return path


def _write_project(config: dict[str, object], prepared: Path) -> None:
    """Write a project whose plugins are programs that are there already."""
    _script("write-lines", f'exec cat "{prepared}"')
    _script("count-lines", f'exec "{sys.executable}" "{PROGRAMS / "count_lines.py"}" "{_COUNTED}"')
    tap = {
        "name": "tap-responsys",
        "namespace": "tap_responsys",
        "executable": str(OWN_BIN / "tap-responsys"),
        "capabilities": ["catalog", "discover", "state"],
        "catalog": sent_catalog(),
        "config": config,
    }
    project = {
        "project_id": "benchmark",
        "default_environment": "benchmark",
        "environments": [{"name": "benchmark"}],
        "send_anonymous_usage_stats": False,
        "plugins": {
            "extractors": [
                tap,
                {"name": "tap-prepared", "namespace": "tap_prepared", "executable": "./write-lines"},
            ],
            "loaders": [{"name": "target-count", "namespace": "target_count", "executable": "./count-lines"}],
        },
    }
    (_PROJECT / "meltano.yml").write_text(yaml.safe_dump(project), encoding="utf-8")


def _script(name: str, line: str) -> None:
    _PROJECT.mkdir(parents=True, exist_ok=True)
    path = _PROJECT / name
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)
