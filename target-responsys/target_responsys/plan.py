"""What a run would do, as plain data: nothing of it is done."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from target_responsys.schema_plan import ColumnPlan
    from target_responsys.streamcounts import StreamCounts


@dataclass(frozen=True)
class Connection:
    """What would be written to.

    Args:
        delivery: `api` or `sftp`.
        host: Where.
        user: As whom.
        account: The account's name, where the API tells it.
        time_zone: The account's time zone, where the API tells it.
        api_mode: How merge calls are made; None for files.
        folder: Folder of the tables.
        tables: Names of the tables in it, with the number of their columns. REST tells no numbers of rows.
    """

    delivery: str
    host: str
    user: str
    account: str = ""
    time_zone: str = ""
    api_mode: str | None = None
    folder: str = ""
    tables: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DestinationPlan:
    """A stream beside its destination.

    Args:
        stream: Name of the stream.
        destination: What it goes to, in words.
        found: Whether Responsys has it; None where that was not looked up.
        creates: Definition of the table that the run would create.
        proposes: Definition of the table that could be created.
        columns: The columns that are wanted beside those found.
        extra: Columns that only the destination has, with their types.
        key: Columns that identify a row.
        omissions: What is not delivered.
        problems: Why the run would stop.
        advice: What to do in Responsys.
    """

    stream: str
    destination: str
    found: bool | None
    creates: str = ""
    proposes: str = ""
    columns: tuple[ColumnPlan, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    omissions: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


@dataclass(frozen=True)
class StreamPlan:
    """A destination's plan with the counts of its stream, and the calls that they make.

    Args:
        plan: The stream beside its destination.
        counts: What came.
        calls: Merge calls; None for files.
        minutes: Minutes that they take at the account's limit, where it is known.
    """

    plan: DestinationPlan
    counts: StreamCounts
    calls: int | None = None
    minutes: int | None = None


@dataclass(frozen=True)
class PlacePlan:
    """A place that people would be erased from, and how many ids of a kind would be looked for there."""

    place: str
    kind: str
    ids: int


@dataclass(frozen=True)
class ErasurePlan:
    """What an erasure would do for a stream. Nobody is looked for: how many would be found is not known.

    Args:
        stream: Name of the stream.
        records: Records that came.
        refused: How many would be refused, by reason.
        places: Where ids would be looked for.
        problems: Why the run would stop.
    """

    stream: str
    records: int
    refused: dict[str, int]
    places: tuple[PlacePlan, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunPlan:
    """What a run would do."""

    connection: Connection
    streams: tuple[StreamPlan, ...]
    erasures: tuple[ErasurePlan, ...] = ()

    @property
    def problems(self) -> list[str]:
        """Why it would stop."""
        found = [problem for stream in self.streams for problem in stream.plan.problems]
        return found + [problem for erasure in self.erasures for problem in erasure.problems]

    def document(self) -> dict[str, Any]:
        """Return all of it as it goes into JSON."""
        return {
            "connection": asdict(self.connection),
            "streams": [
                {**asdict(each.plan), **asdict(each.counts), "calls": each.calls, "minutes": each.minutes}
                for each in self.streams
            ],
            "erasures": [asdict(each) for each in self.erasures],
            "can_run": not self.problems,
        }
