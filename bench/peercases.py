"""The peers over the same kind of export: each in its own environment, with its own settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bench.case import PEER_ROUNDS, Case
from bench.environments import ensure, version
from bench.inputs import columns, write_json
from bench.paths import PROGRAMS, WORK
from bench.tapcases import CONFIGS, READING

if TYPE_CHECKING:
    from bench.inputs import SentFiles
    from bench.servers import FileServer

_PACKAGES = {
    "tap-sftp": "tap-sftp",
    "source-sftp-bulk": "airbyte-source-sftp-bulk",
    "dlt": "dlt",
    "tap-csv-folder": "tap-csv-folder",
    "singer-io-tap-responsys": "tap-responsys",
    "target-csv": "meltanolabs-target-csv",
    "polars": "polars",
}


def peer_cases(server: FileServer, files: SentFiles) -> list[Case]:
    """Return all peers over an export, which may have fewer rows than the tap's."""
    return [
        _tap_sftp(server, files),
        _source_sftp_bulk(server, files),
        _dlt(server, files),
        _tap_csv_folder(files),
        _tap_responsys(server, files),
    ]


def peer_versions() -> dict[str, str]:
    """Return the versions of the peers and of the reference, by package."""
    return {
        f"{environment} (peer)": version(environment, package) for environment, package in _PACKAGES.items()
    }


def _server(server: FileServer) -> dict[str, Any]:
    """Return what every peer calls alike."""
    return {"host": "127.0.0.1", "port": server.port, "username": server.config["username"]}


def _singer_io(server: FileServer) -> dict[str, Any]:
    """Return what singer-io's taps call alike."""
    key = str(server.rsa_key)
    return {**_server(server), "private_key_file": key, "start_date": "2020-01-01T00:00:00Z"}


def _folder(files: SentFiles) -> str:
    """Return the folder of an export as it is called from the user's home on the server."""
    return f"inputs/{files.folder.name}/plain"


def _case(name: str, command: tuple[str, ...], files: SentFiles, **more: Any) -> Case:
    return Case(READING, name, command, files.rows, rounds=PEER_ROUNDS, **more)


def _tap_sftp(server: FileServer, files: SentFiles) -> Case:
    config = {
        **_singer_io(server),
        "tables": json.dumps(
            [
                {
                    "table_name": "sent",
                    "search_prefix": _folder(files),
                    "search_pattern": r"_SENT_\d+_\d+\.txt$",
                    "key_properties": [],
                    "delimiter": ",",
                }
            ]
        ),
    }
    settings = write_json(CONFIGS / "tap-sftp.json", config)
    catalog = write_json(CONFIGS / "tap-sftp-catalog.json", _text_catalog("sent"))
    program = str(ensure("tap-sftp") / "tap-sftp")
    return _case(
        f"singer-io tap-sftp {version('tap-sftp', 'tap-sftp')}",
        (program, "--config", str(settings), "--catalog", str(catalog)),
        files,
        least_lines=files.rows,
    )


def _tap_responsys(server: FileServer, files: SentFiles) -> Case:
    config = {
        **_singer_io(server),
        "path": _folder(files),
    }
    settings = write_json(CONFIGS / "singer-io-tap-responsys.json", config)
    catalog = str(write_json(CONFIGS / "singer-io-tap-responsys-catalog.json", _text_catalog("SENT")))
    python = str(ensure("singer-io-tap-responsys") / "python")
    launcher = (python, str(PROGRAMS / "old_collections.py"), "tap_responsys")
    return _case(
        f"singer-io tap-responsys {version('singer-io-tap-responsys', 'tap-responsys')}",
        (*launcher, "--config", str(settings), "--properties", catalog, "--catalog", catalog),
        files,
        least_lines=files.rows,
        note="names of Python 3.9 put back",
    )


def _text_catalog(stream_name: str) -> dict[str, Any]:
    """Return a catalog as singer-io's taps discover it, with every column as text."""
    properties: dict[str, Any] = {column.name: {"type": ["null", "string"]} for column in columns()}
    properties |= {"_sdc_source_file": {"type": "string"}, "_sdc_source_lineno": {"type": "integer"}}
    key = ["_sdc_source_file", "_sdc_source_lineno"]
    metadata = [{"breadcrumb": [], "metadata": {"selected": True, "table-key-properties": key}}]
    metadata += [
        {"breadcrumb": ["properties", name], "metadata": {"inclusion": "automatic"}} for name in properties
    ]
    stream = {
        "stream": stream_name,
        "tap_stream_id": stream_name,
        "schema": {"type": "object", "properties": properties},
        "metadata": metadata,
    }
    return {"streams": [stream]}


def _source_sftp_bulk(server: FileServer, files: SentFiles) -> Case:
    schema = {"type": "object", "properties": {column.name: {"type": "string"} for column in columns()}}
    config = {
        **_server(server),
        "credentials": {
            "auth_type": "private_key",
            "private_key": server.rsa_key.read_text(encoding="utf-8"),
        },
        "folder_path": _folder(files),
        "delivery_method": {"delivery_type": "use_records_transfer"},
        "streams": [
            {
                "name": "sent",
                "globs": ["**/*.txt"],
                "validation_policy": "Emit Record",
                "input_schema": json.dumps({column.name: "string" for column in columns()}),
                "format": {"filetype": "csv", "delimiter": ",", "quote_char": '"'},
            }
        ],
    }
    stream = {"name": "sent", "json_schema": schema, "supported_sync_modes": ["full_refresh", "incremental"]}
    catalog = {
        "streams": [{"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}]
    }
    settings = write_json(CONFIGS / "source-sftp-bulk.json", config)
    settings.chmod(0o600)
    configured = write_json(CONFIGS / "source-sftp-bulk-catalog.json", catalog)
    program = str(ensure("source-sftp-bulk") / "source-sftp-bulk")
    return _case(
        f"Airbyte source-sftp-bulk {version('source-sftp-bulk', 'airbyte-source-sftp-bulk')}",
        (program, "read", "--config", str(settings), "--catalog", str(configured)),
        files,
        least_lines=files.rows,
    )


def _dlt(server: FileServer, files: SentFiles) -> Case:
    config = {
        **_server(server),
        "key": str(server.rsa_key),
        "folder": str(files.plain.parent),
    }
    settings = write_json(CONFIGS / "dlt.json", config)
    python = str(ensure("dlt") / "python")
    return _case(
        f"dlt {version('dlt', 'dlt')} filesystem source",
        (python, str(PROGRAMS / "dlt_extract.py"), str(settings), str(files.rows)),
        files,
        env={"RUNTIME__DLTHUB_TELEMETRY": "false"},
        note="the step extract, CSV through duckdb",
    )


def _tap_csv_folder(files: SentFiles) -> Case:
    """Return MeltanoLabs' tap for CSV files on disk, which takes files named .csv only."""
    folder = WORK / "inputs" / f"csv-{files.rows}"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "sent.csv"
    link.unlink(missing_ok=True)
    link.hardlink_to(files.plain)
    settings = write_json(
        CONFIGS / "tap-csv-folder.json",
        {"filesystem": "local", "path": str(folder), "read_mode": "merge", "stream_name": "sent"},
    )
    program = str(ensure("tap-csv-folder") / "tap-csv-folder")
    return _case(
        f"MeltanoLabs tap-csv-folder {version('tap-csv-folder', 'tap-csv-folder')}",
        (program, "--config", str(settings)),
        files,
        least_lines=files.rows,
        note="local disk",
    )
