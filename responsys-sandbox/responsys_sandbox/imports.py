"""A run of a Connect import job: files of the upload folder into a table (connect-imports.md 5 to 9)."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from responsys_sandbox.importfile import BadFileError, FileFormat, Records, mapped_columns, opened
from responsys_sandbox.importtargets import MissingTargetError, find_target
from responsys_sandbox.uploads import clear_text
from responsys_sandbox.values import STORED_TIMESTAMP

if TYPE_CHECKING:
    from pathlib import Path

    from responsys_sandbox.importjob import ImportJob
    from responsys_sandbox.importtargets import Target
    from responsys_sandbox.pgp import PgpKeyFolder
    from responsys_sandbox.store import Store


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of one file.

    Attributes:
        name: the file's name.
        records: data records in the file, as far as they were read.
        inserted: rows added to the table.
        updated: rows changed.
        skipped: records left out: bad ones, those whose key is there, those of nobody or of several people.
        problem: why nothing of the file was loaded; None on success.
    """

    name: str
    records: int = 0
    inserted: int = 0
    updated: int = 0
    skipped: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ImportResult:
    """One run of a job: its files, in the order of their names."""

    job: ImportJob
    files: tuple[ImportedFile, ...]

    @property
    def succeeded(self) -> bool:
        """Whether every file was loaded; without a file, what the job says of that."""
        if not self.files:
            return self.job.no_file == "succeed"
        return all(file.problem is None for file in self.files)


def run_import(
    store: Store,
    files: Path,
    job: ImportJob,
    *,
    keys: PgpKeyFolder | None = None,
    moment: str | None = None,
) -> ImportResult:
    """Run a job once over all files that match and, where it asks for ready files, are ready.

    Every file is copied to the archive. It is then deleted when it was loaded, and when it was empty, badly
    formed or not as long as its count file says; after any other failure it stays.

    Args:
        store: the account.
        files: the file server's root.
        job: the job.
        keys: the account's PGP keys, for a job that reads encrypted files.
        moment: the time of the account that rows of extension tables get; that of UTC when not given.
    """
    moment = moment or datetime.now(UTC).strftime(STORED_TIMESTAMP)
    results = [_import_file(store, files, job, name, keys, moment) for name in waiting_files(files, job)]
    return ImportResult(job, tuple(results))


def waiting_files(files: Path, job: ImportJob) -> list[str]:
    """Return the files that a run of the job would take up now."""
    directory = files / job.directory
    return job.due(
        {path.name for path in directory.iterdir() if path.is_file()} if directory.is_dir() else ()
    )


def _import_file(
    store: Store, files: Path, job: ImportJob, name: str, keys: PgpKeyFolder | None, moment: str
) -> ImportedFile:
    path = files / job.directory / name
    archive = files / job.archive
    archive.mkdir(exist_ok=True)
    shutil.copy2(path, archive / name)
    try:
        target = find_target(store, job, moment)
        with clear_text(path, job, keys) as clear:
            result = _load(clear, path, job, target)
    except MissingTargetError as error:
        return ImportedFile(name, problem=str(error))
    except BadFileError as error:
        result = ImportedFile(name, problem=str(error))
    for gone in (name, *job.companions(name)):
        path.with_name(gone).unlink(missing_ok=True)
    return result


def _load(clear: Path, upload: Path, job: ImportJob, target: Target) -> ImportedFile:
    shape = target.shape
    columns_without_header = job.columns or tuple(column.name for column in shape.columns)
    file_format = FileFormat(
        job.delimiter,
        job.quote_char,
        job.encoding,
        None if job.header else columns_without_header,
        job.date_mask,
    )
    if job.count_extension:
        _check_count(
            clear, upload.with_name(job.companion(upload.name, job.count_extension)), job, file_format
        )
    with opened(clear, file_format) as source:
        header = list(columns_without_header) if job.by_position else source.header
        columns = mapped_columns(header, shape, job.mapping)
        absent = {column.name for column in shape.columns} - {column.name for column in columns if column}
        records = Records(
            source=source,
            columns=columns,
            table=target.filled,
            keep_empty=job.empty_value == "keep",
            blank=tuple(absent) if job.absent_columns == "blank" else (),
            skip_bad=job.bad_rows == "skip",
            cut=job.long_text == "cut",
        )
        loaded = target.load(records)
    return ImportedFile(
        upload.name,
        records=records.read,
        inserted=loaded.added,
        updated=loaded.updated,
        skipped=records.skipped + loaded.rejected,
    )


def _check_count(clear: Path, count_file: Path, job: ImportJob, file_format: FileFormat) -> None:
    if not count_file.is_file():
        raise BadFileError(f"the count file {count_file.name} is missing")
    text = count_file.read_text(errors="replace").strip()
    with opened(clear, file_format) as source:
        count = sum(1 for _ in source.lines) + (job.header and job.count_header)
    if text != str(count):
        raise BadFileError(f"the count file {count_file.name} does not say {count}, the number of records")
