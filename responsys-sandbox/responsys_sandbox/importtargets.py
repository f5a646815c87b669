"""What an import job loads: a supplemental table, or an extension table by the members of its list."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

from responsys_sandbox.importfile import BadFileError
from responsys_sandbox.profilelists import GIVEN_BY_RESPONSYS, HASHES, with_identities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from responsys_sandbox.importjob import ImportJob, Update
    from responsys_sandbox.store import Store
    from responsys_sandbox.tables import Table

    Record = Mapping[str, str | None]


class MissingTargetError(Exception):
    """The job has nothing to load into, for a reason outside the file."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many records were added, how many have changed a row, and how many were left out."""

    added: int
    updated: int
    rejected: int


class Target(Protocol):
    """What records are loaded into, in one transaction."""

    @property
    def shape(self) -> Table:
        """The columns that a file may fill; its key are the columns that a file must have."""
        ...

    @property
    def filled(self) -> Table:
        """The same, its key those columns that no record may have empty."""
        ...

    def load(self, records: Iterable[Record]) -> Loaded:
        """Load records; an exception that they raise leaves everything as it was."""
        ...


@dataclass(frozen=True, slots=True)
class TableTarget:
    """A supplemental table."""

    store: Store
    shape: Table
    update: Update

    @property
    def filled(self) -> Table:
        """The table."""
        return self.shape

    def load(self, records: Iterable[Record]) -> Loaded:
        """Load records; appending leaves out those whose key is there."""
        if self.update == "overwrite":
            outcomes = Counter(self.store.replace_rows(self.shape, records))
        else:
            outcomes = Counter(self.store.merge(self.shape, records, update=self.update == "merge"))
        return Loaded(outcomes["inserted"], outcomes["updated"], outcomes["unchanged"])


@dataclass(frozen=True, slots=True)
class ExtensionTarget:
    """An extension table: a record is about the one member that its match columns fit.

    Records of nobody or of several people are left out, or have the file refused. A hash finds rows to
    change, and adds none (the REST reference on merging into extension tables).
    """

    store: Store
    profile_list: Table
    extension: Table
    match: tuple[str, ...]
    moment: str
    nobody: Literal["skip", "fail"] = "skip"

    @property
    def shape(self) -> Table:
        """The extension table with the list's columns that identify members."""
        return replace(with_identities(self.extension, self.profile_list), primary_key=self.match)

    @property
    def filled(self) -> Table:
        """The same without a key: a record without one is a record of nobody."""
        return replace(self.shape, primary_key=())

    def load(self, records: Iterable[Record]) -> Loaded:
        """Merge the records of members."""
        left_out: list[None] = []

        def of_members() -> Iterator[tuple[int, Record]]:
            for record in records:
                riid = self._member(record)
                if riid is None and self.nobody == "fail":
                    raise BadFileError("a record is about nobody, or about several people")
                if riid is None:
                    left_out.append(None)
                else:
                    yield (
                        riid,
                        {name: text for name, text in record.items() if name not in GIVEN_BY_RESPONSYS},
                    )

        outcomes = Counter(
            self.store.extensions.merge(
                self.profile_list.name,
                self.extension,
                of_members(),
                insert=not set(self.match) & set(HASHES),
                update=True,
                moment=self.moment,
            )
        )
        return Loaded(outcomes["inserted"], outcomes["updated"], len(left_out) + outcomes["unmatched"])

    def _member(self, record: Record) -> int | None:
        wanted = {name: value for name in self.match if (value := record.get(name))}
        if len(wanted) < len(self.match):
            return None
        found = self.store.lists.members(self.profile_list, wanted)
        return int(found[0]["RIID_"] or 0) if len(found) == 1 else None


def find_target(store: Store, job: ImportJob, moment: str) -> Target:
    """Return what a job loads.

    Args:
        store: The account.
        job: The job.
        moment: What the times of new and changed rows of an extension table become.

    Raises:
        MissingTargetError: There is none, or it cannot be loaded as the job says.
    """
    if not job.list_name:
        table = store.table(job.folder, job.table)
        if table is None:
            raise MissingTargetError(f"no supplemental table {job.table} in folder {job.folder}")
        if job.update == "merge" and not table.primary_key:
            raise MissingTargetError(f"table {job.table} has no primary key to merge on")
        return TableTarget(store, table, job.update)
    profile_list = store.lists.find(job.list_name)
    extension = profile_list and store.extensions.find(job.list_name, job.table)
    if not (profile_list and extension):
        raise MissingTargetError(f"no extension table {job.table} of list {job.list_name}")
    return ExtensionTarget(store, profile_list, extension, job.match, moment, job.nobody)
