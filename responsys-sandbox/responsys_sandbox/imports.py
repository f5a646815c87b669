"""Connect import jobs: files of the upload folder into supplemental tables (connect-imports.md 5 to 9)."""

from __future__ import annotations

import fnmatch
import shutil
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from responsys_sandbox.importfile import BadFileError, FileFormat, Records, mapped_columns, opened

if TYPE_CHECKING:
    from pathlib import Path

    from responsys_sandbox.store import Store

CompanionName = Literal["append", "replace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """An import job as the Connect wizard defines it.

    Where the sources are silent ("UNCERTAIN" in connect-imports.md) the default is what is assumed there.

    Attributes:
        name: the job's name.
        folder: the table's folder.
        table: the supplemental table, which must exist.
        file_pattern: file name or shell pattern, matched against whole names; only a pattern with a leading
            dot matches hidden files.
        update: merge on the primary key; append (a table with a key skips records whose key it has);
            overwrite the table.
        directory: where the files are, under the file server's root.
        archive: where every file a run takes up is copied to.
        delimiter: between values.
        quote_char: around values; "" for none.
        encoding: of the file.
        mapping: table column by file column (any case); None maps equal names. Other columns are ignored.
        empty_value: an empty value blanks the column, or keeps what is there.
        absent_columns: in a merge, table columns that the file has not are kept or blanked.
        bad_rows: a bad row fails the whole file, or is left out.
        count_extension: extension of the count file; None where the job has none.
        count_name: `x.csv` is counted by `x.csv.<ext>` (append) or `x.<ext>` (replace).
        count_header: the count includes the header line.
        ready_extension: extension of the ready file, named like the count file; None where the job has none.
    """

    name: str
    folder: str
    table: str
    file_pattern: str
    update: Literal["merge", "append", "overwrite"] = "merge"
    directory: str = "upload"
    archive: str = "archive"
    delimiter: str = ","
    quote_char: str = '"'
    encoding: str = "utf-8"
    mapping: dict[str, str] | None = None
    empty_value: Literal["blank", "keep"] = "blank"
    absent_columns: Literal["keep", "blank"] = "keep"
    bad_rows: Literal["fail", "skip"] = "fail"
    count_extension: str | None = None
    count_name: CompanionName = "append"
    count_header: bool = False
    ready_extension: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of one file.

    Attributes:
        name: the file's name.
        records: data records in the file, as far as they were read.
        inserted: rows added to the table.
        updated: rows changed.
        skipped: bad rows left out.
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
        """Whether there was a file and every file was loaded."""
        return bool(self.files) and all(file.problem is None for file in self.files)


class _StoppedError(Exception):
    """The job cannot load the file for a reason outside the file, which stays for another run."""


def run_import(store: Store, files: Path, job: ImportJob) -> ImportResult:
    """Run a job once over all files that match and, where it asks for ready files, are ready.

    Every file is copied to the archive. It is then deleted when it was loaded, and when it was empty, badly
    formed or not as long as its count file says; after any other failure it stays.

    Args:
        store: the account.
        files: the file server's root.
        job: the job.
    """
    directory = files / job.directory
    names = sorted(path.name for path in directory.iterdir() if path.is_file()) if directory.is_dir() else []
    results = [_import_file(store, files, job, name) for name in names if _is_due(job, name, names)]
    return ImportResult(job, tuple(results))


def _is_due(job: ImportJob, name: str, names: list[str]) -> bool:
    companions = [f".{extension}" for extension in (job.count_extension, job.ready_extension) if extension]
    if name.endswith(tuple(companions)) or (name.startswith(".") and not job.file_pattern.startswith(".")):
        return False
    if not fnmatch.fnmatchcase(name, job.file_pattern):
        return False
    return job.ready_extension is None or _companion(job, name, job.ready_extension) in names


def _companion(job: ImportJob, name: str, extension: str) -> str:
    stem = name.rpartition(".")[0] if job.count_name == "replace" and "." in name else name
    return f"{stem}.{extension}"


def _import_file(store: Store, files: Path, job: ImportJob, name: str) -> ImportedFile:
    path = files / job.directory / name
    archive = files / job.archive
    archive.mkdir(exist_ok=True)
    shutil.copy2(path, archive / name)
    try:
        result = _load(store, path, job)
    except BadFileError as error:
        result = ImportedFile(name, problem=str(error))
    except _StoppedError as error:
        return ImportedFile(name, problem=str(error))
    path.unlink()
    for extension in (job.count_extension, job.ready_extension):
        if extension:
            path.with_name(_companion(job, name, extension)).unlink(missing_ok=True)
    return result


def _load(store: Store, path: Path, job: ImportJob) -> ImportedFile:
    table = store.table(job.folder, job.table)
    if table is None:
        raise _StoppedError(f"no supplemental table {job.table} in folder {job.folder}")
    if job.update == "merge" and not table.primary_key:
        raise _StoppedError(f"table {job.table} has no primary key to merge on")
    file_format = FileFormat(job.delimiter, job.quote_char, job.encoding)
    if job.count_extension:
        _check_count(path, job, job.count_extension, file_format)
    with opened(path, file_format) as source:
        columns = mapped_columns(source.header, table, job.mapping)
        absent = {column.name for column in table.columns} - {column.name for column in columns if column}
        records = Records(
            source=source,
            columns=columns,
            table=table,
            keep_empty=job.empty_value == "keep",
            blank=tuple(absent) if job.absent_columns == "blank" else (),
            skip_bad=job.bad_rows == "skip",
        )
        if job.update == "overwrite":
            outcomes = Counter(store.replace_rows(table, records))
        else:
            outcomes = Counter(store.merge(table, records, update=job.update == "merge"))
    return ImportedFile(
        path.name,
        records=records.read,
        inserted=outcomes["inserted"],
        updated=outcomes["updated"],
        skipped=records.skipped + outcomes["unchanged"],
    )


def _check_count(path: Path, job: ImportJob, extension: str, file_format: FileFormat) -> None:
    count_file = path.with_name(_companion(job, path.name, extension))
    if not count_file.is_file():
        raise _StoppedError(f"the count file {count_file.name} is missing")
    text = count_file.read_text(errors="replace").strip()
    with opened(path, file_format) as source:
        count = sum(1 for _ in source.lines) + job.count_header
    if text != str(count):
        raise BadFileError(f"the count file {count_file.name} does not say {count}, the number of records")
