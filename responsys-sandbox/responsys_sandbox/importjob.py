"""An import job as the Connect wizard defines it, and which files it takes (connect-imports.md 2 to 5)."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from responsys_sandbox.loadmask import DEFAULT_MASK, mask_problem
from responsys_sandbox.profilelists import IDENTITIES

if TYPE_CHECKING:
    from collections.abc import Collection

CompanionName = Literal["append", "replace"]
Update = Literal["merge", "append", "overwrite"]

_NAME = re.compile(r"[A-Za-z0-9 !\-=@_\[\]{}]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """The settings of an import job.

    Where the sources are silent ("UNCERTAIN" in connect-imports.md) the default is what is assumed there.

    Attributes:
        name: the job's name.
        folder: the table's folder.
        table: the supplemental table, or the profile extension table, which must exist.
        list_name: the profile list that the table extends; "" for a supplemental table.
        match: of an extension table: one or two columns of the list that members are found by.
        file_pattern: file name or shell pattern, matched against whole names; only a pattern with a leading
            dot matches hidden files.
        update: merge on the primary key; append (a table with a key skips records whose key it has);
            overwrite the table. Extension tables are merged into.
        directory: where the files are, under the file server's root.
        archive: where every file a run takes up is copied to.
        delimiter: between values.
        quote_char: around values; "" for none.
        encoding: of the file.
        header: the first line names the columns.
        columns: names of the columns of a file without header; empty for those of the table in their order.
        by_position: the columns of a file with a header are those, too, whatever the header says.
        date_mask: form of timestamps.
        encrypted: the file is encrypted with PGP for the account's key.
        unpacks: what begins as a zip archive or as gzip is unpacked; else it is bad data.
        mapping: table column by file column (any case); None maps equal names. Other columns are ignored.
        empty_value: an empty value blanks the column, or keeps what is there.
        absent_columns: in a merge, table columns that the file has not are kept or blanked.
        bad_rows: a bad row fails the whole file, or is left out.
        long_text: text longer than its column is cut, as the list loader does, or makes its row a bad one.
        nobody: of an extension table: a record of nobody or of several people is left out, or makes the file
            a bad one.
        count_extension: extension of the count file; None where the job has none.
        count_name: `x.csv` is counted by `x.csv.<ext>` (append) or `x.<ext>` (replace).
        count_header: the count includes the header line.
        ready_extension: extension of the ready file, named like the count file; None where the job has none.
        no_file: a run that finds no file fails, or succeeds.

    Raises:
        ValueError: the settings contradict each other, or Connect's rules.
    """

    name: str
    folder: str
    table: str
    list_name: str = ""
    match: tuple[str, ...] = ()
    file_pattern: str
    update: Update = "merge"
    directory: str = "upload"
    archive: str = "archive"
    delimiter: str = ","
    quote_char: str = '"'
    encoding: str = "utf-8"
    header: bool = True
    columns: tuple[str, ...] = ()
    by_position: bool = False
    date_mask: str = DEFAULT_MASK
    encrypted: bool = False
    unpacks: bool = True
    mapping: dict[str, str] | None = None
    empty_value: Literal["blank", "keep"] = "blank"
    absent_columns: Literal["keep", "blank"] = "keep"
    bad_rows: Literal["fail", "skip"] = "fail"
    long_text: Literal["cut", "bad"] = "cut"
    nobody: Literal["skip", "fail"] = "skip"
    count_extension: str | None = None
    count_name: CompanionName = "append"
    count_header: bool = False
    ready_extension: str | None = None
    no_file: Literal["fail", "succeed"] = "fail"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("A job's name has at most 100 letters, digits, blanks and ! - = @ _ [ ] { }.")
        if problem := mask_problem(self.date_mask):
            raise ValueError(problem)
        if bool(self.list_name) is not bool(self.match):
            raise ValueError("An extension table needs its list and the columns that members are found by.")
        if len(self.match) > 2 or not set(self.match) <= set(IDENTITIES):  # noqa: PLR2004
            raise ValueError(f"Members are found by one or two of {', '.join(IDENTITIES)}.")
        if self.list_name and self.update != "merge":
            raise ValueError("An extension table can only be merged into.")

    def companion(self, name: str, extension: str) -> str:
        """Return the name of a file's count or ready file."""
        stem = name.rpartition(".")[0] if self.count_name == "replace" and "." in name else name
        return f"{stem}.{extension}"

    def companions(self, name: str) -> list[str]:
        """Return the names of the files that belong to a file."""
        extensions = (self.count_extension, self.ready_extension)
        return [self.companion(name, extension) for extension in extensions if extension]

    def due(self, names: Collection[str]) -> list[str]:
        """Return those of a folder's files that a run would take up, in the order of their names."""
        return sorted(name for name in names if self._is_due(name, names))

    def _is_due(self, name: str, names: Collection[str]) -> bool:
        extensions = [f".{each}" for each in (self.count_extension, self.ready_extension) if each]
        is_hidden = name.startswith(".") and not self.file_pattern.startswith(".")
        if is_hidden or name.endswith(tuple(extensions)):
            return False
        if not fnmatch.fnmatchcase(name, self.file_pattern):
            return False
        return self.ready_extension is None or self.companion(name, self.ready_extension) in names
