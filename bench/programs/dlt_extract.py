# ruff: noqa: INP001 - a program for dlt's own environment
"""Read a CSV file over SFTP with dlt's filesystem source, up to dlt's own files of JSON lines on disk.

That is the step `extract` of a pipeline, which does what a tap does; normalizing and loading come after it.

    python dlt_extract.py SETTINGS ROWS
"""

import json
import sys
import tempfile
from pathlib import Path

import dlt
from dlt.sources.filesystem import filesystem, read_csv_duckdb

settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
dlt.secrets["sources.filesystem.credentials"] = {
    "sftp_host": settings["host"],
    "sftp_port": settings["port"],
    "sftp_username": settings["username"],
    "sftp_key_filename": settings["key"],
}
files = filesystem(bucket_url=f"sftp://{settings['host']}{settings['folder']}", file_glob="*.txt")
rows = (files | read_csv_duckdb(all_varchar=True, header=True)).with_name("sent")
with tempfile.TemporaryDirectory() as folder:
    pipeline = dlt.pipeline("benchmark", pipelines_dir=folder, destination="filesystem")
    pipeline.extract(rows)
    metrics = pipeline.last_trace.last_extract_info.metrics
    counted = sum(
        table.items_count
        for steps in metrics.values()
        for step in steps
        for name, table in step["table_metrics"].items()
        if name == "sent"
    )
if counted != int(sys.argv[2]):
    sys.exit(f"{counted} rows were extracted, not {sys.argv[2]}")
