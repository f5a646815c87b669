"""The packaged catalogue against the reference layouts that the sandbox carries."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest
import yaml

from responsys_io.feeds import feeds

REFERENCE: dict[str, dict[str, Any]] = {
    feed["stem"]: feed
    for feed in yaml.safe_load(
        resources.files("responsys_sandbox").joinpath("data/ced-layouts.yaml").read_text(encoding="utf-8")
    )["feeds"]
}
DECIMAL = {"ORDER_TOTAL", "ORDER_QUANTITY"}


def expected_type(name: str, oracle_type: str) -> str:
    if name in DECIMAL:
        return "number"
    if oracle_type.startswith("NUMBER"):
        return "integer"
    return "timestamp" if oracle_type == "TIMESTAMP" else "text"


def test_no_feed_is_missing_and_none_is_invented() -> None:
    assert list(feeds()) == list(REFERENCE)
    assert len(feeds()) == 64


@pytest.mark.parametrize("stem", REFERENCE)
def test_columns_are_the_documented_ones_in_their_order(stem: str) -> None:
    feed, reference = feeds()[stem], REFERENCE[stem]
    for columns, key in ((feed.columns, "columns"), (feed.add_on_columns, "optional_columns")):
        wanted = [
            (column["name"], expected_type(column["name"], column["type"]))
            for column in reference.get(key, [])
        ]
        assert [(column.name, column.type) for column in columns] == wanted
    assert feed.channel == reference["channel"]
    assert list(feed.event_type_ids) == list(reference["event_type_ids"])


def test_every_column_and_feed_says_what_it_is() -> None:
    for feed in feeds().values():
        assert feed.description
        for column in (*feed.columns, *feed.add_on_columns):
            assert column.description
            assert "UNCERTAIN" not in column.description
