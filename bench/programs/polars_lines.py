# ruff: noqa: INP001 - a program for an environment of its own
"""The reference: read a CSV file with polars and write JSON lines, without types, Singer or SFTP.

python polars_lines.py FILE
"""

import sys

import polars as pl

pl.scan_csv(sys.argv[1], infer_schema=False).sink_ndjson(sys.stdout.buffer)
