"""The tap: formats, distance, start-up and STATE, and the references that it is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.case import Case
from bench.environments import ensure
from bench.inputs import STREAM, catalog, columns, write_json
from bench.paths import OWN_BIN, PROGRAMS, WORK

if TYPE_CHECKING:
    from bench.inputs import SentFiles
    from bench.servers import FileServer

CONFIGS = WORK / "configs"
READING = "Tap, one export"
START = "Tap, start-up"


def settings(server: FileServer, folder: str, **more: Any) -> dict[str, Any]:
    """Return the tap's settings for a folder below `inputs/`."""
    return {
        **server.config,
        "path": f"inputs/{folder}",
        "ready_extension": "ready",
        "streams": [STREAM],
        **more,
    }


def sent_catalog() -> str:
    """Return the path of a catalog with the stream of the SENT export."""
    return str(write_json(CONFIGS / "catalog.json", catalog({"SENT": columns()})))


def tap_command(name: str, config: dict[str, Any]) -> tuple[str, ...]:
    """Return the tap's command line for settings, which are written to a file of that name."""
    path = write_json(CONFIGS / f"{name}.json", config)
    return (str(OWN_BIN / "tap-responsys"), "--config", str(path), "--catalog", sent_catalog())


def reading_cases(server: FileServer, far_port: int, files: SentFiles) -> list[Case]:
    """Return the tap over every form of the same export, over distance, and without STATE."""
    folder = files.folder.name
    near = settings(server, f"{folder}/plain")
    variants = {
        "plain": near,
        "zip": settings(server, f"{folder}/zip"),
        "gzip": settings(server, f"{folder}/gzip"),
        "PGP": settings(server, f"{folder}/pgp", pgp_private_key_file=str(files.keys.customer_private_key())),
        "plain, 50 ms away": {**near, "port": far_port},
    }
    cases = [
        Case(
            READING,
            f"tap-responsys, {name}",
            tap_command(f"tap-{number}", config),
            files.rows,
            least_lines=files.rows,
            own=True,
        )
        for number, (name, config) in enumerate(variants.items())
    ]
    plain = cases[0].command
    python = str(OWN_BIN / "python")
    without = (python, str(PROGRAMS / "without_state.py"), *plain[1:])
    return [
        *cases,
        Case(
            READING, "tap-responsys, plain, no STATE", without, files.rows, least_lines=files.rows, own=True
        ),
    ]


def reference_cases(server: FileServer, far_port: int, files: SentFiles) -> list[Case]:
    """Return what bounds the tap: a bare parser, and bare transport."""
    polars = ensure("polars") / "python"
    return [
        Case(
            READING,
            "reference: polars to JSON lines",
            (str(polars), str(PROGRAMS / "polars_lines.py"), str(files.plain)),
            files.rows,
            env={"POLARS_MAX_THREADS": "1"},
            least_lines=files.rows,
            note="local file, one thread, all text",
        ),
        *(
            Case(
                READING,
                f"reference: sftp{where}",
                (
                    *_sftp(server, port),
                    f"{server.config['username']}@127.0.0.1:{_remote(files)}",
                    "/dev/null",
                ),
                files.rows,
                note="OpenSSH's client, nothing parsed",
            )
            for where, port in (("", server.port), (", 50 ms away", far_port))
        ),
    ]


def start_case(server: FileServer, files: SentFiles) -> Case:
    """Return the tap over a small export: what counts is the time until its first byte."""
    command = tap_command("tap-start", settings(server, f"{files.folder.name}/plain"))
    return Case(START, f"tap-responsys, {files.rows:,} rows", command, least_lines=files.rows, own=True)


def _remote(files: SentFiles) -> str:
    return f"inputs/{files.folder.name}/plain/{files.plain.name}"


def _sftp(server: FileServer, port: int) -> tuple[str, ...]:
    options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
    key = str(server.config["private_key_file"])
    return ("sftp", "-q", "-i", key, "-P", str(port), *(word for each in options for word in ("-o", each)))
