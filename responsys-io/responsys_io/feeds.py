"""The catalogue of feeds: which exports of contact event data exist and what their columns mean."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

ColumnType = Literal["integer", "number", "timestamp", "text"]


@dataclass(frozen=True)
class Column:
    """A documented column. Any of them can be empty, whatever its type."""

    name: str
    type: ColumnType
    description: str


@dataclass(frozen=True)
class Feed:
    """A feed of the Export Feed Data job.

    Args:
        stem: What stands for the feed in file names, for example `SMS_CLICK`.
        description: What an event of the feed is.
        channel: Channel of the feed; e-mail feeds leave it out of the stem.
        columns: The default columns in default order; empty where only the feed's name is known.
        add_on_columns: Columns that an administrator can switch on.
        event_type_ids: The values of EVENT_TYPE_ID that are known for the feed.
    """

    stem: str
    description: str
    channel: str
    columns: tuple[Column, ...]
    add_on_columns: tuple[Column, ...] = ()
    event_type_ids: tuple[int, ...] = ()

    @property
    def stream_name(self) -> str:
        """Name of the stream that carries the feed."""
        return self.stem.lower()


@cache
def feeds() -> Mapping[str, Feed]:
    """Return every known feed by its stem, in the order of Oracle's lists."""
    text = resources.files(__package__).joinpath("feeds.toml").read_text(encoding="utf-8")
    catalogue = tomllib.loads(text)
    return {stem: _feed(stem, entry, catalogue["columns"]) for stem, entry in catalogue["feeds"].items()}


def _feed(stem: str, entry: Mapping[str, Any], columns: Mapping[str, Mapping[str, Any]]) -> Feed:
    types = entry.get("types", {})

    def documented(names: list[str]) -> tuple[Column, ...]:
        return tuple(
            Column(name, types.get(name, columns[name]["type"]), columns[name]["description"])
            for name in names
        )

    return Feed(
        stem=stem,
        description=entry["description"],
        channel=entry["channel"],
        columns=documented(entry["columns"]),
        add_on_columns=documented(entry.get("add_on_columns", [])),
        event_type_ids=tuple(entry.get("event_type_ids", ())),
    )
